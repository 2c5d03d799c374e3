//! Whether a side can be reached, over what, as whom, and whether it may be read.

use super::line::{Line, Name, State, Trouble};
use super::probe::Probed;
use super::words::{date, days, time, until};
use crate::error::{Code, Failure};
use crate::gate::counted;
use crate::source::Location;
use crate::source::facts::{RowSecurity, Tls};

/// The first answer should not take longer, in seconds.
const SLOW: f64 = 1.0;
/// Days that a certificate should, and must, still be good for.
const CERTIFICATE: [i64; 2] = [21, 3];

/// All lines of a side, in the order in which one thing leads to the next.
pub fn lines(probed: &Probed, now: i64) -> Vec<Line> {
    let lines = [
        Some(reached(probed)),
        tls(probed, now),
        super::keys::keys(probed, now),
        role(probed),
        rights(probed),
        row_security(probed),
    ];
    lines.into_iter().flatten().collect()
}

/// Why a side was left alone on purpose: to open it is to run it.
pub fn left_alone(probed: &Probed) -> Option<&Failure> {
    let failure = probed.schema.as_ref().err()?;
    let is_command = matches!(probed.location, Location::Command(_));
    (is_command && failure.code == Code::Undecided).then_some(failure)
}

/// Which line a failure to open a side belongs to.
pub fn blamed(probed: &Probed) -> Option<(Name, &Failure)> {
    let failure = probed.schema.as_ref().err()?;
    let says = |word: &str| failure.why.contains(word);
    let applies = matches!(probed.facts.row_security, Some(RowSecurity::Applies(_)));
    let name = match failure.code {
        _ if matches!(probed.location, Location::Command(_)) => Name::Reached,
        Code::Unauthorised if applies => Name::RowSecurity,
        Code::Unauthorised if says("42501") => Name::Rights,
        Code::Unauthorised if matches!(probed.location, Location::Rest(_)) => Name::Keys,
        Code::Unauthorised if probed.facts.answered.is_none() => Name::Role,
        Code::Unauthorised => Name::Rights,
        code if code.is_usage() => Name::Columns,
        _ => Name::Reached,
    };
    Some((name, failure))
}

fn reached(probed: &Probed) -> Line {
    if let Some((Name::Reached, failure)) = blamed(probed) {
        return unreached(probed, failure);
    }
    let engine = &probed.identity.engine;
    match probed.facts.answered.map(|took| took.as_secs_f64()) {
        None => Line::ok(Name::Reached, engine.clone()),
        Some(took) if took > SLOW => Line::warn(
            Name::Reached,
            format!("{engine}: the first answer took {}", time(took)),
            "run shadowgate nearer to the server, or look at what slows it down",
        )
        .about(Trouble::SlowSync),
        Some(took) => Line::ok(Name::Reached, format!("{engine} in {}", time(took))),
    }
}

fn unreached(probed: &Probed, failure: &Failure) -> Line {
    let late = failure.code == Code::Timeout;
    match (&probed.location, probed.facts.answered) {
        // Its columns may be known only once all of it was read.
        (Location::File(..), _) if late => Line::failed(Name::Reached, State::Warn, failure),
        // To reach it would be to run it.
        (Location::Command(_), _) if failure.code == Code::Undecided => {
            Line::failed(Name::Reached, State::Warn, failure)
        }
        // Counting the rows of a large table takes its time.
        (Location::Rest(_), Some(took)) if late => Line::warn(
            Name::Reached,
            format!(
                "the first answer took {}, and then: {}",
                time(took.as_secs_f64()),
                failure.why
            ),
            "a verification waits longer (request_timeout); where it takes too long too, give the role a longer statement_timeout, or compare less (--where)",
        )
        .about(Trouble::SlowSync),
        _ => Line::failed(Name::Reached, State::Fail, failure),
    }
}

fn tls(probed: &Probed, now: i64) -> Option<Line> {
    let tls = match probed.facts.tls.as_ref()? {
        Ok(tls) => tls,
        // It would say the same again.
        Err(_) if matches!(blamed(probed), Some((Name::Reached, _))) => return None,
        Err(failure) => return Some(Line::failed(Name::Tls, State::Warn, failure)),
    };
    Some(match tls {
        Tls::Local => Line::ok(Name::Tls, "not needed: it does not leave this machine"),
        Tls::Clear => Line::warn(
            Name::Tls,
            "not in use: whoever is on the way can read along",
            match probed.location {
                Location::Postgres(_) => {
                    "turn TLS on at the server, and leave sslmode out of the location (verify-full is the default)"
                }
                _ => "use https://",
            },
        ),
        Tls::Encrypted {
            not_after,
            verified,
        } => certificate(*not_after, *verified, now),
    })
}

fn certificate(not_after: i64, verified: bool, now: i64) -> Line {
    let [should, must] = CERTIFICATE;
    let left = days(not_after, now);
    let ends = format!("{} ({})", date(not_after), until(not_after, now));
    let renew = "renew the server's certificate";
    match left {
        _ if not_after <= now => {
            Line::fail(Name::Tls, format!("the certificate ended {ends}"), renew)
        }
        _ if left < must => Line::fail(Name::Tls, format!("the certificate ends {ends}"), renew),
        _ if left < should => Line::warn(Name::Tls, format!("the certificate ends {ends}"), renew),
        _ if !verified => Line::warn(
            Name::Tls,
            format!("encrypted, but the server is not verified; its certificate ends {ends}"),
            "leave sslmode out of the location, or say sslmode=verify-full (with sslrootcert where the authority is your own)",
        ),
        _ => Line::ok(Name::Tls, format!("the certificate ends {ends}")),
    }
}

fn role(probed: &Probed) -> Option<Line> {
    if let Some((Name::Role, failure)) = blamed(probed) {
        return Some(Line::failed(Name::Role, State::Fail, failure));
    }
    let role = probed.facts.role.as_ref()?;
    Some(match (&role.name, role.bypasses) {
        (Some(name), Some(true)) => {
            Line::ok(Name::Role, format!("{name}, who sees every row"))
        }
        (Some(name), _) => Line::ok(Name::Role, name.clone()),
        (None, _) => Line::warn(
            Name::Role,
            "nobody in particular: no key that is sent names a role",
            "give the service role's key (SUPABASE_SERVICE_ROLE_KEY, or apikey and authorization of this side)",
        )
        .about(Trouble::Unauthorised),
    })
}

fn rights(probed: &Probed) -> Option<Line> {
    if let Some((Name::Rights, failure)) = blamed(probed) {
        return Some(Line::failed(Name::Rights, State::Fail, failure));
    }
    Some(match probed.facts.denied.as_ref()? {
        Err(failure) => Line::failed(Name::Rights, State::Fail, failure),
        Ok(denied) if denied.is_empty() => {
            let columns = counted(probed.wanted as u64, "wanted column");
            Line::ok(Name::Rights, format!("SELECT on {columns}"))
        }
        Ok(denied) => Line::fail(
            Name::Rights,
            format!("the role may not read: {}", denied.join(", ")),
            "grant the role SELECT on these columns, or leave them out (--ignore)",
        ),
    })
}

fn row_security(probed: &Probed) -> Option<Line> {
    let line = match probed.facts.row_security.as_ref()? {
        RowSecurity::Off => Line::ok(Name::RowSecurity, "off"),
        RowSecurity::Bypassed(tables) if tables.is_empty() => {
            Line::ok(Name::RowSecurity, "the role is exempt from it")
        }
        RowSecurity::Bypassed(tables) => Line::ok(
            Name::RowSecurity,
            format!("on for {}, and the role is exempt", tables.join(", ")),
        ),
        RowSecurity::Declared => Line::ok(
            Name::RowSecurity,
            "the configuration says that this role sees every row",
        ),
        RowSecurity::Applies(tables) => Line::fail(
            Name::RowSecurity,
            format!(
                "on for {}, and it would hide rows from the role: a verification is refused",
                tables.join(", ")
            ),
            "read as a role with BYPASSRLS, or as the table's owner",
        ),
        RowSecurity::Unproven(failure) => Line {
            found: format!("{}; a verification will not PASS", failure.why),
            ..Line::failed(Name::RowSecurity, State::Warn, failure)
        },
    };
    Some(line)
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
