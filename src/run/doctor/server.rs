//! How hard a side's server may be leaned on, and what time it thinks it is.

use super::line::{Line, Name, State, Trouble};
use super::probe::Probed;
use super::words::time;
use crate::error::Code;
use crate::gate::thousands;
use crate::source::facts::{Clock, PageCap, Server};
use crate::source::{Limits, Location};

/// Connections that a side takes: its own, and one to stop it by.
const NEEDED: u64 = 2;
/// Seconds by which a clock should, and must, not be off.
const OFF: [f64; 2] = [2.0, 60.0];

pub fn lines(probed: &Probed, limits: &Limits) -> Vec<Line> {
    let facts = &probed.facts;
    let page = facts.page_cap.as_ref().map(|cap| match cap {
        Ok(cap) => page_cap(*cap, limits.page as u64),
        Err(failure) if failure.code == Code::Timeout => Line::warn(
            Name::PageCap,
            format!("it was not found in time: {}", failure.why),
            "look at what slows the server down; a verification waits longer",
        ),
        Err(failure) => {
            let state = match failure.code {
                Code::Malformed | Code::RowsShort | Code::Unauthorised => State::Fail,
                _ => State::Warn,
            };
            Line::failed(Name::PageCap, state, failure)
        }
    });
    let server = facts.server.as_ref().map(|server| match server {
        Ok(server) => connections(server),
        Err(failure) => {
            let line = Line::failed(Name::ServerLimits, State::Warn, failure);
            match line.trouble {
                Some(Trouble::PoolExhausted) => Line {
                    state: State::Fail,
                    ..line
                },
                _ => line,
            }
        }
    });
    let late = probed.late.then(|| {
        Line::fail(
            Name::ServerLimits,
            "what else there is to tell did not come in time",
            "check what keeps the server busy, and run this again",
        )
    });
    // A side that was not reached has its own line.
    let late = late.filter(|_| probed.schema.is_ok());
    let api = matches!(probed.location, Location::Rest(_)) && probed.schema.is_ok();
    let pool = (api && !probed.late).then(pool);
    let lines = [facts.clock.map(clock), page, server, pool, late];
    lines.into_iter().flatten().collect()
}

fn page_cap(cap: PageCap, page: u64) -> Line {
    match cap {
        PageCap::NotMet(came) => Line::ok(
            Name::PageCap,
            format!("none met: {} rows came at once", thousands(came)),
        ),
        PageCap::At(rows) if rows < page => Line::warn(
            Name::PageCap,
            format!(
                "pages are cut at {} rows, and {} are asked for",
                thousands(rows),
                thousands(page)
            ),
            format!("say page_size = {rows} (SYNC_BATCH_SIZE), or raise db-max-rows: nothing is lost, but it takes more requests than it seems"),
        )
        .about(Trouble::SlowSync),
        PageCap::At(rows) => Line::ok(
            Name::PageCap,
            format!("pages are cut at {} rows", thousands(rows)),
        ),
    }
}

/// Of a side behind PostgREST, which answers and tells nothing of its pool.
fn pool() -> Line {
    Line::ok(
        Name::ServerLimits,
        "the API's connection pool is not visible from outside; a full one answers HTTP 504 with PGRST003",
    )
}

fn connections(server: &Server) -> Line {
    let usable = server.max_connections.saturating_sub(server.reserved);
    let free = usable.saturating_sub(server.in_use);
    let of_role = server
        .of_role
        .map(|(most, taken)| (most, most.saturating_sub(taken)));
    let mut found = format!(
        "{} of {} connections in use ({} reserved)",
        server.in_use, server.max_connections, server.reserved
    );
    if let Some((most, free)) = of_role {
        found.push_str(&format!("; {free} of the role's own {most} free"));
    }
    if let Some(timeout) = &server.statement_timeout {
        found.push_str(&format!(
            "; the role's statement_timeout is {timeout} (a run sets its own)"
        ));
    }
    if server.pooler {
        found.push_str("; port 6543 is a pooler in transaction mode, which a run copes with");
    }
    let (free, usable) = match of_role {
        Some((most, own)) if own < free => (own, most),
        _ => (free, usable),
    };
    let next = "end idle sessions, raise max_connections (or the role's CONNECTION LIMIT), or run when the sync does not";
    match free {
        free if free < NEEDED => {
            Line::fail(Name::ServerLimits, found, next).about(Trouble::PoolExhausted)
        }
        free if free < 5 || free * 10 < usable => {
            Line::warn(Name::ServerLimits, found, next).about(Trouble::PoolExhausted)
        }
        _ => Line::ok(Name::ServerLimits, found),
    }
}

fn clock(clock: Clock) -> Line {
    let [should, must] = OFF;
    let way = if clock.ahead < 0.0 {
        "behind"
    } else {
        "ahead of"
    };
    let off = clock.at_least();
    let found = match off < should {
        true => "the server's and this machine's agree".to_owned(),
        false => format!(
            "the server's is {} {way} this machine's",
            time(clock.ahead.abs())
        ),
    };
    let next = "set both by NTP: when a token ends, and which rows are new, is told by the clock";
    match off {
        off if off > must => Line::fail(Name::Clock, found, next),
        off if off > should => Line::warn(Name::Clock, found, next),
        _ => Line::ok(Name::Clock, found),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{postgres, rest, unauthorised};
    use super::*;
    use crate::error::Failure;

    fn server(max_connections: u64, in_use: u64, of_role: Option<(u64, u64)>) -> Server {
        Server {
            max_connections,
            reserved: 3,
            in_use,
            of_role,
            ..Server::default()
        }
    }

    #[test]
    fn a_pool_that_fills_turns_it_yellow_and_then_red() {
        for (found, state) in [
            (server(100, 20, None), State::Ok),
            (server(100, 88, None), State::Warn),
            (server(100, 95, None), State::Warn),
            (server(100, 96, None), State::Fail),
            (server(100, 200, None), State::Fail),
            (server(100, 20, Some((10, 2))), State::Ok),
            (server(100, 20, Some((60, 57))), State::Warn),
            (server(100, 20, Some((60, 59))), State::Fail),
        ] {
            let line = connections(&found);
            assert_eq!(line.state, state, "{found:?}: {line:?}");
            let told = line.trouble == Some(Trouble::PoolExhausted);
            assert_eq!(told, line.state != State::Ok);
        }
    }

    #[test]
    fn pooler_and_timeout_are_named() {
        let found = Server {
            statement_timeout: Some("8000ms".to_owned()),
            pooler: true,
            ..server(100, 0, None)
        };
        let line = connections(&found);
        assert_eq!(line.state, State::Ok);
        assert!(line.found.contains("8000ms") && line.found.contains("6543"));
    }

    #[test]
    fn a_full_pool_is_red_also_where_it_keeps_us_out() {
        let of = |why: &str| {
            let mut probed = postgres();
            probed.facts.server = Some(Err(Failure::new(Code::Unreachable, why, "later")));
            lines(&probed, &Limits::default()).remove(0)
        };
        assert_eq!(of("too many clients (SQLSTATE 53300)").state, State::Fail);
        assert_eq!(of("cut").state, State::Warn);
    }

    #[test]
    fn a_pool_that_cannot_be_seen_is_said_to_be_so() {
        let found = lines(&rest(), &Limits::default());
        let [line] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!((line.name, line.state), (Name::ServerLimits, State::Ok));
        assert!(line.found.contains("not visible from outside"));
        let mut closed = rest();
        closed.schema = Err(unauthorised("HTTP 401"));
        assert_eq!(lines(&closed, &Limits::default()), []);
    }

    #[test]
    fn a_cap_below_the_page_is_yellow() {
        assert_eq!(page_cap(PageCap::NotMet(2505), 1000).state, State::Ok);
        let at = page_cap(PageCap::At(1000), 1000);
        assert_eq!(at.state, State::Ok);
        assert_eq!(at.found, "pages are cut at 1,000 rows");
        let below = page_cap(PageCap::At(100), 1000);
        assert_eq!(
            (below.state, below.trouble),
            (State::Warn, Some(Trouble::SlowSync))
        );
        assert!(below.next.contains("page_size = 100"));
    }

    #[test]
    fn pages_that_do_not_come_are_red_and_late_ones_yellow() {
        let of = |failure: Failure| {
            let mut probed = rest();
            probed.facts.page_cap = Some(Err(failure));
            lines(&probed, &Limits::default()).remove(0)
        };
        assert_eq!(of(unauthorised("HTTP 401")).state, State::Fail);
        assert_eq!(
            of(Failure::new(Code::RowsShort, "none", "")).state,
            State::Fail
        );
        assert_eq!(
            of(Failure::new(Code::Timeout, "57014", "")).state,
            State::Warn
        );
    }

    #[test]
    fn a_clock_that_is_off_turns_it_yellow_and_then_red() {
        let of = |ahead| clock(Clock { ahead, within: 0.5 });
        for (ahead, state) in [
            (0.2, State::Ok),
            (-2.4, State::Ok),
            (2.6, State::Warn),
            (-59.0, State::Warn),
            (61.0, State::Fail),
            (-3600.0, State::Fail),
        ] {
            let line = of(ahead);
            assert_eq!(line.state, state, "{ahead}: {line:?}");
            assert_eq!(
                line.found.contains("behind"),
                ahead < 0.0 && state != State::Ok
            );
        }
    }

    #[test]
    fn what_comes_too_late_is_red() {
        let late = Probed {
            late: true,
            ..postgres()
        };
        let lines = lines(&late, &Limits::default());
        assert_eq!(lines[0].state, State::Fail);
    }
}
