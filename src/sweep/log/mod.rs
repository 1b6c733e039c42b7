//! The append-only log in which every finished cell is durable before it counts.
//!
//! Why a log, and not an embedded database: cells are only ever added, one process writes, and all of them are read once, at the
//! start. A log does that with one write and one sync for a whole group of cells, has no dependency, and its only failure mode under
//! a crash is a torn end. [`frame`] says how torn and damaged are told apart.

mod folder;
mod frame;
mod record;

pub use folder::{Disk, Folder, LogFile};
pub use record::{Entry, Record};

use crate::experiment::Measured;
use frame::{Frames, Next};
use record::{CellPayload, decode, text_payload};
use std::io;
use std::path::PathBuf;

/// Name of the log in its folder.
pub const LOG: &str = "cells.log";
const NEW_LOG: &str = "cells.log.new";

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The system refused an operation.
    #[error("cannot {operation} {}: {source}", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Bytes in the middle are not what was written.
    #[error("{}: frame {frame}, at byte {offset}, is damaged, and whole frames follow it: no crash does that", path.display())]
    Damaged {
        /// The log.
        path: PathBuf,
        /// Number of the frame, from 0.
        frame: u32,
        /// Where it begins.
        offset: u64,
    },
    /// The first frame is not the beginning of a log.
    #[error("{}: this is not the beginning of a log of cells", path.display())]
    NoLog {
        /// The file.
        path: PathBuf,
    },
    /// A whole frame that this version cannot read.
    #[error("{}: frame {frame} is whole, but this version of specdyn cannot read it", path.display())]
    Unknown {
        /// The log.
        path: PathBuf,
        /// Number of the frame, from 0.
        frame: u32,
    },
}

/// What to do about damage in the middle of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Name it, and use nothing of the log.
    Refuse,
    /// Keep what is whole and drop the rest.
    Drop,
}

/// A log that cells are added to.
#[derive(Debug)]
pub struct Log<F: Folder> {
    folder: F,
    file: F::File,
    /// Number of the next frame.
    next: u32,
    /// Bytes that are durable.
    length: u64,
    /// Writing failed: what is on disk behind `length` is unknown.
    failed: bool,
    buffer: Vec<u8>,
}

impl<F: Folder> Log<F> {
    /// Makes a log with no cells, in place of one that is there. `identity` is the configuration that gives cells their meaning, `options`
    /// that of the first session.
    ///
    /// # Errors
    /// [`LogError::Io`]; an earlier log is then still there.
    pub fn create(folder: F, identity: &str, options: &str) -> Result<Self, LogError> {
        Self::write_anew(folder, vec![text_payload(b'H', identity), text_payload(b'S', options)])
    }

    /// Opens the log to add to it, and shows all that it says to `see`. A torn end is cut off: what was in it never counted.
    ///
    /// # Errors
    /// [`LogError`]; with [`Damage::Drop`], damage behind the first frame is none.
    pub fn open(folder: F, damage: Damage, mut see: impl FnMut(Entry<'_>)) -> Result<Self, LogError> {
        let mut file = folder.open(LOG).map_err(failed("open", folder.path(LOG)))?;
        let mut whole = Vec::new();
        let mut keep = |payload: Vec<u8>| whole.push(payload);
        let keep: Option<&mut dyn FnMut(Vec<u8>)> = if damage == Damage::Drop { Some(&mut keep) } else { None };
        let end = scan(&mut file, folder.path(LOG), &mut see, keep)?;
        if end.dropped {
            return Self::write_anew(folder, whole);
        }
        // What a killed process left in the system's memory counts from here on, so it must be durable: bytes, and the name.
        file.truncate(end.offset).and_then(|()| file.sync()).map_err(failed("write", folder.path(LOG)))?;
        folder.sync().map_err(failed("write the folder of", folder.path(LOG)))?;
        Ok(Self { folder, file, next: end.frames, length: end.offset, failed: false, buffer: Vec::new() })
    }

    fn write_anew(folder: F, payloads: Vec<Vec<u8>>) -> Result<Self, LogError> {
        let at = |operation| failed(operation, folder.path(NEW_LOG));
        let mut file = folder.create(NEW_LOG).map_err(at("create"))?;
        let (mut next, mut length) = (0, 0);
        for payload in payloads {
            let mut bytes = Vec::new();
            frame::encode(next, &payload, &mut bytes).and_then(|()| file.append(&bytes)).map_err(at("write"))?;
            next += 1;
            length += bytes.len() as u64;
        }
        file.sync().map_err(at("write"))?;
        folder.rename(NEW_LOG, LOG).map_err(at("rename"))?;
        folder.sync().map_err(failed("write the folder of", folder.path(LOG)))?;
        Ok(Self { folder, file, next, length, failed: false, buffer: Vec::new() })
    }

    /// Notes that a process begins to work, with its options; or whose work cells are that come from elsewhere.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub fn note_session(&mut self, note: &str) -> Result<(), LogError> {
        self.append(&text_payload(b'S', note))
    }

    /// Makes cells durable: optimizer (an index into `names`), x, y, and what was measured. When this returns, they count.
    ///
    /// # Errors
    /// [`LogError::Io`]; the cells of this call may then be lost, no others. Every later call fails too.
    pub fn commit<'a>(
        &mut self,
        names: &[String],
        cells: impl IntoIterator<Item = (usize, f64, f64, &'a Measured)>,
    ) -> Result<(), LogError> {
        let mut payload = CellPayload::new(names);
        let mut any = false;
        for (optimizer, x, y, measured) in cells {
            if !payload.push(optimizer, x, y, measured) {
                self.append(payload.bytes())?;
                payload = CellPayload::new(names);
                assert!(payload.push(optimizer, x, y, measured), "a cell fits into an empty frame");
            }
            any = true;
        }
        if any { self.append(payload.bytes()) } else { Ok(()) }
    }

    /// Notes that the process ends by itself. Damage to the last cells is from then on told from a torn end.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub fn end_session(&mut self) -> Result<(), LogError> {
        self.append(b"E")
    }

    /// One frame, durable before the next is begun.
    fn append(&mut self, payload: &[u8]) -> Result<(), LogError> {
        let path = || self.folder.path(LOG);
        if self.failed {
            return Err(failed("write", path())(io::Error::other("an earlier write failed")));
        }
        self.buffer.clear();
        frame::encode(self.next, payload, &mut self.buffer).map_err(failed("write", path()))?;
        if let Err(source) = self.file.append(&self.buffer).and_then(|()| self.file.sync()) {
            // After a failed sync the system may have forgotten that the bytes are not on disk: a second one proves nothing.
            self.failed = true;
            let _ = self.file.truncate(self.length);
            return Err(failed("write", path())(source));
        }
        self.next =
            self.next.checked_add(1).ok_or_else(|| failed("write", path())(io::Error::other("too many frames")))?;
        self.length += self.buffer.len() as u64;
        Ok(())
    }
}

/// Shows all that the log in `folder` says to `see`, without changing it; another process may be adding to it.
///
/// # Errors
/// [`LogError`].
pub fn read_log<F: Folder>(folder: &F, mut see: impl FnMut(Entry<'_>)) -> Result<(), LogError> {
    let mut file = folder.read(LOG).map_err(failed("open", folder.path(LOG)))?;
    scan(&mut file, folder.path(LOG), &mut see, None).map(|_| ())
}

/// The configuration that gives the cells of the log in `folder` their meaning.
///
/// # Errors
/// [`LogError`].
pub fn read_identity<F: Folder>(folder: &F) -> Result<String, LogError> {
    let path = folder.path(LOG);
    let mut file = folder.read(LOG).map_err(failed("open", path.clone()))?;
    let first = Frames::new(&mut file).and_then(|mut frames| frames.next()).map_err(failed("read", path.clone()))?;
    let mut identity = None;
    if let Next::Frame(payload) = first {
        decode(&payload, true, &mut |entry| {
            if let Entry::Identity(text) = entry {
                identity = Some(text.to_string());
            }
        });
    }
    identity.ok_or(LogError::NoLog { path })
}

struct End {
    frames: u32,
    offset: u64,
    /// Damage was skipped.
    dropped: bool,
}

/// With `keep`, damage is skipped, and every whole payload is handed to it.
fn scan(
    file: &mut (impl io::Read + io::Seek),
    path: PathBuf,
    see: &mut dyn FnMut(Entry<'_>),
    mut keep: Option<&mut dyn FnMut(Vec<u8>)>,
) -> Result<End, LogError> {
    let mut frames = Frames::new(file).map_err(failed("read", path.clone()))?;
    let mut dropped = false;
    loop {
        let frame = frames.number;
        match frames.next().map_err(failed("read", path.clone()))? {
            Next::Frame(payload) => {
                if !decode(&payload, frame == 0, see) {
                    return Err(if frame == 0 { LogError::NoLog { path } } else { LogError::Unknown { path, frame } });
                }
                if let Some(keep) = &mut keep {
                    keep(payload);
                }
            }
            _ if frame == 0 => return Err(LogError::NoLog { path }),
            Next::End | Next::Torn => return Ok(End { frames: frames.number, offset: frames.offset, dropped }),
            Next::Damaged { resumes, number } if keep.is_some() => {
                frames.skip_to(resumes, number).map_err(failed("read", path.clone()))?;
                dropped = true;
            }
            Next::Damaged { .. } => return Err(LogError::Damaged { path, frame, offset: frames.offset }),
        }
    }
}

fn failed(operation: &'static str, path: PathBuf) -> impl FnOnce(io::Error) -> LogError {
    move |source| LogError::Io { operation, path, source }
}
