//! What a shell and `man` want to know of the command line: completion scripts
//! and the manual page, made from the same definitions that parse it.

use std::io;

use clap::CommandFactory;
use clap_mangen::Man;

use super::args::Cli;
use super::print;
use crate::error::{Exit, Failure};

const NAME: &str = env!("CARGO_PKG_NAME");

pub fn completions(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    ended(print(&script))
}

pub fn man() -> Exit {
    let mut page = Vec::new();
    match manual(&mut page) {
        Ok(()) => ended(print(&page)),
        // A Vec takes all that is written to it.
        Err(_) => Exit::Inconclusive,
    }
}

fn ended(printed: Result<(), Failure>) -> Exit {
    match printed {
        Ok(()) => Exit::Pass,
        Err(failure) => {
            super::tell(&failure);
            Exit::Inconclusive
        }
    }
}

/// One page for all: the program, then a section for each command.
fn manual(out: &mut Vec<u8>) -> io::Result<()> {
    let mut command = Cli::command();
    command.build();
    let commands: Vec<_> = command
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
        .cloned()
        .collect();
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    // They are sections here, not pages of their own.
    let names = commands.iter().map(|command| command.get_name());
    let page = names.fold(String::from_utf8_lossy(&page).into_owned(), |page, name| {
        let own = format!("{NAME}\\-{}(1)", name.replace('-', "\\-"));
        page.replace(&own, &format!("{NAME} {name}"))
    });
    out.extend_from_slice(page.as_bytes());
    for command in commands {
        section(command, out)?;
    }
    Ok(())
}

/// A command's own page, one level down.
fn section(command: clap::Command, out: &mut Vec<u8>) -> io::Result<()> {
    let heading = command.get_name().to_uppercase();
    let man = Man::new(command);
    let mut page = Vec::new();
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_extra_section(&mut page)?;
    let page = String::from_utf8_lossy(&page);
    let page = format!("\n{page}").replace("\n.SH ", "\n.SS ");
    out.extend_from_slice(format!(".SH \"COMMAND {heading}\"{page}").as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_command_and_its_flags() {
        let mut page = Vec::new();
        manual(&mut page).expect("a Vec takes all");
        let page = String::from_utf8(page).expect("text");
        for command in [
            "VERIFY",
            "ROLLBACK-CHECK",
            "INIT",
            "EXPLAIN",
            "COLUMNS",
            "PACE",
            "COMPLETIONS",
            "MAN",
        ] {
            assert!(
                page.contains(&format!("\n.SH \"COMMAND {command}\"\n")),
                "{command}"
            );
        }
        assert!(
            page.contains("\\-\\-match\\-rate"),
            "flags are escaped for roff"
        );
        assert!(page.contains("\nshadowgate verify\n"), "{page}");
        assert!(!page.contains("verify(1)"), "it has no page of its own");
        assert!(!page.contains("check(1)"), "nor has this one");
        assert!(page.matches("\n.SS ").count() >= 6);
    }
}
