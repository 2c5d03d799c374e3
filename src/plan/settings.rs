//! Settings that have several places to come from, and which of them each came
//! from: a flag, else the configuration, else the environment, else a default.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::config::{Config, Environment, Variable};
use crate::error::{Code, Failure, Result, Side};

/// What was settled about a run, in plain words, for whoever wonders why it
/// behaves as it does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    pub settings: Vec<Setting>,
    /// What should be mended, though the run can go on.
    pub warnings: Vec<String>,
}

/// One setting, as people read it, and never a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Where several datasets are compared.
    pub dataset: Option<String>,
    pub side: Option<Side>,
    pub name: &'static str,
    pub value: String,
    pub origin: Origin,
}

/// Who said it.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// An argument that is no flag.
    CommandLine,
    Flag(String),
    Config(PathBuf),
    Variable(Named),
    /// The variable says a rate that is the sync's, and half of it is ours.
    HalfOf(Named, u32),
    Default,
    /// Nobody: a setting without which a run goes on. The words say why, if anything does.
    Nobody(String),
}

/// A variable's name, and the env file that it is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: &'static str,
    pub file: Option<PathBuf>,
}

impl Setting {
    pub fn of_run(name: &'static str, value: impl Into<String>, origin: Origin) -> Setting {
        Setting {
            dataset: None,
            side: None,
            name,
            value: value.into(),
            origin,
        }
    }

    pub fn of_side(
        side: Side,
        name: &'static str,
        value: impl Into<String>,
        origin: Origin,
    ) -> Setting {
        Setting {
            side: Some(side),
            ..Setting::of_run(name, value, origin)
        }
    }
}

impl Notes {
    /// The variable that gave a side's setting, where one did.
    pub fn variable(&self, side: Side, name: &str) -> Option<&'static str> {
        let of = |setting: &&Setting| setting.side == Some(side) && setting.name == name;
        match self.settings.iter().find(of)?.origin {
            Origin::Variable(Named { name, .. }) => Some(name),
            _ => None,
        }
    }
}

impl From<&Variable> for Named {
    fn from(variable: &Variable) -> Named {
        Named {
            name: variable.name,
            file: variable.file.clone(),
        }
    }
}

impl From<&Variable> for Origin {
    fn from(variable: &Variable) -> Origin {
        Origin::Variable(variable.into())
    }
}

/// `new.apikey: (set) from SUPABASE_REST_HEADERS_APIKEY`
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(dataset) = &self.dataset {
            write!(f, "{dataset}.")?;
        }
        if let Some(side) = self.side {
            write!(f, "{side}.")?;
        }
        write!(f, "{}: {}{}", self.name, self.value, self.origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::CommandLine => f.write_str(" from the command line"),
            Origin::Flag(flag) => write!(f, " from {flag}"),
            Origin::Config(path) => write!(f, " from {}", path.display()),
            Origin::Variable(named) => write!(f, " from {named}"),
            Origin::HalfOf(named, whole) => {
                write!(f, " (half of {}={whole}", named.name)?;
                in_file(named.file.as_deref(), f)?;
                f.write_str(")")
            }
            Origin::Default => f.write_str(" (default)"),
            Origin::Nobody(why) if why.is_empty() => Ok(()),
            Origin::Nobody(why) => write!(f, " ({why})"),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        in_file(self.file.as_deref(), f)
    }
}

fn in_file(file: Option<&Path>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match file {
        Some(file) => write!(f, " in {}", file.display()),
        None => Ok(()),
    }
}

/// Settles the settings of a run, one after the other, and keeps where they came from.
pub struct Settler<'a> {
    environment: &'a Environment<'a>,
    config: &'a Path,
    pub settings: Vec<Setting>,
}

/// Where a setting may come from, besides a default.
pub struct Places<'a, T> {
    /// The flag's name and its text.
    pub flag: Option<(&'static str, &'a str)>,
    pub config: Option<T>,
    pub variable: Option<&'static str>,
}

impl<'a> Settler<'a> {
    pub fn new(environment: &'a Environment<'a>, config: Option<&'a Config>) -> Settler<'a> {
        Settler {
            environment,
            config: config.map_or(Path::new(""), |config| &config.path),
            settings: Vec::new(),
        }
    }

    /// The first place that says something; `None` where none does.
    pub fn first<T>(
        &self,
        places: Places<'_, T>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<(T, Origin)>> {
        if let Some((flag, text)) = places.flag {
            let value = parse(text).map_err(|what| wrong_flag(flag, &what))?;
            return Ok(Some((value, Origin::Flag(flag.to_owned()))));
        }
        if let Some(value) = places.config {
            return Ok(Some((value, Origin::Config(self.config.to_owned()))));
        }
        let named = places.variable;
        let Some(variable) = named.and_then(|name| self.environment.variable(name)) else {
            return Ok(None);
        };
        match parse(variable.value.expose()) {
            Ok(value) => Ok(Some((value, Origin::from(&variable)))),
            Err(what) => Err(wrong_variable(&variable, &what)),
        }
    }

    /// The same with a default, kept among the settings.
    pub fn settle<T>(
        &mut self,
        name: &'static str,
        places: Places<'_, T>,
        parse: impl Fn(&str) -> Result<T, String>,
        default: T,
        shown: impl Fn(&T) -> String,
    ) -> Result<T> {
        let found = self.first(places, parse)?;
        let (value, origin) = found.unwrap_or((default, Origin::Default));
        self.note(name, shown(&value), origin);
        Ok(value)
    }

    pub fn note(&mut self, name: &'static str, value: impl Into<String>, origin: Origin) {
        self.settings.push(Setting::of_run(name, value, origin));
    }
}

fn wrong_flag(flag: &str, what: &str) -> Failure {
    Failure::new(
        Code::Usage,
        format!("{flag}: {what}"),
        "See `shadowgate verify --help`",
    )
}

/// The value is not repeated: it may be what belongs into another variable.
pub fn wrong_variable(variable: &Variable, what: &str) -> Failure {
    let Variable { name, file, .. } = variable;
    let place = match file {
        Some(file) => format!("{} in {}", name, file.display()),
        None => format!("the environment variable {name}"),
    };
    Failure::new(
        Code::Config,
        format!("{place}: {what}"),
        format!(
            "Mend {name}, or unset it: the configuration or a flag can say instead what it is to be here"
        ),
    )
}
