//! What is on disk and what a reader makes of it.
