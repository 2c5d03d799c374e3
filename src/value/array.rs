//! Arrays: elements in order, bounds ignored, dimensions kept.
