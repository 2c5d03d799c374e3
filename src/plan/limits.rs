//! How hard the servers of a run may be leaned on. The live sync spends the same
//! allowance, so that only half of its rate is taken without being told to.

use std::time::Duration;

use super::settings::{Origin, Places, Settler, wrong_variable};
use super::side::Sayings;
use crate::config::{LimitTable, units};
use crate::error::Result;
use crate::source::{Limits, Rate};

const RATE: &str = "SYNC_RATE_LIMIT_PER_SECOND";

/// Settles all limits of a run.
pub fn settle(sayings: Sayings<'_>, settler: &mut Settler<'_>) -> Result<Limits> {
    let own = Limits::default();
    let typed = &sayings.options.limits;
    let unsaid = LimitTable::default();
    let config = sayings.config.map_or(&unsaid, |config| &config.limits);
    let rate = rate(config, sayings, settler)?;
    let connections = settler.settle(
        "connections",
        Places {
            flag: typed.connections.as_deref().map(|t| ("--connections", t)),
            config: config.connections,
            variable: None,
        },
        units::positive,
        own.connections,
        usize::to_string,
    )?;
    let page = settler.settle(
        "page size",
        Places {
            flag: typed.page.as_deref().map(|text| ("--page-size", text)),
            config: config.page,
            variable: Some("SYNC_BATCH_SIZE"),
        },
        units::positive,
        own.page,
        usize::to_string,
    )?;
    let (breaker_threshold, breaker_timeout) = breaker(config, settler)?;
    Ok(Limits {
        rate,
        connections,
        page,
        retries: settler.settle(
            "retries",
            only(config.retries),
            units::whole,
            own.retries,
            u32::to_string,
        )?,
        request_timeout: settler.settle(
            "request timeout",
            only(config.request_timeout),
            units::finite,
            own.request_timeout,
            shown,
        )?,
        breaker_threshold,
        breaker_timeout,
    })
}

/// After how many failures in a row the server is left alone, and for how long.
fn breaker(config: &LimitTable, settler: &mut Settler<'_>) -> Result<(u32, Duration)> {
    let own = Limits::default();
    let threshold = settler.settle(
        "breaker threshold",
        Places {
            variable: Some("SYNC_CIRCUIT_BREAKER_THRESHOLD"),
            ..only(config.breaker_threshold)
        },
        units::whole,
        own.breaker_threshold,
        u32::to_string,
    )?;
    let timeout = settler.settle(
        "breaker timeout",
        Places {
            variable: Some("SYNC_CIRCUIT_BREAKER_TIMEOUT"),
            ..only(config.breaker_timeout)
        },
        units::millis,
        own.breaker_timeout,
        shown,
    )?;
    Ok((threshold, timeout))
}

/// A setting that has no flag and no variable.
fn only<T>(config: Option<T>) -> Places<'static, T> {
    Places {
        flag: None,
        config,
        variable: None,
    }
}

fn rate(
    config: &LimitTable,
    sayings: Sayings<'_>,
    settler: &mut Settler<'_>,
) -> Result<Option<Rate>> {
    let typed = &sayings.options.limits;
    let places = Places {
        flag: typed.rate.as_deref().map(|text| ("--rate-limit", text)),
        config: config.rate,
        variable: None,
    };
    let (rate, origin) = match settler.first(places, units::rate)? {
        Some(found) => found,
        None => match sayings.environment.variable(RATE) {
            Some(variable) => {
                let whole = units::positive(variable.value.expose())
                    .map_err(|what| wrong_variable(&variable, &what))?;
                let origin = Origin::HalfOf((&variable).into(), whole);
                (Some(Rate::half_of(whole)), origin)
            }
            None => (None, Origin::Default),
        },
    };
    let shown = rate.map_or("off".to_owned(), |rate| rate.to_string());
    settler.note("rate limit", shown, origin);
    Ok(rate)
}

fn shown(time: &Duration) -> String {
    match time.as_millis() {
        millis if millis % 1000 == 0 => format!("{}s", millis / 1000),
        millis => format!("{millis}ms"),
    }
}
