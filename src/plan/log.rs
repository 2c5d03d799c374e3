//! What is logged, and where to, beside stderr.

use std::path::PathBuf;

use super::settings::{Origin, Settler};
use super::side::Sayings;

/// How the log is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// What `LOG_LEVEL` says, for where nothing nearer does.
    pub level: Option<Level>,
    /// Log lines go there too.
    pub file: Option<PathBuf>,
}

/// The least weight of what is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }

    fn parse(text: &str) -> Option<Level> {
        match text.to_ascii_lowercase().as_str() {
            "error" => Some(Level::Error),
            "warn" | "warning" => Some(Level::Warn),
            "info" => Some(Level::Info),
            "debug" => Some(Level::Debug),
            "trace" => Some(Level::Trace),
            _ => None,
        }
    }
}

/// Settles it. A level without sense is passed over, with a warning: the variable
/// is also other programs', which know more levels.
pub fn settle(sayings: Sayings<'_>, settler: &mut Settler<'_>, warnings: &mut Vec<String>) -> Log {
    let Sayings {
        options,
        config,
        environment,
        cwd,
    } = sayings;
    let mut level = None;
    if let Some(variable) = environment.variable("LOG_LEVEL") {
        level = Level::parse(variable.value.expose());
        match level {
            Some(level) => settler.note("log level", level.name(), Origin::from(&variable)),
            None => warnings.push(
                "LOG_LEVEL is passed over: it is none of error, warn, info, debug and trace"
                    .to_owned(),
            ),
        }
    }
    let typed = options.log_file.as_ref().map(|file| cwd.join(file));
    let file = match (typed, config) {
        (Some(file), _) => Some((file, Origin::Flag("--log-file".to_owned()))),
        (None, Some(config)) => {
            let file = config.log_file.clone();
            file.map(|file| (file, Origin::Config(config.path.clone())))
        }
        (None, None) => None,
    };
    if let Some((file, origin)) = &file {
        settler.note("log file", file.display().to_string(), origin.clone());
    }
    Log {
        level,
        file: file.map(|(file, _)| file),
    }
}
