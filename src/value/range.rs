//! Ranges and multiranges, discrete ones in canonical bounds.
