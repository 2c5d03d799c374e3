//! The files that hold what would be lost, row by row, as they are drained from
//! where they were kept.

use std::io::{self, Write};
use std::path::Path;

use super::fates::Lost;
use crate::error::{Failure, Result};
use crate::report::rollback::{self, File, NEWER_IN_NEW, ONLY_IN_NEW, csv};
use crate::report::writer::{self, Mode};

/// Which files there are to be, with their rows: those of new alone only where
/// old was seen whole, as others may be in the part that was not.
pub fn listed(lost: &[Lost], datasets: &[rollback::Dataset]) -> Vec<File> {
    let file = |name: &str, rows: u64| File {
        name: name.to_owned(),
        rows,
    };
    let sum = |rows: fn(&rollback::Lost) -> u64| datasets.iter().map(|one| rows(&one.lost)).sum();
    let proven = lost.iter().any(|lost| lost.proven);
    let only = proven.then(|| file(ONLY_IN_NEW, sum(|lost| lost.only_in_new)));
    let newer = (!lost.is_empty()).then(|| file(NEWER_IN_NEW, sum(|lost| lost.newer_in_new)));
    only.into_iter().chain(newer).collect()
}

/// Writes them into a run's folder.
pub fn write(lost: &[Lost], listed: &[File], folder: &Path, mode: Mode) -> Result<()> {
    for file in listed {
        // A failure of what was kept is told in its own words.
        let mut kept = Ok(());
        let written = writer::write_whole(&folder.join(&file.name), mode, |out| {
            match file.name == ONLY_IN_NEW {
                true => only_in_new(lost, out, &mut kept),
                false => newer_in_new(lost, out, &mut kept),
            }
        });
        kept?;
        written?;
    }
    Ok(())
}

type Kept<'a> = &'a mut Result<()>;

fn only_in_new(lost: &[Lost], out: &mut dyn Write, kept: Kept<'_>) -> io::Result<()> {
    csv::only_in_new_header(out)?;
    for lost in lost.iter().filter(|lost| lost.proven) {
        let drained = lost
            .only_in_new
            .drain(|row, _| csv::only_in_new(&lost.plan, row, out));
        settle(drained, kept)?;
    }
    Ok(())
}

fn newer_in_new(lost: &[Lost], out: &mut dyn Write, kept: Kept<'_>) -> io::Result<()> {
    csv::newer_in_new_header(out)?;
    for lost in lost {
        let drained = lost
            .newer_in_new
            .drain(|new, old| csv::newer_in_new(&lost.plan, old, new, out));
        settle(drained, kept)?;
    }
    Ok(())
}

fn settle(drained: Result<io::Result<()>, Failure>, kept: Kept<'_>) -> io::Result<()> {
    match drained {
        Ok(written) => written,
        Err(failure) => {
            let why = failure.why.clone();
            *kept = Err(failure);
            Err(io::Error::other(why))
        }
    }
}
