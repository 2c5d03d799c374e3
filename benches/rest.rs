//! PostgREST's pages: shadowgate's reading of a table against bare HTTP clients
//! that fetch the same pages by key over as many connections and look at nothing.
//! They are told every page's first key beforehand, and ask as shadowgate does.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::support::Postgres;
use super::support::postgrest::{Options, Postgrest};

/// Rows a page, and connections: shadowgate's own defaults.
const PAGE: u64 = 1000;
const CONNECTIONS: u64 = 2;
/// As shadowgate asks for the table's columns.
const SELECT: &str = "id,property_number,title,prefecture,city,address,building,price,\
    management_fee,area_m2,layout,floor,built_on,station,walk_minutes,latitude,longitude,\
    status,attributes::text,updated_at";

/// The API before `new_rows`, and an old side of so few rows that its reading
/// takes no time, but enough to tell where the keys lie.
pub fn serve(server: &Postgres, rows: u64) -> Postgrest {
    Postgrest::prepare(server, "postgres");
    let every = (rows / 64).max(1);
    server.sql(
        "postgres",
        &format!(
            "DROP TABLE IF EXISTS few_rows;
             CREATE TABLE few_rows (LIKE new_rows INCLUDING ALL);
             INSERT INTO few_rows SELECT * FROM new_rows WHERE id % {every} = 0;
             ANALYZE few_rows; GRANT SELECT ON new_rows TO service_role;"
        ),
    );
    Postgrest::start(server, "postgres", Options::default())
}

/// One client for each part of the keys; `curl` keeps its connection.
pub fn clients(api: &Postgrest, url: &str, rows: u64, tmp: &Path) -> io::Result<Vec<Command>> {
    let header = format!("Authorization: Bearer {}", api.jwt("service_role"));
    let part = rows.div_ceil(CONNECTIONS);
    let mut clients = Vec::new();
    for client in 0..CONNECTIONS {
        let (first, end) = (client * part, ((client + 1) * part).min(rows));
        let mut urls = String::new();
        for after in (first..end).step_by(PAGE as usize) {
            let limit = PAGE.min(end - after);
            urls += &format!(
                "url = \"{url}/new_rows?select={SELECT}&id=gt.{after}&id=not.is.null&order=id.asc&limit={limit}\"\noutput = /dev/null\n",
            );
        }
        let file = tmp.join(format!("urls-{client}"));
        fs::write(&file, urls)?;
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--fail", "--header", &header, "--config"])
            .arg(&file)
            .stdout(Stdio::null());
        clients.push(command);
    }
    Ok(clients)
}

/// shadowgate's two locations and tables, and its key.
pub fn ours(mut verify: Command, server: &Postgres, api: &Postgrest, url: &str) -> Command {
    let token = format!("Bearer {}", api.jwt("service_role"));
    verify
        .args([&server.url("postgres"), url, "--key", "id"])
        .args(["--old-table", "few_rows", "--new-table", "new_rows"])
        .env("SUPABASE_REST_HEADERS_AUTHORIZATION", token);
    verify
}
