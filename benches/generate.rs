//! Writes the two CSV files that the benchmarks compare: property listings of
//! twenty columns, the same on both sides but for a given share of the rows.
//!
//! ```text
//! cargo run --release --example generate -- --rows 1000000 --differing 0.005 --out DIR
//! ```
//!
//! Every row follows from its number alone, so any two runs write the same bytes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Parser;

#[derive(Parser)]
#[command(about = "Writes old.csv and new.csv for the benchmarks")]
struct Args {
    /// Rows a side.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// The share of rows whose price differs, from 0 to 1.
    #[arg(long, default_value_t = 0.005)]
    differing: f64,
    /// Writes the new side's rows in another order.
    #[arg(long)]
    shuffled: bool,
    /// The folder to write to.
    #[arg(long, default_value = ".")]
    out: PathBuf,
}

const HEADER: &str = "id,property_number,title,prefecture,city,address,building,price,management_fee,area_m2,layout,floor,built_on,station,walk_minutes,latitude,longitude,status,attributes,updated_at\n";
const PREFECTURES: [&str; 6] = ["東京都", "大阪府", "神奈川県", "愛知県", "福岡県", "北海道"];
const CITIES: [&str; 7] = [
    "新宿区",
    "港区",
    "世田谷区",
    "横浜市中区",
    "名古屋市中村区",
    "福岡市博多区",
    "札幌市中央区",
];
const STATIONS: [&str; 6] = ["新宿", "渋谷", "横浜", "名古屋", "博多", "札幌"];
const LAYOUTS: [&str; 8] = ["1R", "1K", "1DK", "1LDK", "2DK", "2LDK", "3LDK", "4LDK"];
const STATUSES: [&str; 4] = ["公開中", "専任・公開中", "商談中", "成約済"];

fn main() -> io::Result<()> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.out)?;
    let file = |name: &str| File::create(args.out.join(name)).map(BufWriter::new);
    let mut old = file("old.csv")?;
    let mut new = file("new.csv")?;
    old.write_all(HEADER.as_bytes())?;
    new.write_all(HEADER.as_bytes())?;
    let changed_below = (args.differing * u32::MAX as f64) as u64;
    for number in 0..args.rows {
        row(&mut old, number, false)?;
        let number = if args.shuffled {
            place(number, args.rows)
        } else {
            number
        };
        row(&mut new, number, mixed(number, 99) >> 32 < changed_below)?;
    }
    old.flush()?;
    new.flush()
}

/// A permutation of `0..rows`: multiplication by a number that shares no factor.
fn place(number: u64, rows: u64) -> u64 {
    let mut step = (2_654_435_761 % rows.max(2)) | 1;
    while common_factor(step, rows) != 1 {
        step += 2;
    }
    ((u128::from(number) * u128::from(step)) % u128::from(rows.max(1))) as u64
}

fn common_factor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_factor(b, a % b) }
}

/// SplitMix64 of a row's number and a column.
fn mixed(number: u64, column: u64) -> u64 {
    let mut z = number
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(column << 17);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn row(out: &mut impl Write, number: u64, changed: bool) -> io::Result<()> {
    let any = |column: u64, below: u64| mixed(number, column) % below;
    let pick = |column: u64, of: &[&'static str]| of[any(column, of.len() as u64) as usize];
    let (prefecture, city, station) = (pick(1, &PREFECTURES), pick(2, &CITIES), pick(3, &STATIONS));
    let layout = pick(4, &LAYOUTS);
    let (town, block) = (any(5, 8) + 1, any(6, 30) + 1);
    let price = (any(7, 28_000) + 500) * 10_000 + u64::from(changed);
    write!(
        out,
        "{number},BK{number:09},{station}駅 徒歩{walk}分 {layout} 南向き角部屋リノベーション済,{prefecture},{city},{prefecture}{city}中央{town}丁目{block}番{room}号,パークハイツ{city}第{town}棟,{price},{fee},{area}.{cents:02},{layout},{floor},",
        walk = any(8, 20) + 1,
        room = any(9, 20) + 1,
        fee = any(10, 300) * 100,
        area = any(11, 120) + 12,
        cents = any(12, 100),
        floor = any(13, 40) + 1,
    )?;
    writeln!(
        out,
        "{year}-{month:02}-{day:02},{station},{walk},{latitude:.7},{longitude:.7},{status},\"{{\"\"pet\"\": {pet}, \"\"parking\"\": {parking}, \"\"rent\"\": \"\"{block}\"\"}}\",2026-{m:02}-{d:02} {h:02}:{i:02}:{s:02}.{us:06}+00",
        year = 1975 + any(14, 50),
        month = any(15, 12) + 1,
        day = any(16, 28) + 1,
        walk = any(8, 20) + 1,
        latitude = 33.0 + any(17, 100_000_000) as f64 / 1e7,
        longitude = 130.0 + any(18, 110_000_000) as f64 / 1e7,
        status = pick(19, &STATUSES),
        pet = any(20, 2) == 1,
        parking = any(21, 4),
        m = any(22, 10) + 1,
        d = any(23, 28) + 1,
        h = any(24, 24),
        i = any(25, 60),
        s = any(26, 60),
        us = any(27, 1_000_000),
    )
}
