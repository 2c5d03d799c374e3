//! Progress for people: bars on stderr where that is a terminal, a plain line
//! now and then where it is a log, nothing where it was not wanted.
//!
//! Progress never decides anything and never fails: what cannot be written to
//! stderr is lost.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::error::Side;
use crate::report::text::cell::{escape, number};
use crate::run::progress::{Progress, Silent};

/// How often a log hears of a running side.
const INTERVAL: Duration = Duration::from_secs(5);

/// The listener for this run, and the bars (if any) that log lines must go round.
pub fn listener(quiet: bool, terminal: bool) -> (Box<dyn Progress>, Option<MultiProgress>) {
    if quiet {
        return (Box::new(Silent), None);
    }
    if !terminal {
        return (Box::new(Lines::new(std::io::stderr(), INTERVAL)), None);
    }
    let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
    (Box::new(Bars::new(screen.clone())), Some(screen))
}

/// Where a dataset stands; a lock that a panicking thread held is still good.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn rate(rows: u64, elapsed: Duration) -> u64 {
    // A rate over less than a millisecond would be noise.
    (rows as f64 / elapsed.as_secs_f64().max(0.001)) as u64
}

/// `listings old: 250,000 of about 1,000,000 rows, 120,000 rows/s`.
fn line(name: &str, side: Side, rows: u64, estimate: Option<u64>, elapsed: Duration) -> String {
    let of = estimate.map_or_else(String::new, |all| format!(" of about {}", number(all)));
    let rate = number(rate(rows, elapsed));
    format!("{name} {side}: {}{of} rows, {rate} rows/s", number(rows))
}

/// One plain line an interval and side.
struct Lines<W> {
    interval: Duration,
    rows: [AtomicU64; 2],
    state: Mutex<Told<W>>,
}

struct Told<W> {
    out: W,
    name: String,
    estimates: [Option<u64>; 2],
    started: Instant,
    last: Instant,
    ended: [bool; 2],
}

impl<W: Write> Lines<W> {
    fn new(out: W, interval: Duration) -> Self {
        let now = Instant::now();
        Lines {
            interval,
            rows: [AtomicU64::new(0), AtomicU64::new(0)],
            state: Mutex::new(Told {
                out,
                name: String::new(),
                estimates: [None; 2],
                started: now,
                last: now,
                ended: [false; 2],
            }),
        }
    }

    fn tell(&self, told: &mut Told<W>, side: Side) {
        let rows = self.rows[side.index()].load(Ordering::Relaxed);
        let ended = told.ended[side.index()];
        let estimate = told.estimates[side.index()].filter(|_| !ended);
        let line = line(&told.name, side, rows, estimate, told.started.elapsed());
        let _ = writeln!(told.out, "{line}{}", if ended { ", done" } else { "" });
    }
}

impl<W: Write + Send> Progress for Lines<W> {
    fn expected(&self, what: &str) {
        let _ = writeln!(lock(&self.state).out, "{}", escape(what));
    }

    fn dataset(&self, name: &str, estimates: [Option<u64>; 2]) {
        let mut told = lock(&self.state);
        self.rows
            .iter()
            .for_each(|rows| rows.store(0, Ordering::Relaxed));
        told.name = escape(name);
        told.estimates = estimates;
        told.started = Instant::now();
        told.last = told.started;
        told.ended = [false; 2];
    }

    fn rows(&self, side: Side, more: u64) {
        self.rows[side.index()].fetch_add(more, Ordering::Relaxed);
        // Who finds the lock taken need not wait: somebody is telling.
        let Ok(mut told) = self.state.try_lock() else {
            return;
        };
        if told.last.elapsed() < self.interval {
            return;
        }
        told.last = Instant::now();
        for side in Side::BOTH {
            if !told.ended[side.index()] {
                self.tell(&mut told, side);
            }
        }
    }

    fn side_done(&self, side: Side) {
        let mut told = lock(&self.state);
        told.ended[side.index()] = true;
        self.tell(&mut told, side);
    }

    fn again(&self, why: &str) {
        self.phase(why);
        let mut told = lock(&self.state);
        self.rows
            .iter()
            .for_each(|rows| rows.store(0, Ordering::Relaxed));
        told.started = Instant::now();
        told.last = told.started;
        told.ended = [false; 2];
    }

    fn phase(&self, what: &str) {
        let mut told = lock(&self.state);
        let line = format!("{}: {}", told.name, escape(what));
        let _ = writeln!(told.out, "{line}");
    }

    fn done(&self) {
        let _ = lock(&self.state).out.flush();
    }
}

/// A bar a side, and a line for what has no rows to count.
struct Bars {
    screen: MultiProgress,
    shown: Mutex<Vec<ProgressBar>>,
}

impl Bars {
    fn new(screen: MultiProgress) -> Self {
        Bars {
            screen,
            shown: Mutex::new(Vec::new()),
        }
    }

    fn side(&self, side: Side) -> Option<ProgressBar> {
        lock(&self.shown).get(side.index()).cloned()
    }

    fn clear(&self) {
        for bar in lock(&self.shown).drain(..) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
    }
}

impl Progress for Bars {
    fn expected(&self, what: &str) {
        let _ = self.screen.println(escape(what));
    }

    fn dataset(&self, name: &str, estimates: [Option<u64>; 2]) {
        self.clear();
        let mut shown = lock(&self.shown);
        for side in Side::BOTH {
            let bar = match estimates[side.index()] {
                Some(rows) if rows > 0 => ProgressBar::new(rows).with_style(style(MEASURED)),
                _ => ProgressBar::no_length().with_style(style(UNMEASURED)),
            };
            let bar = self.screen.add(bar);
            bar.set_prefix(format!("{} {side}", escape(name)));
            shown.push(bar);
        }
    }

    fn rows(&self, side: Side, more: u64) {
        let Some(bar) = self.side(side) else { return };
        bar.inc(more);
        // An estimate that was too low is one no longer.
        if bar.length().is_some_and(|length| bar.position() > length) {
            bar.unset_length();
            bar.set_style(style(UNMEASURED));
        }
    }

    fn side_done(&self, side: Side) {
        if let Some(bar) = self.side(side) {
            bar.set_length(bar.position());
            bar.set_style(style(ENDED));
            bar.abandon();
        }
    }

    fn again(&self, why: &str) {
        for side in Side::BOTH {
            if let Some(bar) = self.side(side) {
                bar.reset();
                bar.set_style(style(UNMEASURED));
                bar.unset_length();
            }
        }
        self.phase(why);
    }

    fn phase(&self, what: &str) {
        let mut shown = lock(&self.shown);
        if shown.len() == Side::BOTH.len() {
            let bar = ProgressBar::no_length().with_style(style(PHASE));
            bar.enable_steady_tick(Duration::from_millis(120));
            shown.push(self.screen.add(bar));
        }
        if let Some(bar) = shown.get(Side::BOTH.len()) {
            bar.set_message(escape(what));
        }
    }

    fn done(&self) {
        self.clear();
    }
}

/// A run that ends by an error leaves no bars over its message.
impl Drop for Bars {
    fn drop(&mut self) {
        self.clear();
    }
}

const MEASURED: &str =
    "{prefix} [{bar:30}] {human_pos} of about {human_len} rows, {rate} rows/s, {eta} left";
const UNMEASURED: &str = "{prefix} {spinner} {human_pos} rows, {rate} rows/s";
const ENDED: &str = "{prefix} {human_pos} rows, {rate} rows/s, read in {elapsed}";
const PHASE: &str = "{spinner} {msg}";

fn style(template: &str) -> ProgressStyle {
    let rows_a_second = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = out.write_str(&number(rate(state.pos(), state.elapsed())));
    };
    ProgressStyle::with_template(template)
        .expect("the templates above are well formed")
        .progress_chars("=> ")
        .with_key("rate", rows_a_second)
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
