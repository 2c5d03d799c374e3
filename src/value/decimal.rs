//! Exact decimals of any precision: parse, canonical bytes, order, arithmetic.
