//! Finds the servers' binaries; where there are none and it may, installs them.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Names the folder of another server's binaries, to test against its version.
const CHOSEN: &str = "SHADOWGATE_TEST_PG_BIN";

/// The folder with `initdb`, `postgres`, `pg_ctl` and `psql` of the newest server.
pub fn binaries() -> PathBuf {
    if let Some(chosen) = std::env::var_os(CHOSEN) {
        return PathBuf::from(chosen);
    }
    if let Some(found) = find() {
        return found;
    }
    // Test binaries start side by side; one of them installs.
    let lock = File::create(std::env::temp_dir().join("shadowgate-install.lock"));
    let lock = lock.expect("a lock file in the temporary folder");
    lock.lock().expect("the lock");
    if find().is_none() {
        install();
    }
    find().expect("PostgreSQL was installed, but its initdb is not where Debian puts it")
}

/// The PostgREST server, which `tests/get-postgrest` fetches where it is missing.
pub fn postgrest() -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/get-postgrest");
    let output = Command::new(script).stderr(Stdio::inherit()).output();
    let output = output.expect("tests/get-postgrest runs");
    assert!(
        output.status.success(),
        "tests/get-postgrest failed, and said why: run it by hand until it succeeds"
    );
    let path = String::from_utf8(output.stdout).expect("a path in UTF-8");
    PathBuf::from(path.trim_end())
}

/// The user who runs the server: it refuses to run as root.
pub fn owner() -> Option<&'static str> {
    is_root().then_some("postgres")
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout.trim_ascii() == b"0"
}

fn find() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let newest = versions
        .flatten()
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max();
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|bin| bin.join("initdb").exists())
    };
    newest.map(|(_, bin)| bin).or_else(on_path)
}

fn install() {
    let debian = std::path::Path::new("/etc/debian_version").exists();
    assert!(
        debian && is_root(),
        "these tests need a PostgreSQL server's binaries: install the package \
         `postgresql` (Debian, Ubuntu), or put the folder of `initdb` on PATH"
    );
    eprintln!("PostgreSQL is missing: installing Debian's package `postgresql` for the tests");
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        let status = command
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "apt-get {} failed: install the package `postgresql` by hand",
            args.join(" ")
        );
    };
    apt(&["update"]);
    apt(&["install", "-y", "--no-install-recommends", "postgresql"]);
}
