//! A private PostgreSQL server for tests: real, empty, on a free port, gone
//! with the test process however that ends.
//!
//! Tests never skip for want of a server: on Debian as root it is installed,
//! elsewhere the panic says what to do.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub mod api;
pub mod certificates;
pub mod fault;
pub mod gateway;
pub mod http;
mod install;
pub mod postgrest;
pub mod reading;
pub mod samples;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The superuser, who needs no password.
pub const SUPERUSER: &str = "postgres";

/// Who may connect how: the superuser and local sockets freely, others over TCP
/// with a password.
const HBA: &str = "local all all trust\n\
    local replication postgres trust\n\
    host all postgres 127.0.0.1/32 trust\n\
    host all postgres ::1/128 trust\n\
    host all all all scram-sha-256\n";

/// Makes the server (a standby of another, if that is named), says so, waits until its standard input closes (which the
/// death of the test process does too) and removes everything.
const KEEPER: &str = r#"
cd / || exit 1
run() { if [ -n "$AS" ]; then setpriv --reuid="$AS" --regid="$AS" --init-groups "$@"; else "$@"; fi; }
finish() { run "$BIN/pg_ctl" -D "$DIR/data" -m immediate -w stop; rm -rf "$DIR"; }
{
  if [ -n "$FROM" ]; then
    run "$BIN/pg_basebackup" -h "$FROM" -p "$FROM_PORT" -U postgres -D "$DIR/data" -R -X stream -c fast --no-sync
  else
    run "$BIN/initdb" -D "$DIR/data" -U postgres -A trust -E UTF8 --locale=C --no-sync &&
    cp "$DIR/pg_hba.conf" "$DIR/data/pg_hba.conf"
  fi &&
  cat "$DIR/extra.conf" >> "$DIR/data/postgresql.conf" &&
  run "$BIN/pg_ctl" -D "$DIR/data" -l "$DIR/data/log" -w start
} > "$DIR/setup.log" 2>&1 || { echo failed; read -r _; rm -rf "$DIR"; exit 1; }
echo ready
while read -r _; do :; done
finish > /dev/null 2>&1
"#;

/// A running server. Dropping it stops it and removes its files.
pub struct Postgres {
    dir: PathBuf,
    bin: PathBuf,
    port: u16,
    keeper: Child,
}

impl Postgres {
    /// The one server of this test binary.
    pub fn start() -> &'static Postgres {
        static SERVER: OnceLock<Postgres> = OnceLock::new();
        SERVER.get_or_init(|| Postgres::start_with("", &[]))
    }

    /// A server of its own, with lines for `postgresql.conf` and files (name,
    /// content) that these name, put into the data folder's parent.
    pub fn start_with(conf: &str, files: &[(&str, &[u8])]) -> Postgres {
        Postgres::start_from(None, conf, files)
    }

    /// A standby of this server, connected to it.
    pub fn standby(&self, conf: &str) -> Postgres {
        Postgres::start_from(Some(self), conf, &[])
    }

    fn start_from(from: Option<&Postgres>, conf: &str, files: &[(&str, &[u8])]) -> Postgres {
        let bin = install::binaries();
        // Another process can take the port between finding and using it.
        for _ in 0..5 {
            if let Ok(server) = Postgres::try_start(&bin, from, conf, files) {
                return server;
            }
        }
        match Postgres::try_start(&bin, from, conf, files) {
            Ok(server) => server,
            Err(log) => panic!("PostgreSQL in {} does not start:\n{log}", bin.display()),
        }
    }

    fn try_start(
        bin: &Path,
        from: Option<&Postgres>,
        conf: &str,
        files: &[(&str, &[u8])],
    ) -> Result<Postgres, String> {
        let port = free_port();
        let owner = install::owner();
        let dir = make_dir(owner, port, conf, files);
        let keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .env("BIN", bin)
            .env("DIR", &dir)
            .env("AS", owner.unwrap_or(""))
            .env("FROM", from.map_or(Path::new(""), Postgres::dir))
            .env("FROM_PORT", from.map_or(0, Postgres::port).to_string())
            .env_remove("PGPORT")
            .env_remove("PGDATA")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh starts");
        let mut server = Postgres {
            dir,
            bin: bin.to_owned(),
            port,
            keeper,
        };
        let mut word = String::new();
        let stdout = server.keeper.stdout.take().expect("a pipe");
        BufReader::new(stdout)
            .read_line(&mut word)
            .expect("the keeper's word");
        match word.trim() {
            "ready" => Ok(server),
            _ => Err(server.log()),
        }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.dir.join(name)).unwrap_or_default();
        read("setup.log") + &read("data/log")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that holds the server's socket and the files given at its start.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes an empty database and returns its URL for the superuser over TCP.
    pub fn create_database(&self, name: &str) -> String {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""));
        self.url(name)
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of a role with a password (percent-encoded by the caller).
    pub fn url_as(&self, user: &str, password: &str, database: &str) -> String {
        format!(
            "postgres://{user}:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// The URL over the Unix socket.
    pub fn socket_url(&self, user: &str, database: &str) -> String {
        let dir = self.dir.display();
        format!(
            "postgres://{user}@localhost:{}/{database}?host={dir}",
            self.port
        )
    }

    /// Runs SQL as the superuser and returns its rows as text (`|` between columns).
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql).output().expect("psql runs");
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "psql: {}\n{sql}",
            text(&output.stderr)
        );
        text(&output.stdout).trim_end_matches('\n').to_owned()
    }

    /// psql on a database, quiet and strict.
    pub fn psql(&self, database: &str, sql: &str) -> Command {
        let mut command = Command::new(self.bin.join("psql"));
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(["-U", SUPERUSER, "-d", database, "-c", sql])
            .arg("-h")
            .arg(&self.dir)
            .arg("-p")
            .arg(self.port.to_string())
            .env("PGCLIENTENCODING", "UTF8");
        command
    }

    /// `pg_ctl` on this server, as its owner: `["-m", "immediate", "stop"]`.
    pub fn pg_ctl(&self, args: &[&str]) {
        let mut command = match install::owner() {
            Some(owner) => {
                let mut command = Command::new("setpriv");
                command.args([
                    &format!("--reuid={owner}"),
                    &format!("--regid={owner}"),
                    "--init-groups",
                ]);
                command.arg(self.bin.join("pg_ctl"));
                command
            }
            None => Command::new(self.bin.join("pg_ctl")),
        };
        let status = command
            .arg("-D")
            .arg(self.dir.join("data"))
            .arg("-l")
            .arg(self.dir.join("data/log"))
            .arg("-w")
            .args(args)
            .current_dir("/")
            .stdout(Stdio::null())
            .status();
        assert!(status.expect("pg_ctl runs").success(), "pg_ctl {args:?}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// The server's folder, owned by who runs it.
fn make_dir(owner: Option<&str>, port: u16, conf: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let dir = tempfile::Builder::new()
        .prefix("shadowgate-pg-")
        .tempdir_in("/tmp")
        .expect("a folder in /tmp")
        .keep();
    let extra = format!(
        "port = {port}\nunix_socket_directories = '{}'\nlisten_addresses = '127.0.0.1'\n\
         fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n\
         shared_buffers = 64MB\nlog_min_messages = error\n{}\n",
        dir.display(),
        conf.replace("$DIR", &dir.display().to_string())
    );
    let write = |name: &str, content: &[u8]| {
        let path = dir.join(name);
        std::fs::write(&path, content).expect("a file in the server's folder");
        // What a server accepts for its private key.
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("its mode");
    };
    write("extra.conf", extra.as_bytes());
    write("pg_hba.conf", HBA.as_bytes());
    files
        .iter()
        .for_each(|(name, content)| write(name, content));
    std::fs::set_permissions(&dir, PermissionsExt::from_mode(0o755)).expect("its mode");
    if let Some(owner) = owner {
        let status = Command::new("chown").args(["-R", owner]).arg(&dir).status();
        assert!(status.expect("chown runs").success(), "chown {owner}");
    }
    dir
}

/// Waits until this holds, for a minute at most.
#[track_caller]
pub fn until(holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it never came to that"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}
