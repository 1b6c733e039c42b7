use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name of the file that is locked. It stays behind: removing it would let two processes lock two files of one name.
const LOCK: &str = "cells.lock";

/// Longer than [`Lock::is_taken`] holds what it looks at.
const A_LOOK: Duration = Duration::from_millis(50);

/// The right to change a folder, of one process at a time; given back when dropped, and by the system when the process dies.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, not used")] File);

/// Why a folder could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{}: another process is at work there", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refused.
    #[error("cannot lock {}: {source}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Lock {
    /// Locks `folder`, which must exist, without waiting.
    ///
    /// # Errors
    /// Another process has it, or the system refused.
    pub fn acquire(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(LOCK);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = match file {
            Ok(file) => file,
            Err(source) => return Err(LockError::Io { path, source }),
        };
        let mut locked = file.try_lock();
        if matches!(locked, Err(TryLockError::WouldBlock)) {
            std::thread::sleep(A_LOOK); // someone may only have looked
            locked = file.try_lock();
        }
        match locked {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::Busy { folder: folder.into() }),
            Err(TryLockError::Error(source)) => Err(LockError::Io { path, source }),
        }
    }

    /// Whether some process is at work in `folder` at this moment.
    pub fn is_taken(folder: &Path) -> bool {
        File::open(folder.join(LOCK)).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}
