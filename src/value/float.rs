//! IEEE floats by the value of their declared width.
