//! A table behind a private PostgREST, and ways to read and verify it through
//! the library, as the run does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indexmap::IndexMap;

use shadowgate::error::{Failure, Side};
use shadowgate::gate::Gates;
use shadowgate::plan::{DatasetSpec, RollbackSpec, SideSpec};
use shadowgate::run::dataset::Strategy;
use shadowgate::run::progress::{Progress, Silent};
use shadowgate::run::{self, Finished};
use shadowgate::secret::Secret;
use shadowgate::source::location::{Location, RestOptions, Spec};
use shadowgate::source::{self, Context, Limits, Rate, Receipt, Schema, Source, Want};
use shadowgate::stop::Stop;

use super::Postgres;
use super::postgrest::{Options, Postgrest};
use super::reading::{self, Keep, Read};

/// A database with these tables, and PostgREST before it.
pub fn serve(database: &str, sql: &str, options: Options) -> Postgrest {
    let server = Postgres::start();
    server.create_database(database);
    Postgrest::prepare(server, database);
    server.sql(database, sql);
    Postgrest::start(server, database, options)
}

/// Supabase's own cap.
pub fn capped() -> Options {
    Options {
        max_rows: Some(1000),
        ..Options::default()
    }
}

/// A side read at `url` with a bearer token.
pub fn side(url: &str, table: &str, token: Option<&str>) -> Spec {
    Spec {
        table: Some(table.to_owned()),
        connect_timeout: Duration::from_secs(5),
        rest: RestOptions {
            authorization: token.map(Secret::new),
            ..RestOptions::default()
        },
        ..Spec::new(Location::parse(url).expect("a root"))
    }
}

/// As the role that sees every row.
pub fn service(api: &Postgrest, table: &str) -> Spec {
    side(&api.url(), table, Some(&api.jwt("service_role")))
}

/// Slow enough for a statement of somebody else before half of the pages are read.
pub fn slow() -> Limits {
    Limits {
        page: 50,
        connections: 1,
        rate: Some(Rate {
            count: 10,
            per: Duration::from_secs(1),
        }),
        ..limits()
    }
}

/// Limits that no test waits for.
pub fn limits() -> Limits {
    Limits {
        retries: 2,
        breaker_threshold: 0,
        request_timeout: Duration::from_secs(10),
        ..Limits::default()
    }
}

pub fn context(limits: Limits) -> Context {
    Context::new(Stop::default(), limits)
}

pub fn open(spec: &Spec, context: &Context) -> Result<(Box<dyn Source>, Schema), Failure> {
    let mut source = source::open(spec, context)?;
    let schema = source.schema()?;
    Ok((source, schema))
}

/// Every column in its own form, with these as the key.
pub fn wants(schema: &Schema, key: &[&str]) -> Vec<Want> {
    let mut wants = reading::wants(schema);
    for want in &mut wants {
        want.key = key.contains(&want.name.as_str());
    }
    wants
}

/// All rows by `key`, sorted by their cells, and the receipt.
pub fn read(
    spec: &Spec,
    context: &Context,
    key: &[&str],
) -> Result<(Vec<Vec<String>>, Receipt), Failure> {
    let (mut source, schema) = open(spec, context)?;
    let wants = wants(&schema, key);
    let (rows, receipt) = reading::read(&mut *source, &wants)?;
    Ok((texts(rows), receipt))
}

/// As `read`, with something done after each page.
pub fn read_while(
    spec: &Spec,
    limits: Limits,
    key: &[&str],
    then: impl FnMut(usize) + 'static,
) -> Result<(Vec<Vec<String>>, Receipt), Failure> {
    let (mut source, schema) = open(spec, &context(limits))?;
    let wants = wants(&schema, key);
    let mut keep = Keep {
        then: Some(Box::new(then)),
        ..Keep::default()
    };
    let receipt = source.read(&wants, &mut keep)?;
    let decoder = source.decoder(&wants)?;
    Ok((texts(reading::decode(&decoder, keep.chunks)), receipt))
}

fn texts(rows: Vec<Read>) -> Vec<Vec<String>> {
    let cell = |cell: Option<Vec<u8>>| match cell {
        Some(bytes) => String::from_utf8(bytes).expect("UTF-8"),
        None => "NULL".to_owned(),
    };
    let mut rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| row.cells.into_iter().map(cell).collect())
        .collect();
    rows.sort();
    rows
}

/// Two sides to compare by `key` (their own, if it is empty), with default gates.
pub fn dataset(old: Spec, new: Spec, key: &[&str]) -> DatasetSpec {
    let side = |source| SideSpec {
        source,
        rename: IndexMap::new(),
        sync: None,
    };
    DatasetSpec {
        name: "t".to_owned(),
        sides: [side(old), side(new)],
        key: Some(key.iter().map(|name| (*name).to_owned()).collect())
            .filter(|key: &Vec<String>| !key.is_empty()),
        ignore: Vec::new(),
        only: None,
        rules: IndexMap::new(),
        gates: Gates::default(),
        scope: shadowgate::plan::Scope::All,
        recheck: Default::default(),
        settle: None,
        allow_same_source: false,
        rollback: RollbackSpec::default(),
        window: None,
    }
}

/// Verifies two sides by `key` (their own, if it is empty), with default gates.
pub fn verify(old: Spec, new: Spec, key: &[&str], limits: Limits) -> Finished {
    run(&dataset(old, new, key), limits, &Silent)
}

/// Verifies, and does something just before each later look: `then` is told its
/// number, from 0.
pub fn verify_while(spec: &DatasetSpec, limits: Limits, then: impl Fn(usize) + Sync) -> Finished {
    let looks = Looks {
        then,
        taken: AtomicUsize::new(0),
    };
    run(spec, limits, &looks)
}

pub fn run(spec: &DatasetSpec, limits: Limits, progress: &dyn Progress) -> Finished {
    let options = run::Options {
        memory: 256 << 20,
        max_details: 100,
        strategy: Strategy::Auto,
        retries: 2,
        earlier: Default::default(),
        context: context(limits),
    };
    match run::verify(std::slice::from_ref(spec), &options, progress) {
        Ok(finished) => finished,
        Err(failures) => panic!("{failures:?}"),
    }
}

/// Hears of later looks only.
struct Looks<F> {
    then: F,
    taken: AtomicUsize,
}

impl<F: Fn(usize) + Sync> Progress for Looks<F> {
    fn dataset(&self, _: &str, _: [Option<u64>; 2]) {}
    fn rows(&self, _: Side, _: u64) {}
    fn side_done(&self, _: Side) {}
    fn again(&self, why: &str) {
        if why.starts_with("looking at") {
            (self.then)(self.taken.fetch_add(1, Ordering::Relaxed));
        }
    }
    fn phase(&self, _: &str) {}
    fn done(&self) {}
}
