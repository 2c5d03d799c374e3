//! `pace`: how fast both sides are read, one at a time.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Instant;

use indicatif::MultiProgress;

use super::{logging, print, progress, refused, tell, the_one};
use crate::error::{Exit, Result};
use crate::plan::{DatasetSpec, Format, PaceOptions, PacePlan};
use crate::report::pace::{self, Pace, text};
use crate::report::text::table::Ink;
use crate::run;
use crate::stop::{Cause, Stop};

/// 0: measured; 2: something to mend; 3: not as often as asked. `begun` is when the process was started.
pub fn run(options: PaceOptions, stop: &Stop, begun: Instant) -> Exit {
    let terminal = io::stderr().is_terminal();
    let (listener, bars) = progress::listener(options.source.quiet, terminal);
    let (plan, spec) = match plan(&options, bars) {
        Ok(planned) => planned,
        Err(failure) => return refused(&[failure], stop),
    };
    let stop = stop.within(begun, plan.deadline);
    let context = super::context(&stop, &plan.limits);
    let measured = run::pace::measure(&spec, plan.runs, &context, listener.as_ref());
    drop(listener);
    match measured {
        Err(failures) => refused(&failures, &stop),
        Ok(pace) => show(pace, plan.format, &stop),
    }
}

/// What is asked for, with the log begun as it says.
fn plan(options: &PaceOptions, bars: Option<MultiProgress>) -> Result<(PacePlan, DatasetSpec)> {
    let mut plan = PacePlan::from(options, &super::environment, Path::new(""))?;
    let colour = logging::colour(io::stderr().is_terminal());
    logging::start(&plan.log, &plan.notes, plan.verbose, colour, bars)?;
    let spec = the_one(&mut plan.datasets)?;
    Ok((plan, spec))
}

/// Prints what was measured. A signal that ended the run ends the process too.
fn show(mut pace: Pace, format: Format, stop: &Stop) -> Exit {
    let exit = match stop.cause().and_then(Cause::signal) {
        Some((_, exit)) if !pace.reasons.is_empty() => exit,
        _ if pace.exit_code == Exit::Pass.code() => Exit::Pass,
        _ => Exit::Inconclusive,
    };
    pace.exit_code = exit.code();
    let ink = Ink {
        colour: logging::colour(io::stdout().is_terminal()),
    };
    let answer = match format {
        Format::Text => text::render(&pace, ink),
        Format::Json => pace::json(&pace),
    };
    match print(answer.as_bytes()) {
        Ok(()) => exit,
        Err(failure) => {
            tell(&failure);
            Exit::Inconclusive
        }
    }
}
