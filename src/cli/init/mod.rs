//! `init OLD NEW`: looks at both sources and writes a first configuration.

mod document;
mod place;
mod toml;

use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use indicatif::MultiProgress;

use super::args::InitArgs;
use super::{context, print, progress, refused, tell, the_one};
use crate::error::{Code, Exit, Failure, Result};
use crate::plan::{Asked, DatasetSpec, SourceOptions};
use crate::run::draft;
use crate::stop::Stop;

/// 0: written; 2: something to mend; 3: a source could not be looked at, or the
/// file not be written.
pub fn run(args: InitArgs, stop: &Stop) -> Exit {
    let InitArgs {
        source,
        output,
        force,
    } = args;
    let options = SourceOptions {
        unconfigured: true,
        ..source.into()
    };
    let terminal = io::stderr().is_terminal();
    let (listener, bars) = progress::listener(options.quiet || !terminal, terminal);
    let checked = check(&options, &output, force).and_then(|()| asked(&options, bars));
    let (spec, asked) = match checked {
        Ok(checked) => checked,
        Err(failure) => return refused(&[failure], stop),
    };
    let context = context(stop, &asked.limits);
    let draft = match draft::draft(&spec, &context, listener.as_ref()) {
        Ok(draft) => draft,
        Err(failures) => return refused(&failures, stop),
    };
    drop(listener);
    let text = document::write(&draft, &options, &asked.notes, &output);
    let told = match is_stdout(&output) {
        true => print(text.as_bytes()),
        false => save(&text, &output, force)
            .and_then(|()| print(document::said(&draft, &output).as_bytes())),
    };
    match told {
        Ok(()) => Exit::Pass,
        Err(failure) => {
            tell(&failure);
            match failure.code.is_usage() {
                true => Exit::Usage,
                false => Exit::Inconclusive,
            }
        }
    }
}

fn asked(options: &SourceOptions, bars: Option<MultiProgress>) -> Result<(DatasetSpec, Asked)> {
    let mut asked = super::asked(options, bars)?;
    let mut spec = the_one(&mut asked.datasets)?;
    spec.allow_same_source |= options.allow_same_source;
    Ok((spec, asked))
}

fn is_stdout(output: &Path) -> bool {
    output == Path::new("-")
}

/// What can be seen before a source is opened.
fn check(options: &SourceOptions, output: &Path, force: bool) -> Result<()> {
    if options.config.is_some() || options.dataset.is_some() {
        return Err(usage(
            "init writes a configuration and reads none",
            "Leave --config and --dataset out; --output says where to write",
        ));
    }
    if is_stdout(output) {
        return Ok(());
    }
    if !folder(output).is_dir() {
        return Err(usage(
            format!(
                "there is no folder {} to write into",
                folder(output).display()
            ),
            "Make it, or write elsewhere with --output",
        ));
    }
    match !force && output.symlink_metadata().is_ok() {
        true => Err(exists(output)),
        false => Ok(()),
    }
}

fn folder(output: &Path) -> &Path {
    let folder = output.parent();
    let named = folder.filter(|folder| !folder.as_os_str().is_empty());
    named.unwrap_or(Path::new("."))
}

fn usage(why: impl Into<String>, next: &str) -> Failure {
    Failure::new(Code::Usage, why, next)
}

fn exists(output: &Path) -> Failure {
    usage(
        format!("{} is already there", output.display()),
        "Replace it with --force, or write elsewhere with --output",
    )
}

/// Whole or not at all, and never over a file that came in the meantime.
fn save(text: &str, output: &Path, force: bool) -> Result<()> {
    let cannot = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(output),
        _ => Failure::new(
            Code::CannotWrite,
            format!("{} could not be written: {error}", output.display()),
            "Name a file in a folder that exists and may be written to, with --output",
        ),
    };
    let mut file = tempfile::Builder::new()
        // What the process's own mask leaves of it, as for any new file.
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(folder(output))
        .map_err(cannot)?;
    file.write_all(text.as_bytes()).map_err(cannot)?;
    file.as_file().sync_all().map_err(cannot)?;
    let kept = match force {
        true => file.persist(output),
        false => file.persist_noclobber(output),
    };
    kept.map(drop).map_err(|error| cannot(error.error))
}
