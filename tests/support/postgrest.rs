//! A private PostgREST server for tests: the real one, over a database of a
//! test's `Postgres`, gone with the test process however that ends.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Postgres, free_port, http, install};

/// The roles that every Supabase project has, made once per server: whoever comes
/// first makes them, the others wait.
const ROLES: &str = "
    BEGIN;
    SELECT pg_advisory_xact_lock(4404);
    DO $$ BEGIN
        IF to_regrole('authenticator') IS NULL THEN
            CREATE ROLE authenticator LOGIN NOINHERIT PASSWORD 'authenticator';
            CREATE ROLE anon NOLOGIN;
            CREATE ROLE authenticated NOLOGIN;
            CREATE ROLE service_role NOLOGIN BYPASSRLS;
            GRANT anon, authenticated, service_role TO authenticator;
        END IF;
    END $$;
    COMMIT;";

/// Who may do what in a new project's database: all three read every table of
/// `public`, made before or after.
const GRANTS: &str = "
    GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT ON TABLES TO anon, authenticated, service_role;";

/// Runs the server until its standard input closes, which the death of the test
/// process does too, and then removes its files; a line `keep` on it spares them.
/// Ends with the server if that ends by itself. As root the server is run by
/// another user, unless that one may not enter the checkout.
const KEEPER: &str = r#"
cd / || exit 1
as="setpriv --reuid=$AS --regid=$AS --init-groups"
[ -n "$AS" ] && $as test -x "$BIN" 2> /dev/null || as=
exec 3<&0
$as "$BIN" "$DIR/postgrest.conf" >> "$DIR/log" 2>&1 3<&- &
server=$!
{ read -r word <&3; [ "$word" = keep ] || rm -rf "$DIR"; kill -9 "$server"; } > /dev/null 2>&1 &
wait "$server"
kill $!
"#;

/// How long a server may take to load its schema cache on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Options {
    /// `db-max-rows`; none is PostgREST's default, Supabase's is 1000.
    pub max_rows: Option<u32>,
    /// The exposed schemas, separated by commas.
    pub schemas: &'static str,
    pub anon: Option<&'static str>,
    /// Further lines of its configuration.
    pub extra: &'static str,
    /// A free one if none is given.
    pub port: Option<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_rows: None,
            schemas: "public",
            anon: Some("anon"),
            extra: "",
            port: None,
        }
    }
}

/// A running server. Dropping it stops it and removes its files.
pub struct Postgrest {
    dir: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
    secret: String,
    keeper: Option<Child>,
}

impl Postgrest {
    /// Makes the usual roles, and grants them what Supabase grants in a database.
    pub fn prepare(server: &Postgres, database: &str) {
        server.sql("postgres", ROLES);
        server.sql(database, GRANTS);
    }

    /// A server over a database that `prepare` has seen.
    pub fn start(server: &Postgres, database: &str, options: Options) -> Postgrest {
        let bin = install::postgrest();
        let tries = if options.port.is_some() { 1 } else { 5 };
        let mut said = String::new();
        // Another process can take the port between finding and using it.
        for _ in 0..tries {
            let mut started = Postgrest::new(bin.clone(), options.port.unwrap_or_else(free_port));
            started.configure(
                &server.url_as("authenticator", "authenticator", database),
                &options,
            );
            match started.spawn() {
                Ok(()) => return started,
                Err(log) => said = log,
            }
        }
        panic!("PostgREST in {} does not start:\n{said}", bin.display());
    }

    fn new(bin: PathBuf, port: u16) -> Postgrest {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let dir = tempfile::Builder::new()
            .prefix("shadowgate-rest-")
            .tempdir_in("/tmp");
        Postgrest {
            dir: dir.expect("a folder in /tmp"),
            bin,
            port,
            // Each server its own, so that no answer can be another server's.
            secret: format!("the secret of test server {process}-{count}-{port}, long enough"),
            keeper: None,
        }
    }

    fn configure(&self, database: &str, options: &Options) {
        let Options { schemas, extra, .. } = options;
        let mut lines = format!(
            "db-uri = \"{database}\"\ndb-schemas = \"{schemas}\"\njwt-secret = \"{}\"\n\
             server-host = \"127.0.0.1\"\nserver-port = {}\n{extra}\n",
            self.secret, self.port
        );
        if let Some(rows) = options.max_rows {
            lines += &format!("db-max-rows = {rows}\n");
        }
        if let Some(anon) = options.anon {
            lines += &format!("db-anon-role = \"{anon}\"\n");
        }
        let open = |path: &std::path::Path, mode| {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(path, mode).expect("its mode");
        };
        let path = self.dir.path().join("postgrest.conf");
        std::fs::write(&path, lines).expect("a file in the server's folder");
        open(self.dir.path(), 0o755);
        open(&path, 0o644);
    }

    /// Starts the server and waits until it answers with its schema cache loaded.
    fn spawn(&mut self) -> Result<(), String> {
        let keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .env("BIN", &self.bin)
            .env("DIR", self.dir.path())
            .env("AS", install::owner().unwrap_or(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh starts");
        self.keeper = Some(keeper);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.is_ready() {
                return Ok(());
            }
            let keeper = self.keeper.as_mut().expect("it was started");
            if keeper.try_wait().expect("its state").is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(self.log())
    }

    /// Whether this server, by its secret, answers about its schemas.
    fn is_ready(&self) -> bool {
        let bearer = format!("Bearer {}", self.jwt("authenticator"));
        let answer = http::request("HEAD", &self.url(), &[("Authorization", &bearer)]);
        answer.is_ok_and(|answer| !matches!(answer.status, 401 | 503))
    }

    /// The root, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the server has said so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Gets a path as a role, or without any token.
    pub fn get(&self, path: &str, role: Option<&str>, headers: &[(&str, &str)]) -> http::Answer {
        let bearer = role.map(|role| format!("Bearer {}", self.jwt(role)));
        let mut all = headers.to_vec();
        all.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        let url = self.url() + path;
        http::request("GET", &url, &all)
            .unwrap_or_else(|error| panic!("{url}: {error}; the server says:\n{}", self.log()))
    }

    /// A token for a role, good for an hour.
    pub fn jwt(&self, role: &str) -> String {
        self.token(&claims(role, 3600))
    }

    /// One that was good until an hour ago.
    pub fn jwt_expired(&self, role: &str) -> String {
        self.token(&claims(role, -3600))
    }

    /// One that somebody else signed.
    pub fn jwt_forged(&self, role: &str) -> String {
        sign(&claims(role, 3600), &format!("not {}", self.secret))
    }

    /// A token that claims this JSON.
    pub fn token(&self, claims: &str) -> String {
        sign(claims, &self.secret)
    }

    /// Kills the server: its connections break, and new ones are refused.
    pub fn stop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            let mut stdin = keeper.stdin.take().expect("a pipe");
            // Fails where the server has ended by itself.
            let _ = stdin.write_all(b"keep\n");
            drop(stdin);
            let _ = keeper.wait();
        }
    }

    /// Starts it again, on its port and with its secret, after `stop` or instead.
    pub fn restart(&mut self) {
        self.stop();
        if let Err(log) = self.spawn() {
            panic!("PostgREST does not start again:\n{log}");
        }
    }
}

impl Drop for Postgrest {
    fn drop(&mut self) {
        self.stop();
    }
}

fn claims(role: &str, seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("a clock after 1970").as_secs() as i64;
    format!(r#"{{"role":"{role}","iat":{now},"exp":{}}}"#, now + seconds)
}

fn sign(claims: &str, secret: &str) -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", encode(claims.as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", encode(&mac.finalize().into_bytes()))
}
