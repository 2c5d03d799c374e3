//! Whether what is said of a command that is a side's source makes sense.

use crate::config::SideTable;
use crate::error::{Code, Failure, Result};
use crate::source::location::{CommandLine, CommandOptions, Location};

/// Checks a side whose source is this command.
pub fn check(table: &SideTable, line: &CommandLine) -> Result<()> {
    let given = [
        ("a table", table.table.is_some()),
        ("a query", table.query.is_some()),
        ("a condition (where)", table.filter.is_some()),
        ("`sslrootcert`", table.sslrootcert.is_some()),
    ];
    let shown = line.shown(table.command.shell);
    if let Some((what, _)) = given.iter().find(|(_, given)| *given) {
        return Err(Failure::new(
            Code::Config,
            format!("{what} is for databases; {shown} is a command"),
            "Leave it out for this side (--old-where and --new-where are for one alone), or hand it to the command as an argument",
        ));
    }
    let cells = table.text.delimiter.is_some() || table.text.null.is_some();
    if cells && !table.command.format().has_cells() {
        return Err(Failure::new(
            Code::Config,
            format!("`delimiter` and `null` are for CSV and TSV; {shown} is read as JSON"),
            "Leave them out for this side, or say `format = \"csv\"`",
        ));
    }
    match table.command.shell {
        // What it holds is for the shell to say.
        true if line.text().expose().is_empty() => line.words().map(drop),
        true => Ok(()),
        false => line.words().map(drop),
    }
}

/// Checks that nothing is said of a command where there is none.
pub fn check_none(options: &CommandOptions, location: &Location) -> Result<()> {
    let given = [
        ("cwd", options.cwd.is_some()),
        ("env", !options.env.is_empty()),
        ("timeout", options.timeout.is_some()),
        ("format", options.format.is_some()),
        ("output", options.output.is_some()),
        ("shell", options.shell),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => Err(Failure::new(
            Code::Config,
            format!("`{name}` is for commands (command:…); this is {location}"),
            "Leave it out for this side",
        )),
    }
}
