//! What the keys that go along with each request say of themselves: as whom,
//! until when, and whether each is in the header that it is for.

use super::access::blamed;
use super::line::{Line, Name, State, Trouble};
use super::probe::Probed;
use super::words::{date, days, until};
use crate::source::Location;
use crate::source::facts::{Credential, Kind};

/// Days that a token should still be good for.
const WEEK: i64 = 7;

const SECRET_AS_BEARER: &str = "a new secret key (sb_secret_…) goes in apikey only: leave SUPABASE_REST_HEADERS_AUTHORIZATION (authorization) out, the gateway makes a token of it";
const PUBLISHABLE: &str =
    "a publishable key is for browsers: give the secret key (SUPABASE_SERVICE_ROLE_KEY) in apikey";
const NEW_TOKEN: &str = "make a new token, and put it into SUPABASE_REST_HEADERS_AUTHORIZATION (or authorization of this side)";
const NEW_APIKEY: &str =
    "take the project's present key for SUPABASE_REST_HEADERS_APIKEY (or apikey of this side)";

/// One line on all keys of a PostgREST side: what is worst about them.
pub fn keys(probed: &Probed, now: i64) -> Option<Line> {
    if !matches!(probed.location, Location::Rest(_)) {
        return None;
    }
    let keys = &probed.facts.credentials;
    let told: Vec<String> = keys.iter().map(|key| shown(key, now)).collect();
    let told = match told.is_empty() {
        true => "none are sent".to_owned(),
        false => told.join("; "),
    };
    let mut lines: Vec<Line> = keys
        .iter()
        .filter_map(|key| wrong(key, keys, now))
        .collect();
    lines.extend(other_role(keys));
    lines.sort_by_key(|line| std::cmp::Reverse(line.state));
    let worst = lines.into_iter().next();
    if let Some((Name::Keys, failure)) = blamed(probed) {
        let refused = Line::failed(Name::Keys, State::Fail, failure);
        return Some(Line {
            found: format!("{} ({told})", failure.why),
            next: match worst {
                // What the keys say of themselves explains it.
                Some(line) if line.state == State::Fail => line.next,
                _ => refused.next.clone(),
            },
            ..refused
        });
    }
    Some(match worst {
        None => Line::ok(Name::Keys, told),
        Some(line) => Line {
            found: match line.found.is_empty() {
                true => told,
                false => format!("{told}: {}", line.found),
            },
            ..line.about(Trouble::Unauthorised)
        },
    })
}

fn shown(key: &Credential, now: i64) -> String {
    let header = key.header;
    match &key.kind {
        Kind::Secret => format!("{header}: a secret key"),
        Kind::Publishable => format!("{header}: a publishable key"),
        Kind::Other => format!("{header}: a key that says nothing of itself"),
        Kind::Jwt {
            role,
            issuer,
            expires,
        } => {
            let mut text = format!("{header}: a JWT");
            match role {
                Some(role) => text.push_str(&format!(" for {role}")),
                None => text.push_str(" without a role"),
            }
            if let Some(issuer) = issuer {
                text.push_str(&format!(" from {issuer}"));
            }
            match expires.map(|at| at as i64) {
                None => text.push_str(", without an end"),
                Some(at) if at <= now => text.push_str(&format!(", expired {}", until(at, now))),
                Some(at) => text.push_str(&format!(", until {} ({})", date(at), until(at, now))),
            }
            text
        }
    }
}

/// What is wrong with one key, where anything is.
fn wrong(key: &Credential, all: &[Credential], now: i64) -> Option<Line> {
    let bears = key.header == "authorization";
    let alone = !all.iter().any(|other| other.header == "authorization");
    let (fail, warn) = (
        |next: &str| Some(Line::fail(Name::Keys, "", next)),
        |next: &str| Some(Line::warn(Name::Keys, "", next)),
    );
    let again = if bears { NEW_TOKEN } else { NEW_APIKEY };
    match &key.kind {
        Kind::Secret if bears => fail(SECRET_AS_BEARER),
        Kind::Publishable if bears => fail(PUBLISHABLE),
        Kind::Publishable if alone => warn(PUBLISHABLE),
        Kind::Other if bears => warn(
            "check that SUPABASE_REST_HEADERS_AUTHORIZATION (authorization) holds the whole token",
        ),
        Kind::Jwt {
            expires: Some(at), ..
        } => match days(*at as i64, now) {
            // Beside a token of its own only a gateway looks at the apikey.
            left if left < 0 && (bears || alone) => fail(again),
            left if left < WEEK => warn(again),
            _ => None,
        },
        _ => None,
    }
}

/// The token alone decides as whom the server answers.
fn other_role(keys: &[Credential]) -> Option<Line> {
    let role = |header: &str| {
        let key = keys.iter().find(|key| key.header == header)?;
        match &key.kind {
            Kind::Jwt { role, .. } => role.as_deref(),
            Kind::Secret => Some("service_role"),
            _ => None,
        }
    };
    let (apikey, bearer) = (role("apikey")?, role("authorization")?);
    (apikey == "service_role" && bearer != apikey).then(|| {
        Line::warn(
            Name::Keys,
            format!("{bearer} it is, whatever the apikey"),
            "put the service role's token into SUPABASE_REST_HEADERS_AUTHORIZATION (authorization) too",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{rest, unauthorised};
    use super::*;

    const NOW: i64 = 1_800_000_000;
    const DAY: f64 = 86_400.0;

    fn jwt(header: &'static str, role: &str, days: f64) -> Credential {
        Credential {
            header,
            kind: Kind::Jwt {
                role: Some(role.to_owned()),
                issuer: Some("supabase".to_owned()),
                expires: Some(NOW as f64 + days * DAY),
            },
        }
    }

    fn key(header: &'static str, kind: Kind) -> Credential {
        Credential { header, kind }
    }

    fn line(keys: Vec<Credential>) -> Line {
        let mut probed = rest();
        probed.facts.credentials = keys;
        super::keys(&probed, NOW).expect("a line")
    }

    #[test]
    fn an_anon_apikey_beside_a_service_token_is_normal_and_both_are_named() {
        let found = line(vec![
            jwt("apikey", "anon", 900.0),
            jwt("authorization", "service_role", 900.0),
        ]);
        assert_eq!(found.state, State::Ok, "{found:?}");
        for word in [
            "apikey: a JWT for anon",
            "service_role",
            "from supabase",
            "until 20",
        ] {
            assert!(found.found.contains(word), "{found:?}");
        }
        assert_eq!(line(vec![]).state, State::Ok);
        assert_eq!(line(vec![key("apikey", Kind::Secret)]).state, State::Ok);
    }

    #[test]
    fn a_token_that_ends_turns_it_yellow_and_then_red() {
        for (days, state) in [
            (8.0, State::Ok),
            (6.5, State::Warn),
            (0.1, State::Warn),
            (-0.1, State::Fail),
        ] {
            let found = line(vec![jwt("authorization", "service_role", days)]);
            assert_eq!(found.state, state, "{days}: {found:?}");
            assert_eq!(line(vec![jwt("apikey", "service_role", days)]).state, state);
        }
        let expired = line(vec![jwt("authorization", "service_role", -2.5)]);
        assert!(expired.found.contains("expired 2 days ago"), "{expired:?}");
        assert_eq!(expired.trouble, Some(Trouble::Unauthorised));
        let beside = line(vec![
            jwt("apikey", "anon", -1.0),
            jwt("authorization", "service_role", 90.0),
        ]);
        assert_eq!(beside.state, State::Warn, "only a gateway looks at it");
    }

    #[test]
    fn a_key_of_the_wrong_kind_turns_it_red() {
        let secret = line(vec![key("authorization", Kind::Secret)]);
        assert_eq!(secret.state, State::Fail);
        assert!(secret.next.contains("apikey only"), "{secret:?}");
        let public = line(vec![key("authorization", Kind::Publishable)]);
        assert_eq!(public.state, State::Fail);
        assert_eq!(
            line(vec![key("apikey", Kind::Publishable)]).state,
            State::Warn
        );
        assert_eq!(
            line(vec![key("authorization", Kind::Other)]).state,
            State::Warn
        );
    }

    #[test]
    fn a_service_apikey_beside_another_token_does_not_help() {
        let found = line(vec![
            key("apikey", Kind::Secret),
            jwt("authorization", "anon", 90.0),
        ]);
        assert_eq!(found.state, State::Warn);
        assert!(found.found.contains("anon it is"), "{found:?}");
    }

    #[test]
    fn a_refusal_names_the_key_and_what_it_is() {
        let mut probed = rest();
        probed.schema = Err(unauthorised("HTTP 401 Unauthorized, PGRST301: JWT expired"));
        probed.facts.credentials = vec![jwt("authorization", "anon", -3.0)];
        let found = keys(&probed, NOW).expect("a line");
        assert_eq!(found.state, State::Fail);
        assert!(
            found
                .found
                .contains("JWT expired (authorization: a JWT for anon")
        );
        assert_eq!(found.next, NEW_TOKEN);
        assert_eq!(found.trouble, Some(Trouble::Unauthorised));
    }
}
