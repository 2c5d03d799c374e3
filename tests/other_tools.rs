//! What made other comparers pass falsely (or fail differently from run to run),
//! one test each, through the binary.

mod common;

use common::{Lab, OF_THE_RUN, without};
use serde_json::{Value, json};

/// All must match, for a share would hide a single row.
const EVERY: [&str; 2] = ["--match-rate", "100%"];

#[track_caller]
fn counts(lab: &Lab, code: i32) -> Value {
    let ran = lab
        .by_id(&[&EVERY[..], &["--format", "json"]].concat())
        .exits(code);
    ran.json()["datasets"][0]["counts"].clone()
}

/// Two values under one key are told apart, whatever their column is taken for.
#[track_caller]
fn differ(old: &str, new: &str) {
    let lab = Lab::csv(&format!("id,v\n1,{old}\n"), &format!("id,v\n1,{new}\n"));
    assert_eq!(counts(&lab, 1)["differing"], 1, "{old} and {new}");
}

/// The exclusive or of row hashes cancels an even number of equal changes.
#[test]
fn four_rows_with_the_same_change_do_not_cancel() {
    let rows = |value: &str| format!("id,v\n1,{value}\n2,{value}\n3,{value}\n4,{value}\n5,x\n");
    let lab = Lab::csv(&rows("a"), &rows("b"));
    assert_eq!(counts(&lab, 1)["differing"], 4);
    // Nor do two rows that swap their values.
    let lab = Lab::csv("id,v\n1,a\n2,b\n", "id,v\n1,b\n2,a\n");
    assert_eq!(counts(&lab, 1)["differing"], 2);
}

/// The same row twice on a side cancels too, and so vanishes.
#[test]
fn a_row_that_is_there_twice_does_not_vanish() {
    let once = "id,v\n1,a\n2,b\n";
    for twice in ["id,v\n1,a\n2,b\n2,b\n", "id,v\n1,a\n2,b\n2,b\n2,b\n"] {
        let lab = Lab::csv(once, twice);
        let counts = counts(&lab, 1);
        assert_eq!(
            (&counts["duplicated"], &counts["matched"]),
            (&json!(1), &json!(1))
        );
    }
    // Also where both sides have it as often.
    let lab = Lab::csv("id,v\n1,a\n2,b\n2,b\n", "id,v\n1,a\n2,b\n2,b\n");
    assert_eq!(counts(&lab, 1)["duplicated"], 1);
}

/// Cells that are joined without frames run into each other.
#[test]
fn a_character_that_moves_to_the_next_cell_is_seen() {
    let lab = Lab::csv("id,a,b\n1,ab,c\n", "id,a,b\n1,a,bc\n");
    assert_eq!(counts(&lab, 1)["differing"], 1);
    // In a key just as in a row.
    let lab = Lab::csv("a,b,v\nab,c,1\n", "a,b,v\na,bc,1\n");
    let ran = lab
        .verify(&["old.csv", "new.csv", "--key", "a,b", "--format", "json"])
        .exits(1);
    let counts = &ran.json()["datasets"][0]["counts"];
    assert_eq!(
        (&counts["missing"], &counts["extra"]),
        (&json!(1), &json!(1))
    );
    // Separators in the data, and an empty cell that moves.
    for separator in [",", "|", "\t", "\u{1f}", "\\0", "-"] {
        let lab = Lab::csv(
            &format!("id,a,b\n1,\"x{separator}y\",z\n"),
            &format!("id,a,b\n1,x,\"y{separator}z\"\n"),
        );
        assert_eq!(self::counts(&lab, 1)["differing"], 1, "{separator:?}");
    }
    let lab = Lab::csv("id,a,b\n1,,x\n", "id,a,b\n1,x,\n");
    assert_eq!(self::counts(&lab, 1)["differing"], 1);
}

/// NULL folded into a text, a blank, zero or false.
#[test]
fn null_is_nothing_else() {
    let values = [
        "", "\"\"", "NULL", "null", "None", "\\N", "\" \"", "0", "false", "f",
    ];
    for (index, old) in values.iter().enumerate() {
        for new in &values[index + 1..] {
            differ(old, new);
            differ(new, old);
        }
    }
    // In JSON also what is not there at all.
    for (old, new) in [
        ("{\"id\":1,\"v\":null}", "{\"id\":1}"),
        ("{\"id\":1,\"v\":\"\"}", "{\"id\":1}"),
    ] {
        let lab = Lab::new()
            .with("a.jsonl", format!("{old}\n"))
            .with("b.jsonl", format!("{new}\n{{\"id\":2,\"v\":1}}\n"));
        let ran = lab
            .verify(&["a.jsonl", "b.jsonl", "--key", "id", "--format", "json"])
            .exits(1);
        assert_eq!(
            ran.json()["datasets"][0]["counts"]["differing"],
            1,
            "{old} {new}"
        );
    }
}

/// A missing row whose value is NULL looks like a NULL on the other side.
#[test]
fn a_missing_row_of_nulls_is_missing() {
    let lab = Lab::csv("id,v,w\n1,a,b\n2,,\n", "id,v,w\n1,a,b\n");
    let counts = counts(&lab, 1);
    assert_eq!(
        (&counts["missing"], &counts["matched"]),
        (&json!(1), &json!(1))
    );
}

fn typed(ty: &str, old: &str, new: &str) -> Lab {
    Lab::csv(&format!("id,v\n1,{old}\n"), &format!("id,v\n1,{new}\n")).with(
        "types.toml",
        format!(
            "[datasets.d]\nkey = [\"id\"]\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
             [datasets.d.columns]\nv = {{ type = \"{ty}\" }}\n"
        ),
    )
}

/// Decimals through float32, through doubles, or cut to 11 digits.
#[test]
fn decimals_differ_at_any_digit() {
    for (old, new) in [
        ("1.00000000001", "1.00000000002"),
        ("123456789012.1", "123456789012.2"),
        ("16777217", "16777216"),
        ("9007199254740993", "9007199254740992"),
        (
            "0.12345678901234567890123456789",
            "0.12345678901234567890123456788",
        ),
        ("1e-400", "0"),
        ("1e400", "Infinity"),
    ] {
        typed("numeric", old, new)
            .verify(&["--config", "types.toml"])
            .exits(1);
        typed("numeric", old, old)
            .verify(&["--config", "types.toml"])
            .exits(0);
        let json = |value: &str| {
            format!(
                "[{{\"id\":1,\"v\":{}}}]",
                value.replace("Infinity", "\"Infinity\"")
            )
        };
        let lab = Lab::new()
            .with("a.json", json(old))
            .with("b.json", json(new));
        lab.verify(&["a.json", "b.json", "--key", "id"]).exits(1);
    }
    typed("numeric", "1.10", "1.1")
        .verify(&["--config", "types.toml"])
        .exits(0);
    typed("numeric", "-0", "0.000")
        .verify(&["--config", "types.toml"])
        .exits(0);
    typed("numeric", "NaN", "NaN")
        .verify(&["--config", "types.toml"])
        .exits(0);
}

/// Merging two sides that are sorted by unlike collations loses and invents rows.
#[test]
fn keys_match_in_whatever_order_a_collation_puts_them() {
    let bytewise = [
        "A", "B", "Z", "_", "a", "a b", "a-b", "ab", "b", "é", "ä", "ア", "あ", "ｱ",
    ];
    let by_icu = [
        "_", "a", "A", "ä", "a b", "a-b", "ab", "b", "B", "é", "Z", "ｱ", "ア", "あ",
    ];
    let rows = |keys: &[&str]| -> String {
        let rows = keys.iter().map(|key| format!("{key},1\n"));
        "id,v\n".to_owned() + &rows.collect::<String>()
    };
    let lab = Lab::csv(&rows(&bytewise), &rows(&by_icu));
    assert_eq!(counts(&lab, 0)["matched"], 14);
}

/// Case-insensitive and padding collations make one key of two.
#[test]
fn keys_are_equal_bytewise_only() {
    for (one, other) in [
        ("a", "A"),
        ("é", "e\u{301}"),
        ("a", "\"a \""),
        ("1", "01"),
        ("ｱ", "ア"),
        ("ß", "ss"),
    ] {
        let lab = Lab::csv(
            &format!("id,v\n{one},1\n{other},2\n"),
            &format!("id,v\n{other},2\n{one},1\n"),
        );
        assert_eq!(counts(&lab, 0)["matched"], 2, "{one} {other}");
        let lab = Lab::csv(&format!("id,v\n{one},1\n"), &format!("id,v\n{other},1\n"));
        let counts = counts(&lab, 1);
        assert_eq!(
            (&counts["missing"], &counts["extra"]),
            (&json!(1), &json!(1))
        );
    }
}

/// Rows of one key joined in any order give another result each time.
#[test]
fn equal_keys_give_the_same_report_each_time() {
    let old = "id,v\n1,a\n1,b\n1,c\n2,x\n3,y\n";
    let lab = Lab::csv(old, "id,v\n1,c\n1,a\n2,x\n2,z\n3,y\n");
    let first = without(&lab.report(&[]), &OF_THE_RUN);
    assert_eq!(first["datasets"][0]["counts"]["duplicated"], 2);
    for new in [
        "id,v\n2,z\n1,a\n3,y\n1,c\n2,x\n",
        "id,v\n3,y\n2,x\n2,z\n1,c\n1,a\n",
    ] {
        lab.write("new.csv", new);
        assert_eq!(without(&lab.report(&[]), &OF_THE_RUN), first);
    }
}

/// Nothing compared is nothing proved.
#[test]
fn empty_skipped_or_vacuous_input_never_passes() {
    let head = "id,v\n";
    Lab::csv(head, head).by_id(&[]).exits(3);
    Lab::csv("id,v\n1,a\n", head).by_id(&[]).exits(1);
    Lab::csv(head, "id,v\n1,a\n").by_id(&[]).exits(1);
    // No gate that could break is no reason to pass either.
    let off = "[gates]\nmatch_rate = \"off\"\nduplicated = \"off\"\nunkeyed = \"off\"\n\
               schema = \"off\"\nmin_rows = \"off\"\n";
    let config = format!(
        "[datasets.d]\nkey = [\"id\"]\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n{off}"
    );
    let lab = Lab::csv(head, head).with("off.toml", config);
    lab.verify(&["--config", "off.toml"]).exits(3);
    // All rows without a key: nothing was matched.
    let lab = Lab::csv("id,v\n,a\n", "id,v\n,a\n");
    assert_ne!(lab.by_id(&[]).code, 0);
    lab.write("none.toml", "[datasets]\n");
    lab.verify(&["--config", "none.toml"]).exits(2);
}

/// Telling that data differs from not being able to tell, and both from misuse.
#[test]
fn differing_failing_to_read_and_misuse_are_three_exit_codes() {
    let lab = Lab::csv("id,v\n1,a\n", "id,v\n1,b\n");
    lab.by_id(&[]).exits(1);
    lab.write("new.csv", "id,v\n1,\"b");
    lab.by_id(&[]).exits(3);
    lab.by_id(&["--key"]).exits(2);
}

/// Counts are of the side they are named after, also where one is far longer.
#[test]
fn counts_are_of_their_own_side() {
    let rows = |count: u32| {
        let rows = (0..count).map(|id| format!("{id},v\n"));
        "id,v\n".to_owned() + &rows.collect::<String>()
    };
    let lab = Lab::csv(&rows(3000), &rows(7));
    let counts = counts(&lab, 1);
    assert_eq!(
        (&counts["old_rows"], &counts["new_rows"]),
        (&json!(3000), &json!(7))
    );
    assert_eq!(
        (&counts["old_keys"], &counts["new_keys"]),
        (&json!(3000), &json!(7))
    );
    assert_eq!(
        (&counts["missing"], &counts["matched"]),
        (&json!(2993), &json!(7))
    );
}

/// A percentage that is rounded up says that all is well when it is not.
#[test]
fn a_share_is_never_rounded_up() {
    let rows = |odd: &str| {
        let rows = (0..20_001).map(|id| format!("{id},{}\n", if id == 9 { odd } else { "v" }));
        "id,v\n".to_owned() + &rows.collect::<String>()
    };
    let lab = Lab::csv(&rows("v"), &rows("w"));
    let ran = lab
        .by_id(&[&EVERY[..], &["--format", "json"]].concat())
        .exits(1);
    let rate = &ran.json()["datasets"][0]["match_rate"];
    assert_eq!(
        *rate,
        json!({"numerator": 20_000, "denominator": 20_001, "percent": "99.99"})
    );
    lab.by_id(&["--match-rate", "99.99%"]).exits(0);
    lab.by_id(&["--match-rate", "99.996%"]).exits(1);
}

/// A tolerance is not transitive, so it must not choose which rows are one.
#[test]
fn a_tolerance_touches_no_key_and_no_text() {
    for column in ["id", "v"] {
        let lab = Lab::csv("id,v\n1,a\n", "id,v\n1,a\n").with(
            "shadowgate.toml",
            format!(
                "[datasets.d]\nkey = [\"id\"]\nold.source = \"old.csv\"\nnew.source = \"new.csv\"\n\
                 [datasets.d.columns]\n{column} = {{ tolerance = {{ absolute = \"1\" }} }}\n"
            ),
        );
        lab.verify(&[]).refuses(&["tolerance", column]);
    }
}

/// A time without a zone read in the machine's own zone.
#[test]
fn no_zone_is_invented() {
    let run = |old: &str, new: &str, zone: &str| {
        let lab = typed("timestamptz", old, new);
        let mut command = lab.command();
        command.args([
            "verify",
            "--quiet",
            "--config",
            "types.toml",
            "--format",
            "json",
        ]);
        let ran = lab.ran(command.env("TZ", zone).env("LC_ALL", "ja_JP.UTF-8"));
        (
            ran.code,
            ran.json()["datasets"][0]["counts"]["unreadable_old"].clone(),
        )
    };
    for zone in ["Asia/Tokyo", "UTC", "America/New_York"] {
        assert_eq!(
            run("2024-01-05 10:00:00", "2024-01-05 01:00:00Z", zone),
            (3, json!(1)),
            "{zone}"
        );
        assert_eq!(
            run("2024-01-05 10:00:00+09", "2024-01-05T01:00:00Z", zone),
            (0, json!(0)),
            "{zone}"
        );
    }
}
