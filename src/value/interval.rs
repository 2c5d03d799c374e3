//! Intervals by their three fields: months, days, µs.
