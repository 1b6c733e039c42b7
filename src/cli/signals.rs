//! SIGINT and SIGTERM: noted while cells are computed, so that finished ones are made durable; at all other times the end at once,
//! which whatever is on disk is ready for.

use super::CliError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The signals that ask a program to end, with the exit codes that shells expect.
const ENDING: [(i32, i32); 2] = [(2, 130), (15, 143)];

/// Signals received so far.
pub(super) struct Signals {
    received: Arc<AtomicUsize>,
    at_once: Arc<AtomicBool>,
}

impl Signals {
    /// From here on, signals are ours.
    pub(super) fn catch() -> Result<Self, CliError> {
        let signals = Self { received: Arc::default(), at_once: Arc::new(AtomicBool::new(true)) };
        for (signal, code) in ENDING {
            signal_hook::flag::register_conditional_shutdown(signal, code, signals.at_once.clone())?;
            signal_hook::flag::register_usize(signal, signals.received.clone(), code as usize)?;
        }
        Ok(signals)
    }

    /// While `work` runs, a first signal is only noted; a second one ends the process.
    pub(super) fn noted<T>(&self, work: impl FnOnce() -> T) -> T {
        self.at_once.store(false, Ordering::SeqCst);
        let result = work();
        self.at_once.store(true, Ordering::SeqCst);
        result
    }

    /// The exit code of the signal that was noted, if any.
    pub(super) fn code(&self) -> Option<u8> {
        let code = self.received.load(Ordering::SeqCst);
        if code != 0 {
            self.at_once.store(true, Ordering::SeqCst);
        }
        u8::try_from(code).ok().filter(|code| *code != 0)
    }
}
