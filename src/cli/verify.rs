//! `verify`: the whole way, from what was typed to the exit code.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use indicatif::MultiProgress;
use jiff::Timestamp;

use super::lock::Kept;
use super::{logging, progress, tell};
use crate::error::{Code, Exit, Failure};
use crate::gate::Verdict;
use crate::plan::{Format, Plan, VerifyOptions};
use crate::report::model::{Details, Reason, Report, Run, SCHEMA_VERSION};
use crate::report::{earlier, json, reasons, text, writer};
use crate::run::{self, Finished, Options, dataset::Strategy};
use crate::stop::{Cause, Stop};

/// Plans, compares, judges, saves and prints.
pub fn run(options: &VerifyOptions, stop: &Stop, begun: Instant) -> Exit {
    let started = Timestamp::now();
    let quiet = options.source.quiet;
    let terminal = io::stderr().is_terminal();
    let (listener, bars) = progress::listener(quiet, terminal);
    let plan = match plan(options, bars) {
        Ok(plan) => plan,
        Err(failure) => return refuse(&[failure]),
    };
    let stop = stop.within(begun, plan.deadline);
    let how = how(&plan, &stop, Strategy::Auto);
    // Held until the report is saved.
    let kept = match Kept::take(&plan, listener) {
        Ok(kept) => kept,
        Err(failure) => {
            tell(&failure);
            return failure.exit();
        }
    };
    match run::verify(&plan.datasets, &how, &kept) {
        Ok(finished) => finish(&plan, finished, started, &stop),
        Err(failures) => refuse(&failures),
    }
}

fn plan(options: &VerifyOptions, bars: Option<MultiProgress>) -> Result<Plan, Failure> {
    let plan = Plan::from(options, &super::environment, Path::new(""))?;
    begin(&plan, bars)?;
    Ok(plan)
}

/// How a run goes about what was planned.
pub(super) fn how(plan: &Plan, stop: &Stop, strategy: Strategy) -> Options {
    Options {
        context: super::context(stop, &plan.limits),
        memory: plan.memory,
        max_details: plan.max_details,
        strategy,
        retries: plan.retries,
        earlier: earlier::readings(&plan.report_dir),
    }
}

/// Begins the log as the plan says, and looks for a folder that will take the
/// report: a run of an hour must not end at a folder that could never be written.
pub(super) fn begin(plan: &Plan, bars: Option<MultiProgress>) -> Result<(), Failure> {
    let colour = logging::colour(io::stderr().is_terminal());
    logging::start(&plan.log, &plan.notes, plan.verbose, colour, bars)?;
    writer::check(&plan.report_dir).map_err(|failure| Failure {
        code: Code::Usage,
        ..failure
    })
}

/// Nothing was read: what to mend goes to stderr, and stdout stays empty.
pub(super) fn refuse(failures: &[Failure]) -> Exit {
    failures.iter().for_each(tell);
    Exit::Usage
}

fn finish(plan: &Plan, finished: Finished, started: Timestamp, stop: &Stop) -> Exit {
    let cause = stop.cause().filter(|cause| cause.signal().is_some());
    let (mut report, details) = report(plan, finished, started);
    if let Some(cause) = cause {
        interrupted(&mut report, cause);
    }
    let mode = writer::Mode::new(plan.report_mode);
    let folder = match writer::save(&plan.report_dir, mode, &report, &details) {
        Ok(folder) => Some(folder),
        Err(failure) => {
            tell(&failure);
            worsen(&mut report, &failure);
            report.exit_code = exit(report.verdict, cause).code();
            None
        }
    };
    match print(plan, &report, &details, folder.as_deref()) {
        Ok(()) => exit(report.verdict, cause),
        Err(failure) => {
            tell(&failure);
            exit(report.verdict.max(Verdict::Inconclusive), cause)
        }
    }
}

/// How the process ends: a signal that ended the run ends it too.
fn exit(verdict: Verdict, signalled: Option<Cause>) -> Exit {
    let signal = signalled.and_then(Cause::signal);
    signal.map_or_else(|| run::exit(verdict), |(_, exit)| exit)
}

/// The report of a run that ends now, and its details.
pub(super) fn report(
    plan: &Plan,
    finished: Finished,
    started: Timestamp,
) -> (Report, Vec<Details>) {
    let report = Report {
        schema_version: SCHEMA_VERSION,
        verdict: finished.verdict,
        exit_code: run::exit(finished.verdict).code(),
        run: Run {
            id: writer::run_id(started),
            started: started.to_string(),
            finished: Timestamp::now().to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config: plan.config.as_ref().map(|path| path.display().to_string()),
            config_hash: plan.config_hash.clone(),
            interrupted: None,
        },
        reasons: finished.reasons,
        datasets: finished.datasets,
    };
    (report, finished.details)
}

/// Marks a run that a signal ended: it passes nothing, however far it came.
pub(super) fn interrupted(report: &mut Report, cause: Cause) {
    let told = |reason: &Reason| reason.code == Code::Interrupted;
    if !report.reasons.iter().any(told) {
        worsen(report, &cause.failure());
    }
    report.verdict = report.verdict.max(Verdict::Inconclusive);
    report.run.interrupted = cause.signal().map(|(name, _)| name.to_owned());
    report.exit_code = exit(report.verdict, Some(cause)).code();
}

/// A failure of the run itself. A PASS without its evidence is no PASS.
fn worsen(report: &mut Report, failure: &Failure) {
    report.verdict = report.verdict.max(Verdict::Inconclusive);
    report.reasons.push(reasons::of_run(failure));
}

fn print(
    plan: &Plan,
    report: &Report,
    details: &[Details],
    folder: Option<&Path>,
) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = match plan.format {
        Format::Json => json::write(report, &mut out),
        Format::Text => {
            let page = text::render(report, details, page(plan, folder));
            out.write_all(page.as_bytes())
        }
    };
    written.and_then(|()| out.flush()).map_err(|error| {
        Failure::new(
            Code::CannotWrite,
            format!("the report could not be printed: {error}"),
            "check what reads this command's output",
        )
    })
}

fn page<'a>(plan: &Plan, folder: Option<&'a Path>) -> text::Options<'a> {
    text::Options {
        colour: logging::colour(io::stdout().is_terminal()),
        width: super::terminal_width(),
        show: plan.show,
        folder,
        ..text::Options::default()
    }
}
