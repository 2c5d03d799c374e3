//! shadowgate as a whole against the floor of the same work, in turn and in one
//! run: machines drift, so only the ratio inside a pair means anything.
//!
//! ```text
//! cargo bench --bench end_to_end -- [--rows 1000000] [--pairs 7] [--memory 512MB] [CASE…]
//! ```
//!
//! Cases: `pg` (0.5 % of the rows differ), `pg-far` (every row differs), `csv`
//! (both files in one order), `csv-shuffled`, `rest` (a table behind PostgREST),
//! `rest-apart` (the same with cores for the servers and others for the clients),
//! `rest-20ms` (with 20 ms to the server and back).
//! PostgreSQL's floor is two plain `COPY … TO STDOUT` at once; that of CSV is the
//! `csv-diff` crate (`benches/floor`); that of PostgREST are bare HTTP clients
//! (`curl`), beside which stands both what only reads the same pages (`pace`) and what
//! also compares all their rows (`verify`). A private PostgreSQL and PostgREST are
//! started and stopped here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;

#[path = "distance.rs"]
mod distance;
#[path = "pinned.rs"]
mod pinned;
#[path = "rest.rs"]
mod rest;
#[path = "../tests/support/mod.rs"]
mod support;

use support::Postgres;

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// `--memory` for shadowgate; its own default without.
    #[arg(long)]
    memory: Option<String>,
    /// Where data is made; a temporary folder without.
    #[arg(long)]
    data: Option<PathBuf>,
    /// `cargo bench` adds this.
    #[arg(long, hide = true)]
    bench: bool,
    cases: Vec<String>,
}

const SERVER: &str = "fsync=off\nshared_buffers=1GB\nmax_wal_size=8GB\nautovacuum=off\n";
const TABLE: &str = "id bigint primary key, property_number text, title text, prefecture text, \
    city text, address text, building text, price numeric(14,0), management_fee numeric(12,0), \
    area_m2 numeric(8,2), layout text, floor int, built_on date, station text, walk_minutes int, \
    latitude float8, longitude float8, status text, attributes jsonb, updated_at timestamptz";

fn main() -> io::Result<()> {
    let args = Args::parse();
    let temporary = tempfile::tempdir()?;
    let data = args.data.clone().unwrap_or_else(|| temporary.path().into());
    let wanted = |case: &str| args.cases.is_empty() || args.cases.iter().any(|one| one == case);
    println!(
        "{} rows a side, {} pairs, {} cores\n",
        args.rows,
        args.pairs,
        cores()
    );
    println!("case                floor s  shadowgate s  ratio  (min–max)    peak MB");
    let files = make_files(&data, args.rows, wanted("csv-shuffled"))?;
    if wanted("csv") {
        let [old, new, _] = &files;
        csv_case("csv", old, new, &args, temporary.path())?;
    }
    if wanted("csv-shuffled") {
        let [old, _, shuffled] = &files;
        csv_case("csv-shuffled", old, shuffled, &args, temporary.path())?;
    }
    let rest = ["rest", "rest-20ms", "rest-apart"].into_iter().any(wanted);
    if rest || wanted("pg") || wanted("pg-far") {
        let server = Postgres::start_with(SERVER, &[]);
        load(&server, &files, wanted("pg-far"));
        for (case, new) in [("pg", "new_rows"), ("pg-far", "far_rows")] {
            if wanted(case) {
                pg_case(case, &server, new, &args, temporary.path())?;
            }
        }
        if rest {
            rest_cases(wanted, &server, &args, temporary.path())?;
        }
    }
    Ok(())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// old, new in the same order, new in another order.
fn make_files(data: &Path, rows: u64, another_order: bool) -> io::Result<[PathBuf; 3]> {
    let folder = |name: &str| data.join(format!("{name}-{rows}"));
    for (name, shuffled) in [("sorted", false), ("shuffled", true)] {
        if folder(name).join("new.csv").exists() || shuffled && !another_order {
            continue;
        }
        let mut command = Command::new(env!("CARGO"));
        command.args(["run", "--release", "--quiet", "--example", "generate", "--"]);
        command
            .args(["--rows", &rows.to_string(), "--out"])
            .arg(folder(name));
        if shuffled {
            command.arg("--shuffled");
        }
        succeed(command)?;
    }
    let [sorted, shuffled] = ["sorted", "shuffled"].map(folder);
    Ok([
        sorted.join("old.csv"),
        sorted.join("new.csv"),
        shuffled.join("new.csv"),
    ])
}

fn load(server: &Postgres, files: &[PathBuf; 3], far: bool) {
    for (table, file) in [("old_rows", &files[0]), ("new_rows", &files[1])] {
        server.sql("postgres", &format!("CREATE TABLE {table} ({TABLE})"));
        let copy = format!(
            "\\copy {table} FROM '{}' (FORMAT csv, HEADER)",
            file.display()
        );
        let done = server.psql("postgres", &copy).status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "{table} was not loaded"
        );
    }
    if far {
        server.sql(
            "postgres",
            "CREATE TABLE far_rows (LIKE old_rows INCLUDING ALL);
             INSERT INTO far_rows SELECT * FROM new_rows;
             UPDATE far_rows SET price = price + 1;",
        );
        server.sql("postgres", "VACUUM FULL far_rows");
    }
    server.sql("postgres", "VACUUM ANALYZE");
}

fn pg_case(case: &str, server: &Postgres, new: &str, args: &Args, tmp: &Path) -> io::Result<()> {
    let copy = |table: &str| {
        let mut command = server.psql("postgres", &format!("COPY {table} TO STDOUT"));
        command.stdout(Stdio::null());
        command
    };
    let url = server.url("postgres");
    let mut ours = verify(args, tmp);
    ours.args([&url, &url, "--old-table", "old_rows", "--new-table", new]);
    let floor = || vec![copy("old_rows"), copy(new)];
    measure(case, args.pairs, floor, ours, tmp, None)
}

fn rest_cases(
    wanted: impl Fn(&str) -> bool,
    server: &Postgres,
    args: &Args,
    tmp: &Path,
) -> io::Result<()> {
    let api = rest::serve(server, args.rows);
    let far = distance::start(api.port(), Duration::from_millis(20))?;
    let far = format!("http://127.0.0.1:{far}");
    for (case, url) in [("rest", api.url()), ("rest-20ms", far)] {
        if wanted(case) {
            let floor = || rest::clients(&api, &url, args.rows, tmp).expect("lists of pages");
            let ours = |command| rest::ours(command, server, &api, &url);
            rest_case(case, args, tmp, floor, ours)?;
        }
    }
    if wanted("rest-apart") {
        rest_apart(server, args, tmp)?;
    }
    Ok(())
}

/// Against the same floor: what reads all pages and decodes their rows, then what also
/// compares them.
fn rest_case(
    case: &str,
    args: &Args,
    tmp: &Path,
    floor: impl Fn() -> Vec<Command>,
    ours: impl Fn(Command) -> Command,
) -> io::Result<()> {
    let told = Told(STDOUT, "/new/seconds/median");
    let read = format!("{case}, pace");
    measure(&read, args.pairs, &floor, ours(pace()), tmp, Some(told))?;
    let told = Told("reports/latest/report.json", "/datasets/0/new/seconds");
    let verified = format!("{case}, verify");
    let ours = ours(verify(args, tmp));
    measure(&verified, args.pairs, &floor, ours, tmp, Some(told))
}

/// The first half of the cores serves, the other asks.
fn rest_apart(server: &Postgres, args: &Args, tmp: &Path) -> io::Result<()> {
    let half = (cores() / 2).max(1);
    let (theirs, ours) = (0..half, half..cores());
    assert!(!ours.is_empty(), "rest-apart needs two cores");
    let api = pinned::servers(server, &theirs, &(0..cores()), || {
        rest::serve(server, args.rows)
    })?;
    let url = api.url();
    let floor = || {
        let clients = rest::clients(&api, &url, args.rows, tmp).expect("lists of pages");
        let pinned = clients.into_iter().map(|one| pinned::command(one, &ours));
        pinned.collect()
    };
    let ours = |command| pinned::command(rest::ours(command, server, &api, &url), &ours);
    rest_case("rest-apart", args, tmp, floor, ours)
}

fn csv_case(case: &str, old: &Path, new: &Path, args: &Args, tmp: &Path) -> io::Result<()> {
    let floor = floor_binary()?;
    let floor = || {
        let mut command = Command::new(&floor);
        command.args([old, new]).arg("0").stdout(Stdio::null());
        vec![command]
    };
    let mut ours = verify(args, tmp);
    ours.args([old, new]).args(["--key", "id"]);
    measure(case, args.pairs, floor, ours, tmp, None)
}

fn verify(args: &Args, tmp: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shadowgate"));
    command
        .args(["verify", "--quiet", "--report-dir"])
        .arg(tmp.join("reports"));
    if let Some(memory) = &args.memory {
        command.args(["--memory", memory]);
    }
    command
}

/// Reads both sides once, one after the other.
fn pace() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shadowgate"));
    command.args(["pace", "--quiet", "--runs", "1", "--format", "json"]);
    command
}

/// Builds the crate that is the floor of CSV.
fn floor_binary() -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/floor");
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/floor");
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--release", "--quiet", "--manifest-path"]);
    command
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    succeed(command)?;
    Ok(target.join("release/floor"))
}

fn succeed(mut command: Command) -> io::Result<()> {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{command:?} ended with {status}")))
}

/// Where shadowgate says how long its reading of the new side alone took: a file, and
/// the place in it.
#[derive(Clone, Copy)]
struct Told(&'static str, &'static str);

/// What a command has printed.
const STDOUT: &str = "stdout";

impl Told {
    fn seconds(self, tmp: &Path) -> io::Result<f64> {
        let report: serde_json::Value = serde_json::from_slice(&fs::read(tmp.join(self.0))?)?;
        let no = || io::Error::other(format!("{}: no {}", self.0, self.1));
        let seconds = report.pointer(self.1).and_then(|value| value.as_f64());
        // What the reading waited for the comparison is part of it here. A reading that
        // did not wait has no such member.
        let waiting = report.pointer(&format!("{}_waiting", self.1));
        let waiting = waiting.and_then(|value| value.as_f64()).unwrap_or(0.0);
        Ok(seconds.ok_or_else(no)? + waiting)
    }
}

/// One warm-up of each, then floor and shadowgate in turn. Where that is told, also
/// how long the reading of the new side alone took, by shadowgate's own account.
fn measure(
    case: &str,
    pairs: usize,
    floor: impl Fn() -> Vec<Command>,
    mut ours: Command,
    tmp: &Path,
    told: Option<Told>,
) -> io::Result<()> {
    let (mut floors, mut whole, mut reading, mut peak) = (vec![], vec![], vec![], 0);
    for pair in 0..=pairs {
        let below = run(floor())?.0;
        ours.stdout(fs::File::create(tmp.join(STDOUT))?);
        let (took, memory) = run_one(&mut ours)?;
        if pair == 0 {
            continue;
        }
        floors.push(below.as_secs_f64());
        whole.push(took.as_secs_f64());
        reading.extend(told.map(|told| told.seconds(tmp)).transpose()?);
        peak = peak.max(memory);
    }
    show(case, &floors, &whole);
    println!("  {:>9}", peak / 1024);
    if told.is_some() {
        show("  its reading", &floors, &reading);
        println!();
    }
    Ok(())
}

fn show(case: &str, floors: &[f64], times: &[f64]) {
    let pairs = floors.iter().zip(times);
    let mut ratios: Vec<f64> = pairs.map(|(floor, time)| time / floor).collect();
    let [floor, time] = [floors, times].map(|list| median(&mut list.to_vec()));
    let ratio = median(&mut ratios);
    print!(
        "{case:<19} {floor:>7.2}  {time:>12.2}  {ratio:>5.2}  ({:.2}–{:.2})",
        ratios[0],
        ratios[ratios.len() - 1],
    );
}

/// Sorts, and gives the middle.
fn median(list: &mut [f64]) -> f64 {
    list.sort_by(f64::total_cmp);
    list[list.len() / 2]
}

/// Runs commands side by side to their ends.
fn run(commands: Vec<Command>) -> io::Result<(Duration, u64)> {
    let start = Instant::now();
    let children: Vec<Child> = commands
        .into_iter()
        .map(|mut command| command.spawn())
        .collect::<io::Result<_>>()?;
    for mut child in children {
        let status = child.wait()?;
        assert!(status.success(), "the floor ended with {status}");
    }
    Ok((start.elapsed(), 0))
}

/// Runs shadowgate, and gives its time and peak memory in KiB. The kernel's
/// high-water mark is read while it runs; the last reading is near its end.
fn run_one(command: &mut Command) -> io::Result<(Duration, u64)> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let status = fs::read_to_string(&status_file).unwrap_or_default();
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = start.elapsed();
    let code = status.code();
    assert!(
        matches!(code, Some(0 | 1)),
        "shadowgate ended with {status}"
    );
    Ok((took, peak))
}
