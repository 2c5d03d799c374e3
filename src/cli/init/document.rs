//! The configuration file's text, with comments that say why each line is there
//! and what else could be.

use std::fmt::Write;
use std::path::Path;

use super::{place, toml};
use crate::error::Side;
use crate::plan::{Compared, Notes, Scope, SourceOptions};
use crate::report::text::cell::{escape, number};
use crate::run::draft::{Draft, KeyFrom, TypeFrom};
use crate::value::Type;

/// What a finished `init` says.
pub fn said(draft: &Draft, output: &Path) -> String {
    let file = escape(&output.display().to_string());
    let config = match output == Path::new("shadowgate.toml") {
        true => String::new(),
        false => format!(" --config {file}"),
    };
    format!(
        "wrote {file}: key {}; {} old and {} new rows were read\n\
         next: shadowgate verify{config}\n",
        escape(&draft.key.join(", ")),
        number(draft.rows[0]),
        number(draft.rows[1]),
    )
}

/// The whole file. `options` are what was typed, `notes` say which variables were
/// read, `output` is where it goes.
pub fn write(draft: &Draft, options: &SourceOptions, notes: &Notes, output: &Path) -> String {
    let mut file = File(String::new());
    file.comment("Written by `shadowgate init`; `shadowgate verify` runs it as it is.");
    for side in Side::BOTH {
        let identity = &draft.identities[side.index()];
        let rows = number(draft.rows[side.index()]);
        file.comment(&format!(
            "{side}: {} ({}), {rows} rows",
            identity.location, identity.engine
        ));
    }
    run(options, output, &mut file);
    dataset(draft, options, &mut file);
    for side in Side::BOTH {
        self::side(draft, side, notes, output, &mut file);
        keys(draft, side, notes, &mut file);
    }
    rules(draft, &mut file);
    zones(draft, &mut file);
    gates(&mut file);
    file.0
}

/// The text so far. Whatever comes from data is escaped.
struct File(String);

impl File {
    fn comment(&mut self, text: &str) {
        self.line(&format!("# {}", escape(text)));
    }

    fn line(&mut self, text: &str) {
        writeln!(self.0, "{text}").expect("a String takes all");
    }

    fn table(&mut self, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| toml::name(name)).collect();
        self.line(&format!("\n[{}]", names.join(".")));
    }
}

/// What was typed for the whole run, without which the next may go otherwise.
fn run(options: &SourceOptions, output: &Path, file: &mut File) {
    if let Some(path) = &options.env_file {
        file.line("");
        file.comment("Where ${NAME} is read from, below the environment itself.");
        let path = place::path(path, output);
        file.line(&format!("env_file = {}", toml::string(&path)));
    }
    let limits = &options.limits;
    let typed = [
        ("rate_limit", &limits.rate),
        ("connections", &limits.connections),
        ("page_size", &limits.page),
    ];
    for (name, value) in typed {
        if let Some(value) = value {
            file.line(&format!("{name} = {}", toml::string(value)));
        }
    }
}

fn dataset(draft: &Draft, options: &SourceOptions, file: &mut File) {
    file.table(&["datasets", &draft.spec.name]);
    file.comment(&format!(
        "The columns that name a row: {}.",
        why_key(draft.key_from)
    ));
    if !draft.others.is_empty() {
        let others: Vec<String> = draft.others.iter().map(|key| key.join(" + ")).collect();
        file.comment(&format!(
            "Others that would do, or nearly: {}.",
            others.join(", ")
        ));
    }
    file.line(&format!("key = {}", toml::list(&draft.key)));
    drifted(draft, file);
    file.comment("Columns not to compare, such as the time of the last sync.");
    match draft.spec.ignore.is_empty() {
        true => file.line("# ignore = [\"synced_at\"]"),
        false => file.line(&format!("ignore = {}", toml::list(&draft.spec.ignore))),
    }
    if let Some(only) = &draft.spec.only {
        file.comment("Only these are compared, and the key.");
        file.line(&format!("only = {}", toml::list(only)));
    }
    if draft.spec.scope == Scope::KeysOfNew {
        file.comment("The new side is a part: only its keys are compared.");
        file.line("scope = \"keys-of-new\"");
    }
    if options.allow_same_source {
        file.comment("Both sides may read the same rows.");
        file.line("allow_same_source = true");
    }
}

fn why_key(from: KeyFrom) -> String {
    match from {
        KeyFrom::Given => "as given".to_owned(),
        KeyFrom::Declared => "the sources' own key".to_owned(),
        KeyFrom::Unique { whole: true } => {
            "unique and never NULL in all rows of both sides".to_owned()
        }
        KeyFrom::Unique { whole: false } => {
            "unique and never NULL as far as the rows could be remembered".to_owned()
        }
        KeyFrom::Nearly(1) => {
            "unique and never NULL on both sides, save in 1 row (CHECK: is it the key?)".to_owned()
        }
        KeyFrom::Nearly(rows) => format!(
            "unique and never NULL on both sides, save in {} rows (CHECK: is it the key?)",
            number(rows)
        ),
    }
}

/// Columns on one side fail the gate `schema`: whoever runs this should know.
fn drifted(draft: &Draft, file: &mut File) {
    for side in Side::BOTH {
        let columns = draft.view.columns.iter();
        let only = columns.filter(|column| {
            column.compared == Compared::OneSide && column.sides[side.index()].is_some()
        });
        let names: Vec<&str> = only.map(|column| column.name.as_str()).collect();
        if !names.is_empty() {
            file.comment(&format!(
                "CHECK: only the {side} side has {}: ignore them, or `rename` them, or the gate `schema` fails.",
                names.join(", ")
            ));
        }
    }
}

fn side(draft: &Draft, side: Side, notes: &Notes, output: &Path, file: &mut File) {
    let spec = &draft.spec.sides[side.index()].source;
    file.table(&["datasets", &draft.spec.name, &side.to_string()]);
    let variable = notes.variable(side, "source");
    let place = place::source(side, &spec.location, variable, output);
    if let Some(comment) = place.comment {
        file.comment(&comment);
    }
    file.line(&format!("source = {}", place.value));
    if let Some(table) = &spec.table {
        file.line(&format!("table = {}", toml::string(table)));
    }
    if let Some(query) = &spec.query {
        let path = place::path(&query.file, output);
        file.line(&format!("query = {}", toml::string(&path)));
    }
    if let Some(filter) = &spec.filter {
        file.line(&format!("where = {}", toml::string(filter)));
    }
    let renames = &draft.spec.sides[side.index()].rename;
    let renames: Vec<String> = renames
        .iter()
        .map(|(own, report)| format!("{} = {}", toml::name(own), toml::string(report)))
        .collect();
    match renames.is_empty() {
        true => {
            file.comment("This side's name = the name in reports.");
            file.line("# rename = { propertyNumber = \"property_number\" }");
        }
        false => {
            file.comment(
                "This side's name = the name in reports: the same names, written otherwise.",
            );
            file.line(&format!("rename = {{ {} }}", renames.join(", ")));
        }
    }
}

/// What PostgREST is told beside. A key is never written, only where it was read.
fn keys(draft: &Draft, side: Side, notes: &Notes, file: &mut File) {
    for name in ["apikey", "authorization"] {
        if let Some(variable) = notes.variable(side, name) {
            let value = toml::quoted(&format!("${{{variable}}}"));
            file.line(&format!("{name} = {value}"));
        }
    }
    let options = &draft.spec.sides[side.index()].source.rest;
    if let Some(role) = &options.role {
        file.comment("It is known to see every row.");
        file.line(&format!("role = {}", toml::string(role)));
    }
}

fn rules(draft: &Draft, file: &mut File) {
    let name = &draft.spec.name;
    file.line("");
    file.comment("Rules for every column that has no table of its own (one replaces these whole).");
    file.comment("`shadowgate columns` shows as which type each column is compared, and");
    file.comment("`shadowgate explain KEY` what the rules do to one row.");
    file.line(&format!("# [datasets.{}.columns.\"*\"]", toml::name(name)));
    file.line("# normalise = [\"trim\", \"nfkc\", \"empty-as-null\"]");
    for (column, ty, from) in &draft.types {
        file.table(&["datasets", name, "columns", column]);
        match from {
            TypeFrom::Cells => file.comment(
                "No side says so, but every cell of both reads as it; as text, two notations of one value differ.",
            ),
            TypeFrom::Reconciled => {
                let [old, new] = declared(draft, column);
                file.comment(&format!(
                    "It is {old} on the old side and {new} on the new; every cell of both reads as this."
                ));
            }
            TypeFrom::Disagreement => disagreement(draft, column, file),
        }
        file.line(&format!("type = {}", toml::string(&ty.to_string())));
        if ty.is_number() && !draft.key.contains(column) {
            file.line("# tolerance = { absolute = \"0.5\" }");
        }
    }
}

/// What each side says a column is.
fn declared(draft: &Draft, name: &str) -> [String; 2] {
    let column = draft.view.columns.iter().find(|column| column.name == name);
    Side::BOTH.map(|side| {
        let side = column.and_then(|column| column.sides[side.index()].as_ref());
        let declared = side.and_then(|side| side.declared.clone());
        declared.unwrap_or_else(|| "undeclared".to_owned())
    })
}

/// Columns whose type is known but for a zone, which must not be guessed.
fn zones(draft: &Draft, file: &mut File) {
    for column in &draft.zones {
        file.line("");
        file.comment(&format!(
            "CHECK: the times of {column} have a zone on one side only. Say in which zone the others are:"
        ));
        let path = [&draft.spec.name, column].map(|name| toml::name(name));
        file.comment(&format!("[datasets.{}.columns.{}]", path[0], path[1]));
        file.line("# type = \"timestamptz\"");
        file.line("# timezone = \"Asia/Tokyo\"");
    }
}

fn disagreement(draft: &Draft, name: &str, file: &mut File) {
    let [old, new] = declared(draft, name);
    file.comment(&format!(
        "CHECK: it is {old} on the old side and {new} on the new: compared by text until you choose."
    ));
    let is = |ty: &str, wanted: Type| Type::parse(ty) == Some(wanted);
    let zoned = |ty: &str| is(ty, Type::TimestampTz);
    let zoneless = |ty: &str| is(ty, Type::Timestamp);
    if zoned(&old) && zoneless(&new) || zoneless(&old) && zoned(&new) {
        file.comment("Say in which zone the side without one is:");
        file.line("# type = \"timestamptz\"");
        file.line("# timezone = \"Asia/Tokyo\"");
    }
}

fn gates(file: &mut File) {
    file.line("");
    file.comment("What a PASS requires. More gates: missing, extra, differing, row_count_change,");
    file.comment("and [gates.columns] with the share of equal cells, such as price = \"100%\".");
    file.line("[gates]");
    file.line("match_rate = \"99%\"");
    file.line("duplicated = 0");
    file.line("unkeyed = 0");
    file.line("schema = \"same\"");
    file.line("min_rows = 1");
}
