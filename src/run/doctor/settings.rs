//! What was read to settle what is to be done, and who said what: names and
//! places, and never a value that may be secret.

use super::line::{Line, Name};
use crate::plan::{Notes, Origin, Plan, Setting};

/// One line on what was read, and one for each thing about it to be mended.
pub fn lines(plan: &Plan) -> Vec<Line> {
    let mut lines = vec![Line::ok(Name::Configuration, read(&plan.notes))];
    for warning in &plan.notes.warnings {
        let (found, next) = match warning.rsplit_once(": ") {
            Some((found, next)) => (found, next),
            None => (warning.as_str(), "mend it, or leave it out"),
        };
        lines.push(Line::warn(Name::Configuration, found, next));
    }
    lines.extend(plan.notes.settings.iter().filter_map(unsent));
    lines
}

/// The files, the limits that somebody set, and the variables that count.
fn read(notes: &Notes) -> String {
    let said = |setting: &&Setting| {
        let chosen = setting.origin != Origin::Default || setting.name == "configuration";
        setting.side.is_none() && chosen
    };
    let said = notes.settings.iter().filter(said);
    let mut told: Vec<String> = said.map(ToString::to_string).collect();
    let mut variables: Vec<&str> = Vec::new();
    for setting in notes
        .settings
        .iter()
        .filter(|setting| setting.side.is_some())
    {
        if let Origin::Variable(named) = &setting.origin
            && !variables.contains(&named.name)
        {
            variables.push(named.name);
        }
    }
    if !variables.is_empty() {
        told.push(format!("sides by {}", variables.join(", ")));
    }
    match told.is_empty() {
        true => "the command line says all".to_owned(),
        false => told.join("; "),
    }
}

/// A key that the environment holds, and that goes to nobody.
fn unsent(setting: &Setting) -> Option<Line> {
    let Origin::Nobody(why) = &setting.origin else {
        return None;
    };
    let side = setting.side?;
    if why.is_empty() {
        return None;
    }
    let line = Line::warn(
        Name::Configuration,
        format!("no {} is sent: {why}", setting.name),
        format!(
            "correct the address, or name this side's own {} in the configuration",
            setting.name
        ),
    );
    let line = line.on(side);
    Some(match &setting.dataset {
        Some(dataset) => line.of(dataset),
        None => line,
    })
}

#[cfg(test)]
mod tests {
    use super::super::line::State;
    use super::*;
    use crate::error::Side;
    use crate::plan::Named;

    fn named(name: &'static str) -> Origin {
        Origin::Variable(Named { name, file: None })
    }

    #[test]
    fn limits_and_variables_are_named_with_who_said_them() {
        let side = |name, origin| Setting::of_side(Side::New, name, "(set)", origin);
        let notes = Notes {
            settings: vec![
                Setting::of_run("configuration", "shadowgate.toml", Origin::Default),
                Setting::of_run("rate limit", "5/s", Origin::HalfOf(rate(), 10)),
                Setting::of_run("connections", "2", Origin::Default),
                side("apikey", named("SUPABASE_SERVICE_ROLE_KEY")),
                side("authorization", named("SUPABASE_SERVICE_ROLE_KEY")),
            ],
            warnings: Vec::new(),
        };
        assert_eq!(
            read(&notes),
            "configuration: shadowgate.toml (default); rate limit: 5/s (half of SYNC_RATE_LIMIT_PER_SECOND=10); sides by SUPABASE_SERVICE_ROLE_KEY"
        );
        assert_eq!(read(&Notes::default()), "the command line says all");
    }

    fn rate() -> Named {
        Named {
            name: "SYNC_RATE_LIMIT_PER_SECOND",
            file: None,
        }
    }

    #[test]
    fn a_key_that_goes_to_nobody_is_yellow() {
        let other = Origin::Nobody("those of the environment are for X alone".to_owned());
        let line = unsent(&Setting::of_side(Side::New, "apikey", "none", other)).expect("a line");
        assert_eq!((line.state, line.side), (State::Warn, Some(Side::New)));
        assert!(line.found.contains("for X alone"), "{line:?}");
        let none = Origin::Nobody(String::new());
        assert!(unsent(&Setting::of_side(Side::New, "apikey", "none", none)).is_none());
    }
}
