//! Pipelines from raw cell to canonical cell.
