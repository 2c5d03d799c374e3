//! Geometric types, by their doubles.
