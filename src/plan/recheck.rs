//! How often, and how, keys that do not match are looked at again: both sides
//! may move while they are compared, and a difference seen once may be a row in
//! flight.

use std::time::Duration;

use super::build;
use super::options::RecheckOptions;
use crate::config::{RecheckTable, units};
use crate::error::Result;

/// How often, and how, keys that do not match are looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recheck {
    /// 0: not at all.
    pub rounds: u32,
    /// Before each look.
    pub delay: Duration,
    /// Beyond so many keys none is looked at again.
    pub limit: usize,
}

impl Default for Recheck {
    fn default() -> Self {
        Recheck {
            rounds: 0,
            delay: Duration::from_secs(30),
            limit: 100_000,
        }
    }
}

impl Recheck {
    /// The same with what was said laid over it.
    pub fn with(self, said: RecheckTable) -> Recheck {
        Recheck {
            rounds: said.rounds.unwrap_or(self.rounds),
            delay: said.delay.unwrap_or(self.delay),
            limit: said.limit.unwrap_or(self.limit),
        }
    }
}

/// What the command line says of it.
pub fn typed(options: &RecheckOptions) -> Result<RecheckTable> {
    let delay = options.delay.as_deref();
    let delay = delay.map(|text| build::typed("--recheck-delay", text, units::duration));
    Ok(RecheckTable {
        rounds: options.rounds,
        delay: delay.transpose()?,
        limit: options.limit,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::plan::{Plan, VerifyOptions};

    fn of(text: &str, options: RecheckOptions) -> Result<Recheck> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shadowgate.toml");
        std::fs::write(&path, text).expect("a file");
        let mut verify = VerifyOptions {
            recheck: options,
            ..VerifyOptions::default()
        };
        verify.source.config = Some(path);
        let plan = Plan::from(&verify, &|_| None, Path::new(""))?;
        Ok(plan.datasets[0].recheck)
    }

    const SIDES: &str = "old.source = \"a.csv\"\nnew.source = \"b.csv\"\n";

    #[test]
    fn a_flag_goes_before_the_dataset_and_that_before_the_file() {
        let text = format!(
            "recheck = 1\nrecheck_delay = \"1s\"\nrecheck_limit = 5\n\
             [datasets.d]\nrecheck = 2\nrecheck_delay = \"2m\"\n{SIDES}"
        );
        let flags = RecheckOptions {
            rounds: Some(3),
            ..RecheckOptions::default()
        };
        let found = of(&text, flags).expect("sound");
        let expected = Recheck {
            rounds: 3,
            delay: Duration::from_secs(120),
            limit: 5,
        };
        assert_eq!(found, expected);
        let silent = of(&format!("[datasets.d]\n{SIDES}"), RecheckOptions::default());
        assert_eq!(silent, Ok(Recheck::default()));
    }

    #[test]
    fn what_is_no_number_or_time_is_refused() {
        for wrong in [
            "recheck = -1",
            "recheck = \"often\"",
            "recheck_delay = \"30\"",
            "recheck_limit = 1.5",
        ] {
            let text = format!("{wrong}\n[datasets.d]\n{SIDES}");
            let failure = of(&text, RecheckOptions::default()).expect_err(wrong);
            assert!(failure.why.contains("line 1: recheck"), "{failure}");
        }
        let options = RecheckOptions {
            delay: Some("soon".to_owned()),
            ..RecheckOptions::default()
        };
        let failure = of(&format!("[datasets.d]\n{SIDES}"), options).expect_err("no time");
        assert!(
            failure.why.starts_with("--recheck-delay: `soon`"),
            "{failure}"
        );
    }
}
