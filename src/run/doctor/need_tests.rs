use super::super::testing::{file, holding, postgres, rest};
use super::*;

#[test]
fn rows_that_can_be_found_again_need_little() {
    let old = holding(postgres(), 1_000, Some(200_000));
    let new = holding(postgres(), 1_000, Some(200_000));
    let found = need([&old, &new]).expect("rows are known");
    assert_eq!((found.likely, found.row), (2_000 * PRINT, 200));
    assert_eq!(found.most, 2_000 * (PRINT + 250));
    let api = Probed {
        locates: false,
        ..holding(rest(), 1_000, None)
    };
    let kept = need([&old, &api]).expect("rows are known");
    assert_eq!(kept.likely, kept.most);
    assert_eq!(
        kept.most, found.most,
        "the other side tells how large rows are"
    );
}

#[test]
fn one_sides_rows_stand_for_both_and_none_for_nothing() {
    let old = holding(file(), 10, None);
    let found = need([&old, &postgres()]).expect("rows are known");
    assert_eq!(found.row, ROW);
    assert_eq!(found.likely, 20 * PRINT);
    assert_eq!(need([&file(), &postgres()]), None);
    let empty = holding(postgres(), 0, Some(8192));
    assert_eq!(need([&empty, &empty]).map(|need| need.most), Some(0));
    let vast = holding(postgres(), u64::MAX / 4, Some(u64::MAX));
    assert!(need([&vast, &vast]).is_some(), "nothing overflows");
}
