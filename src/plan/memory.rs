//! How much memory a run may use: a size as given, or a share of what this
//! machine (or the container it is) has.

use crate::config::units::Size;

/// Without `--memory`: a quarter.
pub const DEFAULT: Size = Size::Percent(25);

/// So many bytes.
pub fn bytes(size: Size) -> u64 {
    match size {
        Size::Bytes(bytes) => bytes,
        Size::Percent(percent) => share(total(), percent),
    }
}

fn share(total: u64, percent: u64) -> u64 {
    (total / 100 * percent).max(1)
}

/// The machine's RAM, or less where a control group allows less.
fn total() -> u64 {
    let info = rustix::system::sysinfo();
    let machine = info.totalram.saturating_mul(u64::from(info.mem_unit));
    let limits = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ];
    limits
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok())
        .fold(machine, u64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_what_there_is() {
        assert_eq!(share(1000, 25), 250);
        assert_eq!(bytes(Size::Bytes(7)), 7);
        let (quarter, whole) = (bytes(DEFAULT), bytes(Size::Percent(100)));
        assert!(quarter > 1 << 20 && quarter < whole);
    }
}
