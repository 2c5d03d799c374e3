//! `doctor`: everything that a verification hangs on, looked at before one runs.

mod page;

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;

use super::args::doctor::DoctorArgs;
use super::{logging, print, refused, tell};
use crate::error::{Code, Exit, Failure, Result};
use crate::plan::{Format, Plan, VerifyOptions};
use crate::report::text::table::Ink;
use crate::run::doctor;
use crate::run::doctor::line::{self, Line, State};
use crate::stop::Stop;

/// Of the JSON form; fields may be added.
const SCHEMA_VERSION: u32 = 1;

/// The JSON form.
#[derive(Serialize)]
struct Found<'a> {
    schema_version: u32,
    state: State,
    exit_code: u8,
    seconds: f64,
    lines: &'a [Line],
}

/// 0: a verification can begin; 2: something to mend in what was typed or
/// configured; 3: a line fails.
pub fn run(args: DoctorArgs, stop: &Stop) -> Exit {
    let begun = Instant::now();
    let options: VerifyOptions = args.into();
    let plan = match plan(&options) {
        Ok(plan) => plan,
        Err(failure) => return refused(&[failure], stop),
    };
    let now = Timestamp::now().as_second();
    let context = super::context(stop, &plan.limits);
    let lines = match doctor::examine(&plan, &context, now) {
        Ok(lines) => lines,
        Err(failure) => return refused(&[failure], stop),
    };
    let seconds = begun.elapsed().as_secs_f64();
    match show(plan.format, &lines, seconds) {
        Ok(()) => line::exit(&lines),
        Err(failure) => {
            tell(&failure);
            Exit::Inconclusive
        }
    }
}

fn plan(options: &VerifyOptions) -> Result<Plan> {
    let plan = Plan::from(options, &super::environment, Path::new(""))?;
    let colour = logging::colour(io::stderr().is_terminal());
    logging::start(&plan.log, &plan.notes, plan.verbose, colour, None)?;
    Ok(plan)
}

fn show(format: Format, lines: &[Line], seconds: f64) -> Result<()> {
    if format == Format::Text {
        let ink = Ink {
            colour: logging::colour(io::stdout().is_terminal()),
        };
        return print(page::render(lines, seconds, ink).as_bytes());
    }
    let found = Found {
        schema_version: SCHEMA_VERSION,
        state: lines
            .iter()
            .map(|line| line.state)
            .max()
            .unwrap_or(State::Fail),
        exit_code: line::exit(lines).code(),
        seconds: (seconds * 1000.0).round() / 1000.0,
        lines,
    };
    let mut json = serde_json::to_vec_pretty(&found).map_err(|error| {
        let why = format!("the lines could not be written as JSON: {error}");
        Failure::new(Code::Internal, why, "report this as a bug")
    })?;
    json.push(b'\n');
    print(&json)
}
