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

pub const EXITS: &str = exits!();

pub const TOP: &str = concat!(
    "Examples:
  # Two exports of one table
  shadowgate verify old.csv new.jsonl --key property_number

  # What shadowgate.toml describes
  shadowgate init old.csv new.jsonl --key property_number
  shadowgate verify

  # Why one row differs
  shadowgate explain JP-000123 old.csv new.jsonl --key property_number

",
    exits!()
);

pub const VERIFY: &str = concat!(
    "Without OLD and NEW, shadowgate.toml in the working directory (or --config)
says everything, and flags override it. With them no configuration is read
unless --config names one.

Examples:
  # Two files; the key is a pair of columns
  shadowgate verify old.csv.gz new.jsonl --key property_number,room

  # One table in two databases, except a column that always differs
  shadowgate verify postgres://app@old.example/app postgres://app@new.example/app \\
      --table public.property_listings --ignore synced_at

  # A query against SQLite, rows of one prefecture, every key must match
  shadowgate verify sqlite:old.db sqlite:new.db --old-query queries/listings_old.sql \\
      --new-table listings --where \"prefecture = '東京都'\" --match-rate 100%

  # One dataset of a configuration, for a script
  shadowgate verify --dataset listings --format json > report.json

  # With little memory; the report is the same
  shadowgate verify --memory 256MB

",
    exits!()
);

pub const INIT: &str = "Examples:
  shadowgate init old.csv new.jsonl --key property_number
  shadowgate init postgres://app@old.example/app sqlite:new.db --table listings
  shadowgate init old.csv new.csv --key id --output - | less";

pub const EXPLAIN: &str = "Examples:
  # With shadowgate.toml
  shadowgate explain JP-000123

  # Without one; the key is a pair of columns
  shadowgate explain '[\"JP-000123\", 2]' old.csv new.csv --key property_number,room";

pub const COLUMNS: &str = "Examples:
  shadowgate columns
  shadowgate columns old.csv postgres://app@new.example/app --new-table listings";

pub const COMPLETIONS: &str = "Examples:
  shadowgate completions bash > /etc/bash_completion.d/shadowgate
  shadowgate completions zsh > ~/.zfunc/_shadowgate";
