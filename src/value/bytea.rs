//! bytea (hex and escape form) and uuid.
