//! Whether this machine has the memory and the disk that a verification takes.

use std::fs;
use std::path::Path;

use super::line::{Line, Name, State, Trouble};
use super::need::Need;
use super::words::bytes;
use crate::plan::Plan;
use crate::report::writer;

const MIB: u64 = 1 << 20;
/// Buffers and code, whatever is compared.
const BASE: u64 = 64 * MIB;
/// Rows are kept in memory up to this much, whatever the limit.
const ROWS_IN_MEMORY: u64 = 96 * MIB;
/// What should be free on a disk where nobody can say what is needed.
const UNSAID: u64 = 1 << 30;

/// What there is, in bytes; `None` where it cannot be found out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine {
    pub memory: Option<u64>,
    pub temporary: Option<u64>,
    pub reports: Option<u64>,
}

impl Machine {
    pub fn look(plan: &Plan) -> Machine {
        Machine {
            memory: available(),
            temporary: free(&std::env::temp_dir()),
            reports: free(&plan.report_dir),
        }
    }
}

/// The lines of the machine; datasets are compared one after the other, so the
/// largest need counts.
pub fn lines(plan: &Plan, machine: Machine, needs: &[Option<Need>]) -> Vec<Line> {
    let need = match needs.iter().any(Option::is_none) {
        true => None,
        false => needs.iter().copied().flatten().max_by_key(|need| need.most),
    };
    let folder = std::env::temp_dir().display().to_string();
    let report = match writer::check(&plan.report_dir) {
        Err(failure) => Line::failed(Name::ReportDisk, State::Fail, &failure),
        Ok(()) => {
            let row = need.map_or(0, |need| need.row);
            let rows = 8 * plan.max_details as u64 * plan.datasets.len() as u64;
            let most = MIB + rows.saturating_mul(row);
            reports(
                &plan.report_dir.display().to_string(),
                machine.reports,
                most,
            )
        }
    };
    vec![
        memory(plan.memory, machine.memory, need),
        temporary(&folder, machine.temporary, plan.memory, need),
        report,
    ]
}

fn memory(limit: u64, available: Option<u64>, need: Option<Need>) -> Line {
    let likely = need.map(|need| BASE + need.likely.min(limit));
    let most = BASE + need.map_or(limit, |need| need.most.min(limit));
    let mut found = format!("up to {} may be used", bytes(limit));
    if let Some(likely) = likely {
        found.push_str(&format!(", about {} will be", bytes(likely)));
    }
    let Some(available) = available else {
        return Line::ok(
            Name::Memory,
            format!("{found}; how much is free is not known"),
        );
    };
    found.push_str(&format!("; {} is free", bytes(available)));
    let next = format!(
        "say --memory {}MB: what does not fit goes to disk, and the report is the same",
        (available / 2 / 1_000_000).max(64)
    );
    match likely {
        Some(likely) if likely > available => {
            Line::fail(Name::Memory, found, next).about(Trouble::Memory)
        }
        _ if most > available => Line::warn(Name::Memory, found, next).about(Trouble::Memory),
        _ => Line::ok(Name::Memory, found),
    }
}

fn temporary(folder: &str, free: Option<u64>, limit: u64, need: Option<Need>) -> Line {
    // Prints stay in memory as far as it goes, rows do so only a little way.
    let spilled = |need: Need, all: u64| match need.likely == need.most || all == need.most {
        true => all.saturating_sub(ROWS_IN_MEMORY.min(limit / 2)),
        false => all.saturating_sub(limit / 4 * 3),
    };
    let Some(free) = free else {
        return Line::warn(
            Name::TemporaryDisk,
            format!("how much is free in {folder} is not known"),
            "check that TMPDIR names a folder that is there",
        );
    };
    let found = format!("{} free in {folder}", bytes(free));
    let next = "free some, or let TMPDIR name a folder on a larger disk";
    let Some(need) = need else {
        let found = format!("{found}; what is needed is not known");
        return match free < UNSAID {
            true => Line::warn(Name::TemporaryDisk, found, next),
            false => Line::ok(Name::TemporaryDisk, found),
        };
    };
    let (likely, most) = (spilled(need, need.likely), spilled(need, need.most));
    let found = match (likely, most) {
        (0, 0) => format!("{found}, and none is needed"),
        (likely, most) if likely == most => format!("{found}, about {} needed", bytes(most)),
        (likely, most) => format!(
            "{found}, about {} needed, {} where much differs",
            bytes(likely),
            bytes(most)
        ),
    };
    match free {
        free if free < likely => Line::fail(Name::TemporaryDisk, found, next),
        free if free < most => Line::warn(Name::TemporaryDisk, found, next),
        _ => Line::ok(Name::TemporaryDisk, found),
    }
}

fn reports(folder: &str, free: Option<u64>, most: u64) -> Line {
    let Some(free) = free else {
        let found = format!("how much is free in {folder} is not known");
        return Line::warn(Name::ReportDisk, found, "check the report folder's disk");
    };
    let found = format!(
        "{} free in {folder}, a report takes up to {}",
        bytes(free),
        bytes(most)
    );
    let next = "remove old reports, or name another folder with --report-dir";
    match free {
        free if free < most => Line::fail(Name::ReportDisk, found, next),
        free if free / 10 < most => Line::warn(Name::ReportDisk, found, next),
        _ => Line::ok(Name::ReportDisk, found),
    }
}

/// What is free where a folder is, or will be made.
fn free(folder: &Path) -> Option<u64> {
    let here = |path: &Path| match path.as_os_str().is_empty() {
        true => rustix::fs::statvfs("."),
        false => rustix::fs::statvfs(path),
    };
    let found = folder.ancestors().find_map(|path| here(path).ok())?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// What the machine can give, or less where a control group allows less.
fn available() -> Option<u64> {
    let told = fs::read_to_string("/proc/meminfo").ok()?;
    let mut lines = told.lines();
    let line = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let machine = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    Some(group().map_or(machine, |group| group.min(machine)))
}

fn group() -> Option<u64> {
    let read = |file: &str| -> Option<u64> {
        let text = fs::read_to_string(Path::new("/sys/fs/cgroup").join(file)).ok()?;
        text.trim().parse().ok()
    };
    Some(read("memory.max")?.saturating_sub(read("memory.current")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn need(likely: u64, most: u64) -> Option<Need> {
        Some(Need {
            likely,
            most,
            row: 100,
        })
    }

    #[test]
    fn memory_that_is_not_there_turns_it_yellow_and_then_red() {
        for (available, need, state) in [
            (Some(8 * GIB), need(GIB, 20 * GIB), State::Ok),
            (Some(3 * GIB), need(GIB, 20 * GIB), State::Warn),
            (Some(GIB / 2), need(GIB, 20 * GIB), State::Fail),
            (Some(3 * GIB), None, State::Warn),
            (Some(8 * GIB), None, State::Ok),
            (None, need(GIB, GIB), State::Ok),
        ] {
            let line = memory(4 * GIB, available, need);
            assert_eq!(line.state, state, "{available:?} {need:?}: {line:?}");
            let told = line.trouble == Some(Trouble::Memory);
            assert_eq!(told, state != State::Ok);
        }
        let line = memory(4 * GIB, Some(GIB), None);
        assert!(line.next.contains("--memory 536MB"), "{line:?}");
    }

    #[test]
    fn a_disk_that_fills_turns_it_yellow_and_then_red() {
        let of = |free, limit, need| temporary("/tmp", free, limit, need);
        for (free, need, state) in [
            (Some(10 * GIB), need(GIB, 5 * GIB), State::Ok),
            (Some(3 * GIB), need(GIB, 5 * GIB), State::Warn),
            (Some(3 * GIB), need(5 * GIB, 5 * GIB), State::Fail),
            (Some(2 * GIB), None, State::Ok),
            (Some(GIB / 2), None, State::Warn),
            (None, None, State::Warn),
        ] {
            let line = of(free, 2 * GIB, need);
            assert_eq!(line.state, state, "{free:?} {need:?}: {line:?}");
        }
        let small = of(Some(GIB), 2 * GIB, need(MIB, MIB));
        assert!(small.found.contains("none is needed"), "{small:?}");
        let prints = of(Some(MIB), GIB, need(2 * GIB, 9 * GIB));
        assert_eq!(prints.state, State::Fail, "prints spill too: {prints:?}");
    }

    #[test]
    fn a_report_that_has_no_room_turns_it_yellow_and_then_red() {
        let of = |free| reports("reports", free, 100 * MIB);
        assert_eq!(of(Some(2 * GIB)).state, State::Ok);
        assert_eq!(of(Some(500 * MIB)).state, State::Warn);
        assert_eq!(of(Some(50 * MIB)).state, State::Fail);
        assert_eq!(of(None).state, State::Warn);
    }

    #[test]
    fn this_machine_tells() {
        let found = available().expect("Linux tells");
        assert!(found > MIB);
        let here = free(Path::new("")).expect("this disk");
        assert_eq!(
            Some(here > 0),
            free(Path::new("no/such/folder")).map(|it| it > 0)
        );
    }
}
