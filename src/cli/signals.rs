//! Ctrl-C and `kill`: the first tells the run to end well, which takes a few
//! seconds; another ends the process at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use crate::stop::{Cause, Stop};

const HEARD: [(i32, Cause); 2] = [(SIGINT, Cause::Interrupted), (SIGTERM, Cause::Terminated)];

/// Told by signals from now on.
pub fn listen() -> Stop {
    let stop = Stop::default();
    if let Err(error) = register(&stop) {
        eprintln!("warning: signals will end this process at once: {error}");
    }
    stop
}

fn register(stop: &Stop) -> io::Result<()> {
    let again = Arc::new(AtomicBool::new(false));
    for (signal, cause) in HEARD {
        let exit = cause.signal().map_or(0, |(_, exit)| exit.code());
        // In this order the first signal finds the flag unset. The handler itself
        // ends the process: it must not hang where all threads do.
        flag::register_conditional_shutdown(signal, i32::from(exit), Arc::clone(&again))?;
        flag::register(signal, Arc::clone(&again))?;
    }
    let mut signals = Signals::new(HEARD.map(|(signal, _)| signal))?;
    let stop = stop.clone();
    let wait = move || signals.forever().for_each(|signal| tell(&stop, signal));
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)?;
    Ok(())
}

fn tell(stop: &Stop, signal: i32) {
    let heard = HEARD.iter().find(|(known, _)| *known == signal);
    if let Some((_, cause)) = heard {
        stop.tell(*cause);
        let name = cause.signal().map_or("a signal", |(name, _)| name);
        tracing::warn!("{name}: ending with what was seen; another one ends at once");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signal_has_its_exit_code() {
        let code = |cause: Cause| cause.signal().map(|(_, exit)| exit.code());
        for (signal, cause) in HEARD {
            // What a shell says of a process that this signal ended.
            assert_eq!(code(cause).map(i32::from), Some(128 + signal));
            let stop = Stop::default();
            tell(&stop, signal);
            assert_eq!(stop.cause(), Some(cause));
        }
        assert_eq!(code(Cause::Deadline), None);
    }
}
