//! A file as rows.
