//! Where a side is and which keys it has, as the environment says.

use std::path::Path;

use super::asking::*;
use crate::error::{Code, Side};
use crate::plan::{Asked, SourceOptions};
use crate::secret::Secret;

/// {"role":"service_role"}, unsigned.
const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x";

/// The keys of the new side of [`pair`].
fn keys(variables: &Variables) -> [Option<String>; 2] {
    let asked = ask(&pair(), variables, Path::new("")).expect("plans");
    let options = rest(&asked);
    let text = |key: &Option<Secret>| key.as_ref().map(|key| key.expose().to_owned());
    [text(&options.apikey), text(&options.authorization)]
}

#[test]
fn keys_are_found_by_the_names_the_team_has() {
    const APIKEY: (&str, &str) = ("SUPABASE_REST_HEADERS_APIKEY", "own");
    const BEARER: (&str, &str) = ("SUPABASE_REST_HEADERS_AUTHORIZATION", "Bearer token");
    const SERVICE: (&str, &str) = ("SUPABASE_SERVICE_ROLE_KEY", JWT);
    const ANON: (&str, &str) = ("SUPABASE_ANON_KEY", "anon");
    assert_eq!(keys(&[]), [None, None]);
    assert_eq!(keys(&[ANON]), [some("anon"), None]);
    assert_eq!(keys(&[ANON, SERVICE]), [some(JWT), some(JWT)]);
    assert_eq!(keys(&[ANON, SERVICE, APIKEY]), [some("own"), some(JWT)]);
    let all = [ANON, SERVICE, APIKEY, BEARER];
    assert_eq!(keys(&all), [some("own"), some("token")]);
    let bare = ("SUPABASE_REST_HEADERS_AUTHORIZATION", "token");
    assert_eq!(keys(&[APIKEY, bare]), keys(&[APIKEY, BEARER]));
    let bearer = ("SUPABASE_REST_HEADERS_APIKEY", "Bearer own");
    assert_eq!(keys(&[bearer]), keys(&[APIKEY]));
}

#[test]
fn a_new_secret_key_is_no_bearer_token() {
    let secret = ("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_abc");
    assert_eq!(keys(&[secret]), [some("sb_secret_abc"), None]);
}

#[test]
fn an_empty_variable_is_not_set() {
    let empty = [
        ("SUPABASE_REST_HEADERS_APIKEY", ""),
        ("SUPABASE_REST_HEADERS_AUTHORIZATION", "Bearer "),
        ("SUPABASE_REST_URL", " "),
        ("SUPABASE_ANON_KEY", "anon"),
        ("SYNC_BATCH_SIZE", ""),
    ];
    assert_eq!(keys(&empty), [some("anon"), None]);
}

#[test]
fn keys_go_to_the_server_they_are_for_and_to_no_other() {
    let key = ("SUPABASE_ANON_KEY", "hunter2");
    for (name, url, given) in [
        ("SUPABASE_URL", "https://x.example", true),
        ("SUPABASE_REST_URL", "https://X.example:443/rest/v1/", true),
        ("SUPABASE_URL", "https://y.example", false),
        ("SUPABASE_URL", "http://x.example", false),
        ("SUPABASE_REST_URL", "https://x.example:8443", false),
        ("SUPABASE_REST_URL", "https://x.example.evil.example", false),
    ] {
        let found = keys(&[key, (name, url)]);
        assert_eq!(found[0].is_some(), given, "{url}");
    }
    let both = [
        key,
        ("SUPABASE_REST_URL", "https://gateway.example"),
        ("SUPABASE_URL", "https://x.example"),
    ];
    assert_eq!(keys(&both)[0], some("hunter2"), "either of them");
    let other = [key, ("SUPABASE_URL", "https://y.example")];
    let asked = ask(&pair(), &other, Path::new("")).expect("plans");
    let told = notes(&asked);
    assert!(
        told.contains("new.apikey: none (those of the environment are for SUPABASE_URL alone)\n"),
        "{told}"
    );
}

#[test]
fn an_address_that_is_none_says_not_whose_the_keys_are() {
    let wrong = ("SUPABASE_URL", "postgres://u:hunter2@h/d");
    let ask = |variables: &Variables| ask(&pair(), variables, Path::new(""));
    assert!(ask(&[wrong]).is_ok(), "no key is there to be given");
    let failure = ask(&[wrong, ("SUPABASE_ANON_KEY", "k")]).expect_err("whose?");
    assert_eq!(
        (failure.code, failure.side),
        (Code::Config, Some(Side::New))
    );
    assert!(
        failure.why.contains("SUPABASE_URL: it is no http"),
        "{failure}"
    );
    assert!(!failure.to_string().contains("hunter2"));
}

#[test]
fn the_configurations_keys_come_first() {
    let text = format!("{REST}apikey = \"${{MINE}}\"\n");
    let variables = [
        ("MINE", "mine"),
        ("SUPABASE_REST_HEADERS_APIKEY", "theirs"),
        ("SUPABASE_REST_HEADERS_AUTHORIZATION", "token"),
    ];
    let options = SourceOptions::default();
    let asked = configured(&text, &options, &variables).expect("plans");
    let given = rest(&asked);
    assert_eq!(given.apikey, Some(Secret::new("mine")));
    assert_eq!(given.authorization, None, "it names credentials of its own");
    let ours = [&variables[..], &[("SUPABASE_URL", "https://x.example")]].concat();
    let asked = configured(&text, &options, &ours).expect("plans");
    let given = rest(&asked);
    assert_eq!(given.apikey, Some(Secret::new("mine")));
    assert_eq!(given.authorization, Some(Secret::new("token")));
    let told = notes(&asked);
    assert!(told.contains("new.apikey: (set) from "), "{told}");
    assert!(
        told.contains("new.authorization: (set) from SUPABASE_REST_HEADERS_AUTHORIZATION\n"),
        "{told}"
    );
    assert!(!told.contains("mine") && !told.contains("token"), "{told}");
}

/// A key in the configuration was written for the server beside it.
#[test]
fn the_configurations_keys_do_not_follow_to_another_server() {
    let text = format!("{REST}apikey = \"k\"\nrole = \"all\"\nselect = \"id\"\n");
    let to = |url: &str| {
        let options = SourceOptions {
            locations: ["old.db", url].map(|text| Some(Secret::new(text))),
            config: Some("shadowgate.toml".into()),
            ..SourceOptions::default()
        };
        let asked = configured(&text, &options, &[]).expect("plans");
        rest(&asked).clone()
    };
    let same = to("https://x.example/rest/v2");
    assert!(same.apikey.is_some() && same.role.is_some());
    let other = to("https://y.example/rest/v1");
    assert_eq!((other.apikey, other.role), (None, None));
    assert_eq!(other.select, Some(vec!["id".to_owned()]));
}

#[test]
fn sides_without_a_source_are_placed_by_the_environment() {
    const PLACES: [(&str, &str); 2] = [
        ("STAGING_DB_URL", "postgres://app:hunter2@old.example/app"),
        ("SUPABASE_URL", "https://x.example/"),
    ];
    let options = SourceOptions {
        tables: ["t", "t"].map(|table| Some(table.to_owned())),
        ..SourceOptions::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let asked = ask(&options, &PLACES, folder.path()).expect("plans");
    assert_eq!(asked.datasets[0].name, "t");
    let shown = |asked: &Asked| {
        let sides = asked.datasets[0].sides.each_ref();
        sides.map(|side| side.source.location.to_string())
    };
    let places = [
        "postgres://app@old.example/app",
        "https://x.example/rest/v1",
    ];
    assert_eq!(shown(&asked), places);
    let told = notes(&asked);
    assert!(
        told.contains("old.source: postgres://app@old.example/app from STAGING_DB_URL\n")
            && told.contains("new.source: https://x.example/rest/v1 from SUPABASE_URL\n"),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
    let rest_url = [
        PLACES[0],
        PLACES[1],
        ("SUPABASE_REST_URL", "https://g.example/api"),
    ];
    let asked = ask(&options, &rest_url, folder.path()).expect("plans");
    assert_eq!(shown(&asked)[1], "https://g.example/api");
    let file = "[datasets.d]\nkey = \"id\"\n[datasets.d.old]\ntable = \"a\"\n\
                [datasets.d.new]\ntable = \"b\"\n";
    let asked = configured(file, &SourceOptions::default(), &PLACES).expect("plans");
    assert_eq!(shown(&asked), places);
    let failure = configured(file, &SourceOptions::default(), &PLACES[1..]).expect_err("no old");
    assert!(failure.next.contains("STAGING_DB_URL"), "{failure}");
    let failure = ask(&options, &PLACES[1..], folder.path()).expect_err("no old");
    assert!(failure.why.contains("nothing to compare"), "{failure}");
    let mut dataset = options.clone();
    dataset.dataset = Some("d".to_owned());
    let failure = ask(&dataset, &PLACES, folder.path()).expect_err("no file");
    assert_eq!(failure.code, Code::Usage);
}

#[test]
fn a_place_that_is_none_is_named_and_not_echoed() {
    let variables = [
        ("STAGING_DB_URL", "hunter2"),
        ("SUPABASE_URL", "https://x.example"),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let failure = ask(&SourceOptions::default(), &variables, folder.path()).expect_err("none");
    assert_eq!(failure.code, Code::Config);
    assert!(
        failure.why.contains("STAGING_DB_URL: what is there"),
        "{failure}"
    );
    assert!(!failure.to_string().contains("hunter2"));
}
