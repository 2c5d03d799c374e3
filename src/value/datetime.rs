//! Dates, times and timestamps in PostgreSQL's epoch and µs, infinity and BC included.
