//! A command as a source: a dry run that prints what it would store. It is run
//! once, to its end, before anything is read, and what it wrote is then read as
//! any file is. Only a whole run counts: a command that fails, is stopped or
//! leaves its output open has given no data, whatever it has printed.

mod banner;
mod lines;
mod process;
mod run;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::facts::Facts;
use super::location::{CommandLine, Location, Spec};
use super::records::doubt;
use super::spool::Spool;
use super::text::Stamp;
use super::{Context, Decode, Identity, Receipt, Schema, Sink, Source, Want};
use crate::error::{Code, Failure, Result};
use crate::stop::Stop;

/// Whether the command could be started. It is not.
pub fn look(line: &CommandLine, spec: &Spec) -> Result<()> {
    about(line, spec, &spec.shown(), &Stop::default()).look()
}

fn about<'a>(line: &'a CommandLine, spec: &'a Spec, name: &'a str, stop: &'a Stop) -> run::Run<'a> {
    run::Run {
        line,
        options: &spec.command,
        text: &spec.text,
        name,
        stop,
    }
}

/// Runs the command, unless it has run for this side already.
pub fn run(line: &CommandLine, spec: &Spec, context: &Context) -> Result<Ran> {
    let name = spec.shown();
    let run = about(line, spec, &name, &context.stop);
    let spool = spec.command.once.get(|| run.spool())?;
    Ok(Ran {
        store: store(line, spec),
        swallows_failures: spec.command.shell && line.swallows_failures(),
        spec: spec.clone(),
        spool,
        name,
    })
}

/// Equal for commands that would write the same for the same reasons.
fn store(line: &CommandLine, spec: &Spec) -> String {
    let options = &spec.command;
    let mut hash = blake3::Hasher::new();
    let folder = options.cwd.as_deref().unwrap_or(line.folder());
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let place = (folder, options.shell, line.text().expose());
    hash.update(format!("{place:?}").as_bytes());
    for (name, value) in &options.env {
        hash.update(format!("{:?}", (name, value.expose())).as_bytes());
    }
    format!("command:{}", hash.finalize())
}

/// A command that has run well.
pub struct Ran {
    spec: Spec,
    spool: Arc<Spool>,
    name: String,
    store: String,
    swallows_failures: bool,
}

impl Ran {
    /// What it wrote, as a file to read.
    pub fn spec(&self) -> Spec {
        let file = Location::File(self.spool.file.clone(), self.spec.command.format());
        Spec {
            name: self.spool.folder.as_ref().map(|_| self.name.clone()),
            text: self.spec.text.clone(),
            ..Spec::new(file)
        }
    }

    /// The source, where `inner` reads what it wrote.
    pub fn around(self, inner: Box<dyn Source>) -> Result<Box<dyn Source>> {
        // Another command may have written to the same file since.
        match Stamp::at(&self.spool.file) == Some(self.spool.stamp) {
            true => Ok(Box::new(Command { ran: self, inner })),
            false => Err(Failure::new(
                Code::SourceChanged,
                format!(
                    "{}: {} is not as the command left it",
                    self.name,
                    self.spool.file.display()
                ),
                "Let every command write a file of its own (`output`), and nobody else write to it",
            )),
        }
    }
}

struct Command {
    ran: Ran,
    inner: Box<dyn Source>,
}

impl Command {
    /// What a file's failure means for a command: nobody can repair its output.
    fn explain(failure: Failure) -> Failure {
        let next = match failure.next.as_str() {
            doubt::REPAIR => banner::ALONE,
            doubt::FETCH_AGAIN => {
                "Look at what the command said (-v): its output ends before its end"
            }
            _ => return failure,
        };
        Failure {
            next: next.to_owned(),
            ..failure
        }
    }
}

impl Source for Command {
    fn identity(&self) -> Identity {
        let inner = self.inner.identity();
        let output = self.ran.spec.command.output.as_ref();
        Identity {
            location: self.ran.name.clone(),
            relation: output.map(|file| file.display().to_string()),
            engine: format!("command, {}", inner.engine),
            // A file that it wrote is one that the other side could read too.
            store: match output {
                Some(_) => inner.store,
                None => Some(self.ran.store.clone()),
            },
            ..Identity::default()
        }
    }

    fn schema(&mut self) -> Result<Schema> {
        let mut schema = self.inner.schema().map_err(Command::explain)?;
        if self.ran.swallows_failures {
            schema.warnings.push(
                "the command is a pipeline, of which a shell tells only how its last part ended: \
                 `set -o pipefail` tells of the others too"
                    .to_owned(),
            );
        }
        Ok(schema)
    }

    fn decoder(&self, wants: &[Want]) -> Result<Arc<dyn Decode>> {
        self.inner.decoder(wants)
    }

    fn read(&mut self, wants: &[Want], sink: &mut dyn Sink) -> Result<Receipt> {
        let receipt = self.inner.read(wants, sink).map_err(Command::explain)?;
        Ok(Receipt {
            prepared: self.ran.spool.took,
            ..receipt
        })
    }

    fn locates(&self) -> bool {
        self.inner.locates()
    }

    fn fetch(&mut self, wants: &[Want], locators: &[u64], sink: &mut dyn Sink) -> Result<()> {
        self.inner.fetch(wants, locators, sink)
    }

    fn facts(&mut self, wants: &[Want]) -> Facts {
        self.inner.facts(wants)
    }

    fn verify_unchanged(&mut self) -> Result<()> {
        self.inner.verify_unchanged()
    }
}
