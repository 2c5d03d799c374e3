//! How far a standby is behind, as it can tell by itself.

use std::time::Duration;

use super::super::lag::Lag;
use super::session::{Session, Table};
use crate::error::Result;

/// What it has replayed is older than this by its primary's clock, what it has
/// received and not replayed, and whether it is connected, which not every role
/// may see. A promoted one is no standby any more.
const LAG: &str = "
    SELECT pg_catalog.pg_is_in_recovery()::pg_catalog.text,
           (extract(epoch FROM pg_catalog.clock_timestamp()
                - pg_catalog.pg_last_xact_replay_timestamp()) * 1000000)::pg_catalog.int8::pg_catalog.text,
           pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(),
                pg_catalog.pg_last_wal_replay_lsn())::pg_catalog.int8::pg_catalog.text,
           (SELECT w.status FROM pg_catalog.pg_stat_wal_receiver w LIMIT 1)";

/// How far behind the session's server is now; `None` where it is no standby.
pub fn lag(session: &mut Session) -> Result<Option<Lag>> {
    if !session.facts.standby {
        return Ok(None);
    }
    let rows = session.rows(LAG)?;
    lag_of(&rows)
        .map(Some)
        .ok_or_else(|| session.unexpected("how far behind it is"))
}

fn lag_of(rows: &Table) -> Option<Lag> {
    let row = rows.first()?;
    let text = |index: usize| row.get(index)?.as_deref();
    let number = |index: usize| text(index)?.parse::<i64>().ok();
    // After a restart replaying begins before receiving does.
    let bytes = number(2).map(|bytes| bytes.max(0).unsigned_abs());
    if text(0)? != "true" {
        return Some(Lag {
            most: Some(Duration::ZERO),
            bytes: Some(0),
        });
    }
    // Nothing that came is left to replay. Only a standby that is connected knows
    // that no more was written; on any other the last commit's age is the most.
    let idle = bytes == Some(0) && text(3) == Some("streaming");
    let age = number(1).map(|micros| Duration::from_micros(micros.max(0).unsigned_abs()));
    Some(Lag {
        most: if idle { Some(Duration::ZERO) } else { age },
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lag(row: [Option<&str>; 4]) -> Lag {
        let row = row.map(|cell| cell.map(str::to_owned)).to_vec();
        lag_of(&vec![row]).expect("a lag")
    }

    #[test]
    fn only_a_connected_standby_with_nothing_to_replay_is_not_behind() {
        let most = |row| lag(row).most;
        let hour = Some("3600000000");
        let (streaming, hours) = (Some("streaming"), Some(Duration::from_secs(3600)));
        assert_eq!(
            most([Some("true"), hour, Some("0"), streaming]),
            Some(Duration::ZERO)
        );
        assert_eq!(most([Some("true"), hour, Some("8"), streaming]), hours);
        assert_eq!(
            most([Some("true"), hour, Some("0"), Some("stopping")]),
            hours
        );
        // Not connected, or the role may not see whether it is.
        assert_eq!(most([Some("true"), hour, Some("0"), None]), hours);
        assert_eq!(most([Some("true"), hour, None, None]), hours);
        // Nothing was replayed since it started.
        assert_eq!(most([Some("true"), None, None, None]), None);
        assert_eq!(
            most([Some("true"), None, Some("0"), streaming]),
            Some(Duration::ZERO)
        );
        assert_eq!(
            most([Some("false"), hour, Some("8"), None]),
            Some(Duration::ZERO)
        );
        assert_eq!(
            lag([Some("true"), hour, Some("-5"), streaming]).bytes,
            Some(0)
        );
        assert_eq!(lag_of(&Table::new()), None);
    }
}
