//! The rules as they are declared: their names, their parameters, and the text
//! by which a report and a plan's definition name them.

use std::fmt;

use crate::value::json;

/// One rule, with its parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Without white space (Unicode's) at both ends.
    Trim,
    /// Every run of white space (Unicode's) as one blank.
    CollapseWhitespace,
    Lowercase,
    Nfc,
    Nfkc,
    EmptyAsNull,
    AbsentAsNull,
    /// Text equal to one of these is NULL.
    NullToken(Vec<String>),
    /// Removes these characters wherever they stand.
    Strip(Vec<char>),
    /// Whole cells by their text; sees the text of typed cells too. Made by
    /// [`Step::map`], which refuses what is not idempotent.
    Map(Vec<(String, String)>),
    /// To so many decimals, half away from zero.
    Round(i32),
    TruncateTime(TimeUnit),
    SortArray,
    /// Paths whose values do not count, such as `meta.synced_at` or `items[].id`.
    JsonIgnore(Vec<json::Path>),
}

/// What a time is truncated to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    Second,
    Day,
}

impl Step {
    /// The names of all steps, as the configuration writes them.
    pub const NAMES: [&'static str; 14] = [
        "trim",
        "collapse-whitespace",
        "lowercase",
        "nfc",
        "nfkc",
        "empty-as-null",
        "absent-as-null",
        "null-token",
        "strip",
        "map",
        "round",
        "truncate-time",
        "sort-array",
        "json-ignore",
    ];

    /// Its name in the configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Step::Trim => "trim",
            Step::CollapseWhitespace => "collapse-whitespace",
            Step::Lowercase => "lowercase",
            Step::Nfc => "nfc",
            Step::Nfkc => "nfkc",
            Step::EmptyAsNull => "empty-as-null",
            Step::AbsentAsNull => "absent-as-null",
            Step::NullToken(_) => "null-token",
            Step::Strip(_) => "strip",
            Step::Map(_) => "map",
            Step::Round(_) => "round",
            Step::TruncateTime(_) => "truncate-time",
            Step::SortArray => "sort-array",
            Step::JsonIgnore(_) => "json-ignore",
        }
    }

    /// The step of this name, if it takes no parameter.
    pub fn simple(name: &str) -> Option<Step> {
        let simple = [
            Step::Trim,
            Step::CollapseWhitespace,
            Step::Lowercase,
            Step::Nfc,
            Step::Nfkc,
            Step::EmptyAsNull,
            Step::AbsentAsNull,
            Step::SortArray,
        ];
        simple.into_iter().find(|step| step.name() == name)
    }

    /// A map from whole texts to others. Refused, with a sentence for the person
    /// who wrote it, where one text is to become two different ones, or where
    /// what a text becomes is itself mapped on (a chain or a cycle): the map
    /// applied twice would then not be the map applied once.
    pub fn map(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Step, String> {
        let mut pairs: Vec<(String, String)> = pairs.into_iter().collect();
        pairs.sort();
        pairs.dedup();
        if let Some(pair) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(format!(
                "the map sends `{}` to both `{}` and `{}`",
                pair[0].0, pair[0].1, pair[1].1
            ));
        }
        for (from, to) in &pairs {
            if let Some(next) = lookup(&pairs, to).filter(|next| *next != to) {
                return Err(format!(
                    "the map is chained: `{from}` becomes `{to}`, which becomes `{next}`"
                ));
            }
        }
        Ok(Step::Map(pairs))
    }

    /// Whether it works on the parsed value rather than on text.
    pub(super) fn is_value_step(&self) -> bool {
        matches!(
            self,
            Step::Round(_) | Step::TruncateTime(_) | Step::SortArray | Step::JsonIgnore(_)
        )
    }
}

/// What a map (sorted by source) makes of `text`.
pub(super) fn lookup<'a>(pairs: &'a [(String, String)], text: &str) -> Option<&'a str> {
    let found = pairs.binary_search_by(|(from, _)| from.as_str().cmp(text));
    found.ok().map(|index| pairs[index].1.as_str())
}

/// The name and the parameters, such as `round 2` or `null-token ["-", "N/A"]`.
/// Two steps that do the same write the same; a plan's definition leans on it.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Step::NullToken(tokens) => write!(f, " [{}]", listed(tokens)),
            Step::Strip(chars) => write!(f, " {}", quoted(&String::from_iter(chars))),
            Step::Map(pairs) => {
                let pairs = pairs.iter();
                let pairs: Vec<String> = pairs
                    .map(|(from, to)| format!("{} = {}", quoted(from), quoted(to)))
                    .collect();
                write!(f, " {{{}}}", pairs.join(", "))
            }
            Step::Round(scale) => write!(f, " {scale}"),
            Step::TruncateTime(TimeUnit::Second) => f.write_str(" second"),
            Step::TruncateTime(TimeUnit::Day) => f.write_str(" day"),
            Step::JsonIgnore(paths) => write!(f, " [{}]", listed(paths)),
            _ => Ok(()),
        }
    }
}

fn listed(items: &[impl ToString]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(&item.to_string())).collect();
    items.join(", ")
}

/// As a JSON string, so that no text can run into the next.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
