//! What a gate says under every way to take what is not known: cells that do
//! not parse, and keys that do not match yet. Where the answers are not all the
//! same, it hangs on what is not known, and this tells on what.

use serde::{Deserialize, Serialize};

use super::Observed;
use super::checks::{Check, Judged};
use super::figures::{counted, thousands};

/// What a gate can hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Doubt {
    /// Cells that do not parse.
    Unreadable,
    /// Keys that do not match yet.
    Moving,
}

/// A check's answers: cells that do not parse as read, as all equal, as all
/// different; with the keys that move as last seen, and, where any move, as all
/// matched.
pub(super) struct Seen {
    moving: [Judged; 3],
    settled: Option<[Judged; 3]>,
}

impl Seen {
    pub fn of(check: &Check<'_>, observed: &Observed<'_>) -> Seen {
        let as_seen = [observed.tally, observed.if_equal, observed.if_different];
        let settled = observed.if_settled;
        Seen {
            moving: as_seen.map(|tally| (check.judge)(tally)),
            settled: settled.map(|all| all.each_ref().map(|tally| (check.judge)(tally))),
        }
    }

    pub fn as_read(&self) -> &Judged {
        &self.moving[0]
    }

    pub fn into_as_read(self) -> Judged {
        let [as_read, ..] = self.moving;
        as_read
    }

    /// What it hangs on: what alone, as far as one alone decides.
    pub fn doubts(&self) -> Vec<Doubt> {
        let verdict = self.as_read().verdict;
        let differ = |judged: &[Judged]| judged.iter().any(|one| one.verdict != verdict);
        let settled = self.settled.as_ref();
        let alone = [
            (Doubt::Unreadable, differ(&self.moving)),
            (Doubt::Moving, settled.is_some_and(|all| differ(&all[..1]))),
        ];
        let found: Vec<Doubt> = alone
            .into_iter()
            .filter(|(_, decides)| *decides)
            .map(|(doubt, _)| doubt)
            .collect();
        let together = found.is_empty() && settled.is_some_and(|all| differ(all));
        match together {
            true => vec![Doubt::Unreadable, Doubt::Moving],
            false => found,
        }
    }

    /// The sentence on what decides the gate.
    pub fn why(&self, doubts: &[Doubt], observed: &Observed<'_>) -> String {
        match (doubts, &self.settled) {
            ([Doubt::Moving], Some(settled)) => format!(
                "{} it: {} as last seen, {} once they match",
                decide(observed.moving),
                figure(self.as_read()),
                figure(&settled[0]),
            ),
            ([Doubt::Unreadable, Doubt::Moving], Some(settled)) => {
                // All equal and settled; all different and as last seen.
                let (best, worst) = (&settled[1], &self.moving[2]);
                format!(
                    "unreadable cells ({}) and {} that do not match yet decide it: \
                     from {} to {}",
                    unreadable(observed),
                    counted(observed.moving, "key"),
                    figure(best),
                    figure(worst),
                )
            }
            _ => format!(
                "unreadable cells decide it ({}): {} if they are all equal, \
                 {} if they are all different",
                unreadable(observed),
                figure(&self.moving[1]),
                figure(&self.moving[2]),
            ),
        }
    }
}

fn decide(moving: u64) -> String {
    match moving {
        1 => "1 key that does not match yet decides".to_owned(),
        _ => format!("{} keys that do not match yet decide", thousands(moving)),
    }
}

fn unreadable(observed: &Observed<'_>) -> String {
    let [old, new] = [0, 1].map(|side: usize| observed.tally.sides[side].unreadable);
    format!("{} in old, {} in new", thousands(old), thousands(new))
}

fn figure(judged: &Judged) -> String {
    judged.observed.clone().unwrap_or("nothing".to_owned())
}
