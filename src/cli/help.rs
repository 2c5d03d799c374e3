//! The examples and exit codes that close each command's help.

macro_rules! exits {
    () => {
        "Exit codes:
  0    pass: the new side returns what the old one does
  1    fail: a gate is broken
  2    usage or configuration error, found before any row was read
  3    inconclusive: the data could not be seen whole
  4    another run holds the lock
  5    rollback advised (phase plans only)
  130  interrupted (143: terminated)"
    };
}

macro_rules! rollback_exits {
    () => {
        "Exit codes:
  0    SAFE: nothing of new would be lost
  1    LOSES N ROWS: these are proven to be lost
  2    usage or configuration error, found before any row was read
  3    CANNOT TELL: not everything could be seen, or told apart
  130  interrupted (143: terminated)"
    };
}

pub const EXITS: &str = exits!();

pub const TOP: &str = concat!(
    "Examples:
  # Two exports of one table
  shadowgate verify old.csv new.jsonl --key property_number

  # What shadowgate.toml describes
  shadowgate init old.csv new.jsonl
  shadowgate verify

  # What a rollback would lose
  shadowgate rollback-check

  # Why one row differs
  shadowgate explain JP-000123 old.csv new.jsonl --key property_number

",
    exits!()
);

/// What is read from the environment, which is the same for all commands.
macro_rules! environment {
    () => {
        "A setting is what a flag says, else the configuration, else the environment,
else a default; -v tells which. Variables (--env-file reads more of them):
  STAGING_DB_URL                        the old side, where nothing else names it
  SUPABASE_REST_URL                     the new side, likewise
  SUPABASE_URL                          the same, without /rest/v1 at its end
  SUPABASE_REST_HEADERS_APIKEY          the apikey header, else
  SUPABASE_SERVICE_ROLE_KEY, SUPABASE_ANON_KEY
  SUPABASE_REST_HEADERS_AUTHORIZATION   the bearer token, else
  SUPABASE_SERVICE_ROLE_KEY             where it is a JWT
  SYNC_RATE_LIMIT_PER_SECOND            the sync's requests; half as many are made
  SYNC_BATCH_SIZE                       rows of a page
  SYNC_CIRCUIT_BREAKER_THRESHOLD        after so many failures in a row the server is
  SYNC_CIRCUIT_BREAKER_TIMEOUT          left alone for so many milliseconds
  LOG_LEVEL                             error, warn, info or debug, without -v
Keys go only to the server that SUPABASE_REST_URL or SUPABASE_URL names, if one
of them is set."
    };
}

pub const VERIFY: &str = concat!(
    "Without OLD and NEW, shadowgate.toml in the working directory (or --config)
says everything, and flags override it. With them no configuration is read
unless --config names one.

",
    environment!(),
    "

Examples:
  # Two files; the key is a pair of columns
  shadowgate verify old.csv.gz new.jsonl --key property_number,room

  # One table in two databases, except a column that always differs
  shadowgate verify postgres://app@old.example/app postgres://app@new.example/app \\
      --table public.property_listings --ignore synced_at

  # A query against SQLite, rows of one prefecture, every key must match
  shadowgate verify sqlite:old.db sqlite:new.db --old-query queries/listings_old.sql \\
      --new-table listings --where \"prefecture = '東京都'\" --match-rate 100%

  # The old database and Supabase, as the environment names them
  shadowgate verify --table property_listings --env-file .env

  # Rows of one status: SQL on one side, PostgREST's terms on the other
  shadowgate verify postgres://app@old.example/app https://new.example/rest/v1 \\
      --table listings --old-where \"status = 'active'\" --new-where status=eq.active

  # One dataset of a configuration, for a script
  shadowgate verify --dataset listings --format json > report.json

  # A dry run that prints a part as JSON Lines: only its keys are compared
  shadowgate verify old.csv \"command:npx ts-node dry-run.ts --json\" \\
      --key property_number --scope keys-of-new

  # What changed in the last day, save what may still be on its way
  shadowgate verify --since updated_at=24h --until 15m

  # With little memory; the report is the same
  shadowgate verify --memory 256MB

  # With an end: by then what was seen is compared and reported, as inconclusive
  shadowgate verify --deadline 10m

",
    exits!()
);

pub const ROLLBACK_EXITS: &str = rollback_exits!();

pub const ROLLBACK: &str = concat!(
    "A rollback sends traffic back to OLD, so rows that only NEW has, or that are newer
in NEW, would be lost. What is cheap to know of OLD is asked first, then both sides
are compared as far as --deadline lets. The first line answers; the rows that would
be lost are in lost_only_in_new.csv and lost_newer_in_new.csv, all of them, whole.
Gates, recheck and the lock have no say in it: it may run beside a verification.

In the configuration:
  [datasets.listings.rollback]
  updated_at = \"updated_at\"             # tells which of two rows is newer
  group_by = \"system\"                   # rows are counted by its values
  sync_state = \"SELECT state, updated_at FROM sync_state\"
  emergency_stop = \"queries/emergency_stop.sql\"
  since = \"30m\"                         # or --since: rows of OLD that changed

Examples:
  # What shadowgate.toml describes
  shadowgate rollback-check

  # With five minutes to decide, and what old was given since the switch
  shadowgate rollback-check --deadline 5m --since '2026-11-26 02:40'

  # Two sources that no configuration names; nothing tells which row is newer
  shadowgate rollback-check postgres://app@old.example/app https://x.supabase.co/rest/v1 \\
      --table property_listings

  # For a script
  shadowgate rollback-check --format json | jq -r .sentence

",
    rollback_exits!()
);

pub const INIT: &str =
    "Reads both sources whole. The key is the one given, else the sources' own, else
columns that are unique and never NULL on both sides. A column that no side
declares gets a type where every cell of both reads as it. A URL's password is
not written: the file reads the URL from the environment. Without OLD and NEW they
are STAGING_DB_URL and SUPABASE_REST_URL (or SUPABASE_URL).

Examples:
  shadowgate init old.csv new.jsonl
  shadowgate init old.csv new.jsonl --key property_number --ignore synced_at
  shadowgate init postgres://app@old.example/app new.csv --old-table listings
  shadowgate init old.csv new.csv --output - | less
  shadowgate init --env-file .env --table property_listings

Exit codes:
  0  written
  2  something to mend: no key is there, the file is there already
  3  a source could not be read, or the file not be written";

pub const EXPLAIN: &str =
    "Shows of each column the raw cells, their text after each rule that changed
them, the value as which they are compared, and why they differ; then the
prints by which a verification tells rows apart. -v adds the canonical bytes.

Examples:
  # With shadowgate.toml
  shadowgate explain JP-000123

  # Without one
  shadowgate explain JP-000123 old.csv new.jsonl --key property_number

  # The key is a pair of columns
  shadowgate explain '[\"JP-000123\", 2]' old.csv new.csv --key property_number,room

  # A key as differences.csv has it
  shadowgate explain '{\"property_number\":\"JP-000123\"}'

Exit codes:
  0  matched: one row on each side, and they are equal
  1  differing, missing, extra or duplicated
  2  usage or configuration error
  3  the key is on neither side or is not compared, or a source could not be read";

pub const COLUMNS: &str =
    "Reads no row. What stands in the way of a verification is told at the end.

Examples:
  # With shadowgate.toml
  shadowgate columns

  shadowgate columns old.csv new.jsonl --key property_number
  shadowgate columns old.csv postgres://app@new.example/app --new-table listings

Exit codes:
  0  a verification could begin
  2  something is to be mended first: no key, types that cannot agree
  3  a source could not be looked at";

pub const PACE: &str = concat!(
    "Reads each side whole, as often as --runs says, in turn (old, new, new, old, …) and
never both at once, and compares nothing. Prints each side's median time to its
first row and to its end, rows per second and pages, with the least and the most,
and first of all, in one sentence, how new compares with old. The ratio is taken
pair by pair. Where not every pair says the same there is no clear difference;
of 5 pairs all say the same by chance alone once in 16. Where the sides hold unequal
numbers of rows the times are told, and marked.

A time begins with the request for rows: connecting, the schema and the counts are
no part of it. Each reading opens its source anew. A rate limit holds requests to
PostgREST back: the figures are then of the limit, not of the path.

A command is a path too. Run more than once, it is run again each time: say
--repeat-command if that does no harm.

",
    environment!(),
    "

Examples:
  # With shadowgate.toml
  shadowgate pace

  # A table in the old database and behind Supabase's API, without a rate limit
  shadowgate pace postgres://app@old.example/app https://new.example/rest/v1 \\
      --table listings --runs 9 --rate-limit off

  # For a script: new's median time divided by old's
  shadowgate pace --quiet --format json | jq .ratio.seconds.median

Exit codes:
  0    measured
  2    usage or configuration error, found before any row was read
  3    a side could not be read whole as often as asked
  130  interrupted (143: terminated)"
);

pub const DOCTOR: &str = concat!(
    "Each line is ok, warn or fail, with what to do. All sides are asked at once and for
a few seconds; no row is read but the keys of one page, to see how long pages may
be. Keys and passwords are never shown.

Lines: configuration, memory, temporary disk, report disk; for each side reached,
TLS, keys, role, rights, row security, clock, page cap, server limits; for each
dataset columns, key, row counts, same store, duration. In square brackets stands
the trouble that a line is a case of: slow sync, inconsistent data, memory,
401/403, pool exhausted.

",
    environment!(),
    "

Examples:
  # With shadowgate.toml
  shadowgate doctor

  shadowgate doctor postgres://app@old.example/app https://x.example/rest/v1 \\
      --old-table public.listings --new-table listings

  # For a script: the lines that fail
  shadowgate doctor --format json | jq '.lines[] | select(.state == \"fail\")'

Exit codes:
  0    no line fails: a verification can begin
  2    usage or configuration error
  3    a line fails
  130  interrupted (143: terminated)"
);

pub const COMPLETIONS: &str = "Examples:
  shadowgate completions bash > /etc/bash_completion.d/shadowgate
  shadowgate completions zsh > ~/.zfunc/_shadowgate";
