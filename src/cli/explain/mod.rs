//! `explain KEY`: one key on both sides, step by step.

mod page;

use std::io::{self, IsTerminal};

use indicatif::MultiProgress;

use super::args::ExplainArgs;
use super::{logging, print, progress, refused, tell, the_one};
use crate::error::{Exit, Result};
use crate::plan::{DatasetSpec, SourceOptions};
use crate::report::text::table::Ink;
use crate::run::explain::{self, Outcome};
use crate::source::Context;
use crate::stop::Stop;

/// 0: equal on both sides; 1: not, or not once on both; 2: something to mend;
/// 3: the key could not be looked for, is on neither side, or is not compared.
pub fn run(args: ExplainArgs, stop: &Stop) -> Exit {
    let key = args.value;
    let options: SourceOptions = args.source.within(args.window);
    let terminal = io::stderr().is_terminal();
    let (listener, bars) = progress::listener(options.quiet || !terminal, terminal);
    let (spec, context) = match asked(&options, stop, bars) {
        Ok(asked) => asked,
        Err(failure) => return refused(&[failure], stop),
    };
    match explain::explain(&spec, &key, &context, listener.as_ref()) {
        Err(failures) => refused(&failures, stop),
        Ok(explained) => {
            drop(listener);
            let look = page::Look {
                ink: Ink {
                    colour: logging::colour(io::stdout().is_terminal()),
                },
                width: super::terminal_width(),
                whole: options.verbose > 0,
            };
            match print(page::render(&explained, look).as_bytes()) {
                Ok(()) => exit(explained.outcome),
                Err(failure) => {
                    tell(&failure);
                    Exit::Inconclusive
                }
            }
        }
    }
}

fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Matched => Exit::Pass,
        Outcome::OutOfScope => Exit::Inconclusive,
        _ => Exit::Fail,
    }
}

/// The one dataset to look at. Looking at one source twice does no harm.
fn asked(
    options: &SourceOptions,
    stop: &Stop,
    bars: Option<MultiProgress>,
) -> Result<(DatasetSpec, Context)> {
    let mut asked = super::asked(options, bars)?;
    let mut spec = the_one(&mut asked.datasets)?;
    spec.allow_same_source = true;
    Ok((spec, super::context(stop, &asked.limits)))
}
