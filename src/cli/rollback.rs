//! `rollback-check`: what an engineer asks before a rollback, from what was typed
//! to the exit code.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::MultiProgress;
use jiff::Timestamp;

use super::{logging, progress, tell, verify};
use crate::error::{Exit, Failure, Result};
use crate::gate::rollback::{self as gate, Answer, Decision};
use crate::plan::{self, Format, Plan, RollbackOptions};
use crate::report::model::{Reason, Report};
use crate::report::rollback::{self as report, Check, Deadline, FILE, Lost, Rollback};
use crate::report::rollback::{next, sentence, text};
use crate::report::{json, reasons, writer};
use crate::run::dataset::Strategy;
use crate::run::rollback::{self, Checked, Hears, files};
use crate::stop::{Cause, Stop};

/// What is typed, what comes of it, and since when.
struct Run<'a> {
    options: &'a RollbackOptions,
    plan: Plan,
    started: Timestamp,
    begun: Instant,
    stop: Stop,
}

/// Plans, asks, compares, answers, saves and prints. `begun` is when the process
/// was started, from which its deadline counts.
pub fn run(options: &RollbackOptions, stop: &Stop, begun: Instant) -> Exit {
    let started = Timestamp::now();
    let quiet = options.verify.source.quiet;
    let terminal = io::stderr().is_terminal();
    let (listener, bars) = progress::listener(quiet, terminal);
    let plan = match planned(options, bars) {
        Ok(plan) => plan,
        Err(failure) => return verify::refuse(&[failure]),
    };
    let run = Run {
        options,
        started,
        begun,
        stop: stop.within(begun, plan.deadline),
        plan,
    };
    let how = verify::how(&run.plan, &run.stop, Strategy::KeepRows);
    let lines = Lines { quiet };
    match rollback::check(&run.plan.datasets, &how, listener.as_ref(), &lines) {
        Ok(checked) => run.finish(checked),
        Err(failures) => verify::refuse(&failures),
    }
}

fn planned(options: &RollbackOptions, bars: Option<MultiProgress>) -> Result<Plan> {
    let plan = plan::rollback(options, &super::environment, Path::new(""))?;
    verify::begin(&plan, bars)?;
    Ok(plan)
}

/// Answers of the old side, as they come, for whoever waits.
struct Lines {
    quiet: bool,
}

impl Hears for Lines {
    fn check(&self, dataset: &str, check: &Check) {
        if !self.quiet {
            // Where stderr is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "{}", text::check_line(dataset, check));
        }
    }
}

impl Run<'_> {
    fn finish(&self, checked: Checked) -> Exit {
        let Checked {
            datasets,
            decisions,
            finished,
            lost,
        } = checked;
        let signalled = self.stop.cause().filter(|cause| cause.signal().is_some());
        let (mut report, details) = verify::report(&self.plan, finished, self.started);
        if let Some(cause) = signalled {
            verify::interrupted(&mut report, cause);
        }
        let mut answer = self.answer(datasets, &decisions, &report);
        answer.files = files::listed(&lost, &answer.datasets);
        if let Some(cause) = signalled {
            doubt(&mut answer, &cause.failure());
        }
        answer.exit_code = exit(answer.answer, signalled).code();
        let mode = writer::Mode::new(self.plan.report_mode);
        let more = |folder: &Path| {
            files::write(&lost, &answer.files, folder, mode)?;
            writer::write_whole(&folder.join(FILE), mode, |out| json::write(&answer, out))
        };
        let dir = &self.plan.report_dir;
        let folder = match writer::save_with(dir, mode, &report, &details, &more) {
            Ok(folder) => Some(folder),
            Err(failure) => {
                tell(&failure);
                answer.files.clear();
                doubt(&mut answer, &failure);
                answer.exit_code = exit(answer.answer, signalled).code();
                None
            }
        };
        match self.print(&answer, folder.as_deref()) {
            Ok(()) => exit(answer.answer, signalled),
            Err(failure) => {
                tell(&failure);
                exit(answer.answer.max(Answer::CannotTell), signalled)
            }
        }
    }

    /// The answer for all datasets together. Which files hold what is still to come.
    fn answer(
        &self,
        datasets: Vec<report::Dataset>,
        decisions: &[Decision],
        report: &Report,
    ) -> Rollback {
        let decision = gate::together(decisions.iter());
        let both = datasets.iter().zip(decisions);
        let each: Vec<_> = both
            .map(|(dataset, one)| (dataset.name.as_str(), one, dataset.sentence.as_str()))
            .collect();
        let failures = report.reasons.iter().filter(|reason| !is_gate(reason));
        let reasons: Vec<Reason> = failures.cloned().collect();
        let deadline = self.plan.deadline;
        let longer = self.again(deadline.map(|deadline| deadline * 2));
        Rollback {
            schema_version: report::SCHEMA_VERSION,
            answer: decision.answer,
            exit_code: 0,
            sentence: sentence::together(&decision, &each),
            lost: Lost::of(&decision),
            run: report.run.clone(),
            deadline: deadline.map(|deadline| Deadline {
                seconds: deadline.as_secs_f64(),
                left_seconds: deadline.saturating_sub(self.begun.elapsed()).as_secs_f64(),
            }),
            next: next::of(&decision, &reasons, &self.again(None), &longer),
            reasons,
            datasets,
            files: Vec::new(),
        }
    }

    /// The command that checks again. Sources that were typed are not repeated,
    /// since they may hold a password.
    fn again(&self, deadline: Option<Duration>) -> String {
        let mut words = vec!["shadowgate".to_owned(), "rollback-check".to_owned()];
        let mut flag = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if let Some(config) = &self.plan.config {
            flag("--config", config.display().to_string());
        }
        let typed = &self.options.verify;
        if let Some(dataset) = &typed.source.dataset {
            flag("--dataset", dataset.clone());
        }
        if let Some(since) = &self.options.since {
            flag("--since", since.clone());
        }
        let deadline = deadline.map(|deadline| match deadline.as_secs().max(1) {
            seconds if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
            seconds => format!("{seconds}s"),
        });
        if let Some(deadline) = deadline.or_else(|| typed.deadline.clone()) {
            flag("--deadline", deadline);
        }
        let named = typed.source.locations.iter().any(Option::is_some);
        let sources = if named { " OLD NEW …" } else { "" };
        format!("{}{sources}", text::command(&words))
    }

    fn print(&self, answer: &Rollback, folder: Option<&Path>) -> Result<()> {
        let mut page = Vec::new();
        match self.plan.format {
            // A Vec takes all that is written to it.
            Format::Json => drop(json::write(answer, &mut page)),
            Format::Text => {
                let colour = logging::colour(io::stdout().is_terminal());
                page.extend_from_slice(text::render(answer, folder, colour).as_bytes());
            }
        }
        super::print(&page)
    }
}

/// How the process ends: a signal that ended the run ends it too.
fn exit(answer: Answer, signalled: Option<Cause>) -> Exit {
    let signal = signalled.and_then(Cause::signal);
    signal.map_or(
        match answer {
            Answer::Safe => Exit::Pass,
            Answer::Loses => Exit::Fail,
            Answer::CannotTell => Exit::Inconclusive,
        },
        |(_, exit)| exit,
    )
}

/// A gate's finding is about the match rate, and not about a rollback.
fn is_gate(reason: &Reason) -> bool {
    use crate::error::Code::{GateBroken, NothingCompared, Undecided};
    matches!(reason.code, GateBroken | Undecided | NothingCompared)
}

/// A failure of the run itself. SAFE without its evidence, or of a run that was
/// not let end, is not safe.
fn doubt(answer: &mut Rollback, failure: &Failure) {
    if !answer.reasons.iter().any(|told| told.why == failure.why) {
        answer.reasons.push(reasons::of_run(failure));
    }
    if answer.answer == Answer::Safe {
        answer.answer = Answer::CannotTell;
        answer.lost.rows = None;
        answer.lost.exact = false;
        answer.sentence = format!("CANNOT TELL: {}", failure.why);
        answer.next.clone_from(&failure.next);
    }
}
