//! Tests of [`super`]. What the server makes of addresses is in `postgres.tsv`.

use super::super::testing::{canonical, text, wire};
use super::*;

#[test]
fn addresses_show_as_the_server_prints_them() {
    for (ty, given, expected) in [
        ("inet", "192.168.1.5/32", "192.168.1.5"),
        ("inet", "192.168.1.5/24", "192.168.1.5/24"),
        ("inet", "2001:DB8:0:0::1", "2001:db8::1"),
        ("inet", "::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ("inet", "::1/64", "::1/64"),
        ("cidr", "10.1.2.3", "10.1.2.3/32"),
        ("cidr", "192.168", "192.168.0.0/24"),
        ("macaddr", "0800.2B01.0203", "08:00:2b:01:02:03"),
        ("macaddr8", "08002b010203", "08:00:2b:ff:fe:01:02:03"),
    ] {
        assert_eq!(canonical(given, ty).as_deref(), Some(expected), "{given}");
    }
}

#[test]
fn masks_families_and_kinds_count() {
    assert_ne!(text("10.0.0.1", "inet"), text("10.0.0.1/24", "inet"));
    assert_ne!(text("::ffff:1.2.3.4", "inet"), text("1.2.3.4", "inet"));
    assert_ne!(text("10.0.0.0/8", "inet"), text("10.0.0.0/8", "cidr"));
    assert_ne!(text("::", "inet"), text("0.0.0.0", "inet"));
}

#[test]
fn what_is_no_address_is_unreadable() {
    for (ty, bad) in [
        ("inet", ""),
        ("inet", "1.2.3"),
        ("inet", "1.2.3.4/"),
        ("inet", "1.2.3.4/+8"),
        ("inet", "fe80::1%eth0"),
        ("inet", "12345::"),
        ("inet", "1.2.3.4/8/8"),
        ("cidr", "10.0.0.1/8"),
        ("cidr", "1..2"),
        ("macaddr", ""),
        ("macaddr", "08:00:2b:01:02:0g"),
        ("macaddr", "08:00:2b:01:02:03:04:05"),
        ("macaddr", "é8002b010203"),
        ("macaddr8", "08002b01020304"),
        ("macaddr", "0:0"),
    ] {
        assert_eq!(text(bad, ty), Err(Unreadable), "{bad}");
    }
    for (ty, bad) in [
        ("inet", &b"\x02\x21\0\x04\x01\x02\x03\x04"[..]),
        ("inet", b"\x02\x20\0\x10\x01\x02\x03\x04"),
        ("inet", b"\x02\x20\0\x04\x01\x02\x03\x04\x05"),
        ("cidr", b"\x02\x08\x01\x04\x01\x02\x03\x04"),
        ("macaddr", b"\x01\x02\x03\x04\x05"),
    ] {
        assert_eq!(wire(bad, ty, ty), Err(Unreadable), "{bad:?}");
    }
}
