//! Canonical cells as text for people and reports.

use super::{Cell, tag};
use super::{
    array, bits, boolean, bytea, datetime, decimal, float, geometry, interval, json, net, range,
    uuid,
};

/// Appends the cell's canonical text (PostgreSQL's output style: numbers
/// without trailing zeros, timestamps `2024-01-05 10:00:00+00`, arrays
/// `{a,"b c",NULL}`, JSON compact). NULL and absent append nothing: the caller
/// marks them. Of a cell that does not parse, its raw bytes, as far as they are text.
pub fn show(cell: Cell<'_>, out: &mut String) {
    match cell.tag {
        tag::ABSENT | tag::NULL => {}
        tag::BOOL => boolean::show(cell, out),
        tag::INTEGER | tag::DECIMAL | tag::SPECIAL => decimal::show(cell, out),
        tag::FLOAT4 | tag::FLOAT8 => float::show(cell, out),
        tag::BYTES => bytea::show(cell, out),
        tag::UUID => uuid::show(cell, out),
        tag::DATE | tag::TIME | tag::TIMETZ | tag::TIMESTAMP | tag::TIMESTAMPTZ => {
            datetime::show(cell, out);
        }
        tag::INTERVAL => interval::show(cell, out),
        tag::JSON => json::show(cell, out),
        tag::ARRAY => array::show(cell, out),
        tag::INET | tag::MACADDR => net::show(cell, out),
        tag::RANGE | tag::MULTIRANGE => range::show(cell, out),
        tag::GEOMETRY => geometry::show(cell, out),
        tag::BITS => bits::show(cell, out),
        _ => out.push_str(&String::from_utf8_lossy(cell.payload)),
    }
}
