//! Lets others on the machine go first. Where readers and workers share their cores
//! with servers, a reader that has to wait for a worker asks for the next page later,
//! and a server answers later: what has come can be worked on meanwhile.

/// By how much a worker is nicer than the thread that made it: with a third of its
/// weight, it still gets on where a machine is kept busy. That tells among threads which
/// the scheduler weighs together; those of another container or session may not be.
#[cfg(target_os = "linux")]
const NICER: i32 = 5;

/// Lowers the calling thread's priority: on Linux, where each has its own. Where that
/// is not allowed, only time is lost.
pub fn let_others_go_first() {
    #[cfg(target_os = "linux")]
    {
        use rustix::{process, thread};
        let this = Some(thread::gettid());
        if let Ok(now) = process::getpriority_process(this) {
            let _ = process::setpriority_process(this, now + NICER);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::{process, thread};

    use super::*;

    fn priority() -> i32 {
        process::getpriority_process(Some(thread::gettid())).expect("a priority")
    }

    #[test]
    fn a_thread_lowers_its_own_priority_and_no_other() {
        let before = priority();
        let lowered = std::thread::spawn(|| {
            let_others_go_first();
            priority()
        });
        // 19 is as nice as can be.
        assert_eq!(lowered.join().expect("ends"), (before + NICER).min(19));
        assert_eq!(priority(), before);
    }
}
