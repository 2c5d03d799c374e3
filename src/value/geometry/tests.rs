//! Tests of [`super`]. What the server makes of shapes is in `postgres.tsv`.

use super::super::testing::{canonical, text, wire};
use super::*;

#[test]
fn shapes_show_as_the_server_prints_them() {
    for (ty, given, expected) in [
        ("point", " ( 1.50 , -0 ) ", Some("(1.5,0)")),
        ("point", "1e400,0", None),
        ("point", "(1,2)x", None),
        ("point", "(1,0x2)", None),
        ("line", "{1,-2.5,NaN}", Some("{1,-2.5,NaN}")),
        ("line", "{-0,0,1}", None),
        ("line", "{1e-7,-1e-7,1}", None),
        ("lseg", "((1,2),(3,4))", Some("[(1,2),(3,4)]")),
        ("lseg", "[(1,2),(3,4)", None),
        ("lseg", "[(1,2)]", None),
        ("box", "(0,5),(3,1)", Some("(3,5),(0,1)")),
        ("path", "[(1,2),(3,4)]", Some("[(1,2),(3,4)]")),
        ("path", "1,2,3,4", Some("((1,2),(3,4))")),
        ("path", "(1,2),(3,4)]", None),
        ("path", "((1,2),(3,4)", None),
        ("polygon", "(1,2),(3,4)", Some("((1,2),(3,4))")),
        ("polygon", "(1,2,3)", None),
        ("circle", "((1,2),3)", Some("<(1,2),3>")),
        ("circle", "<(1,2),-1>", None),
        ("circle", "", None),
    ] {
        assert_eq!(canonical(given, ty).as_deref(), expected, "{given} as {ty}");
    }
}

#[test]
fn open_and_closed_and_order_of_points_count() {
    assert_ne!(text("[(1,2),(3,4)]", "path"), text("((1,2),(3,4))", "path"));
    assert_ne!(text("[(1,2),(3,4)]", "lseg"), text("[(3,4),(1,2)]", "lseg"));
    assert_ne!(
        text("((1,2),(3,4))", "polygon"),
        text("((1,2),(3,4))", "path")
    );
}

#[test]
fn one_nan_and_one_zero() {
    let point = |x: u64, y: f64| [x.to_be_bytes(), y.to_be_bytes()].concat();
    let plain = wire(&point(0x7ff8_0000_0000_0000, 0.0), "point", "point");
    assert_eq!(
        wire(&point(0xfff8_0000_0000_0001, -0.0), "point", "point"),
        plain
    );
    assert_eq!(text("(NaN,0)", "point"), plain);
    assert_eq!(wire(&[0; 15], "point", "point"), Err(Unreadable));
    assert_eq!(
        wire(&[0x7f, 0xff, 0xff, 0xff], "polygon", "polygon"),
        Err(Unreadable)
    );
}
