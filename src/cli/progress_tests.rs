//! What a log and a terminal get to see of a run.

use super::*;
use indicatif::TermLike;
use std::io;
use std::sync::Arc;

/// Keeps what is written to it, cursor movements left out.
#[derive(Clone, Debug, Default)]
struct Page(Arc<Mutex<String>>);

impl Page {
    fn text(&self) -> String {
        lock(&self.0).clone()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TermLike for Page {
    fn width(&self) -> u16 {
        120
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(&format!("{text}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        lock(&self.0).push_str(text);
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        self.write_str("<clear>")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

fn run(progress: &dyn Progress) {
    progress.expected("reading is expected to take long");
    progress.dataset("物件", [Some(1000), None]);
    for _ in 0..3 {
        progress.rows(Side::Old, 250);
        progress.rows(Side::New, 2000);
    }
    progress.side_done(Side::Old);
    progress.side_done(Side::New);
    progress.phase("reading rows that differ again");
    progress.done();
}

#[test]
fn a_line_tells_rows_estimate_and_rate() {
    let second = Duration::from_secs(2);
    assert_eq!(
        line("listings", Side::Old, 250_000, Some(1_000_000), second),
        "listings old: 250,000 of about 1,000,000 rows, 125,000 rows/s"
    );
    assert_eq!(
        line("listings", Side::New, 0, None, Duration::ZERO),
        "listings new: 0 rows, 0 rows/s"
    );
}

#[test]
fn a_short_run_logs_its_ends_only() {
    let page = Page::default();
    run(&Lines::new(page.clone(), Duration::from_secs(3600)));
    let text = page.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(lines[0], "reading is expected to take long");
    assert!(lines[1].starts_with("物件 old: 750 rows, "), "{text}");
    assert!(lines[1].ends_with(" rows/s, done"), "{text}");
    assert!(lines[2].starts_with("物件 new: 6,000 rows, "), "{text}");
    assert_eq!(lines[3], "物件: reading rows that differ again");
}

#[test]
fn a_long_run_logs_both_sides_at_intervals() {
    let page = Page::default();
    run(&Lines::new(page.clone(), Duration::ZERO));
    let text = page.text();
    assert!(
        text.contains("物件 old: 250 of about 1,000 rows, "),
        "{text}"
    );
    assert!(text.contains("物件 new: 4,000 rows, "), "{text}");
    assert!(!text.contains('\x1b'));
}

#[test]
fn bars_show_both_sides_and_are_cleared_at_the_end() {
    let page = Page::default();
    let target = ProgressDrawTarget::term_like(Box::new(page.clone()));
    run(&Bars::new(MultiProgress::with_draw_target(target)));
    let text = page.text();
    assert!(text.contains("物件 old [="), "{text}");
    assert!(text.contains("750 of about 1,000 rows, "), "{text}");
    assert!(text.contains("6,000 rows, "), "{text}");
    assert!(text.contains("reading rows that differ again"), "{text}");
    assert!(text.ends_with("<clear>"), "{text}");
}

#[test]
fn an_estimate_that_was_too_low_is_dropped() {
    let page = Page::default();
    let target = ProgressDrawTarget::term_like(Box::new(page.clone()));
    let bars = Bars::new(MultiProgress::with_draw_target(target));
    bars.dataset("listings", [Some(10), Some(10)]);
    bars.rows(Side::Old, 11);
    let bar = bars.side(Side::Old).unwrap();
    assert_eq!((bar.position(), bar.length()), (11, None));
    bars.rows(Side::New, 10);
    assert_eq!(bars.side(Side::New).unwrap().length(), Some(10));
}

#[test]
fn any_thread_may_tell() {
    let page = Page::default();
    let lines = Lines::new(page.clone(), Duration::from_secs(3600));
    lines.dataset("t", [None; 2]);
    std::thread::scope(|scope| {
        for side in Side::BOTH.repeat(2) {
            let lines = &lines;
            scope.spawn(move || (0..1000).for_each(|_| lines.rows(side, 1)));
        }
    });
    Side::BOTH.iter().for_each(|side| lines.side_done(*side));
    assert!(page.text().contains("t old: 2,000 rows"), "{}", page.text());
    assert!(page.text().contains("t new: 2,000 rows"), "{}", page.text());
}

#[test]
fn rows_read_a_second_time_are_counted_from_nothing() {
    let page = Page::default();
    let lines = Lines::new(page.clone(), Duration::from_secs(3600));
    let target = ProgressDrawTarget::term_like(Box::new(Page::default()));
    let bars = Bars::new(MultiProgress::with_draw_target(target));
    for progress in [&lines as &dyn Progress, &bars] {
        progress.dataset("t", [Some(3); 2]);
        progress.rows(Side::Old, 3);
        progress.side_done(Side::Old);
        progress.again("much differs");
        progress.rows(Side::Old, 2);
    }
    assert_eq!(bars.side(Side::Old).unwrap().position(), 2);
    lines.side_done(Side::Old);
    let text = page.text();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("t old: 3 rows, "), "{text}");
    assert_eq!(lines[1], "t: much differs");
    assert!(lines[2].starts_with("t old: 2 rows, "), "{text}");
}
