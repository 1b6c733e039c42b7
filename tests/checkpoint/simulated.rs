//! A file system that forgets: what is not synced may be lost in a power cut, in any mixture of sectors; and any operation may fail,
//! or be the last one before the process is killed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use specdyn::sweep::{Folder, LogFile};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::rc::Rc;

/// Disks write sectors whole.
const SECTOR: usize = 512;

/// A deliberate fault in the file system or in the order of operations, to see that the harness notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    None,
    /// `sync` of a file does nothing, and says it did.
    SyncDoesNothing,
    /// The folder is never synced, and names behave as names do.
    FolderSyncDoesNothing,
    /// Bytes are synced before they are written (the caller's order reversed).
    WriteAfterSync,
}

/// What a fault does when its operation comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is killed before the operation: it and all later ones fail, and nothing of them happens.
    Kill,
    /// Like a kill, with a write that got some of its bytes out.
    KillMidWrite,
    /// No space: part of a write happens. Later operations fail alike.
    Full,
    /// This one operation fails.
    Error,
}

#[derive(Clone, Debug, Default)]
struct Content {
    /// What a reader sees.
    bytes: Vec<u8>,
    /// What a power cut leaves for certain.
    durable: Vec<u8>,
}

#[derive(Debug)]
struct State {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    operations: u64,
    fault: Option<(u64, Fault)>,
    dead: bool,
    sabotage: Sabotage,
    late: BTreeMap<usize, Vec<u8>>,
}

/// A simulated folder; clones are the same folder.
#[derive(Clone, Debug)]
pub(crate) struct Simulated(Rc<RefCell<State>>);

pub(crate) struct SimulatedFile {
    disk: Simulated,
    file: usize,
    at: u64,
}

impl Simulated {
    pub(crate) fn new(sabotage: Sabotage) -> Self {
        Self(Rc::new(RefCell::new(State {
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            operations: 0,
            fault: None,
            dead: false,
            sabotage,
            late: BTreeMap::new(),
        })))
    }

    /// Operation number `at` from the beginning, counted from 0, fails in this way.
    pub(crate) fn fail_at(&self, at: u64, fault: Fault) {
        self.0.borrow_mut().fault = Some((at, fault));
    }

    /// Operations so far.
    pub(crate) fn operations(&self) -> u64 {
        self.0.borrow().operations
    }

    /// The machine works again: what readers saw last is still there (a killed process).
    pub(crate) fn revive(&self) {
        let mut state = self.0.borrow_mut();
        state.dead = false;
        state.fault = None;
        state.sabotage = Sabotage::None;
    }

    /// The power goes, and comes back: names and bytes are the durable ones, and of what was written since the last sync any
    /// mixture of sectors, with any length between, as `random` has it.
    pub(crate) fn cut_power(&self, random: &mut ChaCha8Rng) {
        let mut state = self.0.borrow_mut();
        let state = &mut *state;
        for content in &mut state.files {
            let length = match random.next_u32() % 3 {
                0 => content.durable.len(),
                1 => content.bytes.len(),
                _ => {
                    let (least, most) = (
                        content.durable.len().min(content.bytes.len()),
                        content.durable.len().max(content.bytes.len()),
                    );
                    least + random.next_u32() as usize % (most - least + 1)
                }
            };
            let mut survived = vec![0; length];
            for (sector, chunk) in survived.chunks_mut(SECTOR).enumerate() {
                let range = sector * SECTOR..sector * SECTOR + chunk.len();
                let (old, new) = (content.durable.get(range.clone()), content.bytes.get(range.clone()));
                // Bytes of a durable sector are never older than the last sync; others may be new, old, or rubbish.
                let prefix = |bytes: &[u8]| {
                    let from = range.start.min(bytes.len());
                    bytes[from..range.end.min(bytes.len())].to_vec()
                };
                let changed = old != new;
                let source = match random.next_u32() % 4 {
                    _ if !changed => prefix(&content.bytes),
                    0 | 1 => prefix(&content.bytes),
                    2 => prefix(&content.durable),
                    _ => {
                        let mut rubbish = vec![0; chunk.len()];
                        random.fill_bytes(&mut rubbish);
                        let safe = prefix(&content.durable);
                        rubbish[..safe.len()].copy_from_slice(&safe);
                        rubbish
                    }
                };
                let count = source.len().min(chunk.len());
                chunk[..count].copy_from_slice(&source[..count]);
            }
            content.bytes = survived.clone();
            content.durable = survived;
        }
        // A rename that was not synced may have happened or not.
        if random.next_u32().is_multiple_of(2) {
            state.names = state.durable_names.clone();
        }
        state.durable_names = state.names.clone();
        state.dead = false;
        state.fault = None;
        state.sabotage = Sabotage::None;
        state.late.clear();
    }

    /// The bytes of a file, as a reader sees them.
    pub(crate) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.0.borrow();
        state.names.get(name).map(|file| state.files[*file].bytes.clone())
    }

    /// Puts bytes there, durably.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.0.borrow_mut();
        state.files.push(Content { durable: bytes.clone(), bytes });
        let file = state.files.len() - 1;
        state.names.insert(name.into(), file);
        state.durable_names.insert(name.into(), file);
    }

    /// Counts an operation; an error where it fails, `Some(share)` where only this share of a write happens.
    fn operate(&self) -> Result<Option<f64>, io::Error> {
        let mut state = self.0.borrow_mut();
        let number = state.operations;
        state.operations += 1;
        if state.dead {
            return Err(io::Error::other("killed"));
        }
        match state.fault {
            Some((at, fault)) if at == number => {
                state.dead = fault != Fault::Error;
                match fault {
                    Fault::Kill | Fault::Error => Err(io::Error::other("failed on purpose")),
                    Fault::KillMidWrite => Ok(Some(0.5)),
                    Fault::Full => Ok(Some(0.3)),
                }
            }
            _ => Ok(None),
        }
    }
}

impl Folder for Simulated {
    type File = SimulatedFile;

    fn read(&self, name: &str) -> io::Result<SimulatedFile> {
        self.open(name)
    }

    fn open(&self, name: &str) -> io::Result<SimulatedFile> {
        let file = self.0.borrow().names.get(name).copied().ok_or(io::ErrorKind::NotFound)?;
        Ok(SimulatedFile { disk: self.clone(), file, at: 0 })
    }

    fn create(&self, name: &str) -> io::Result<SimulatedFile> {
        self.operate()?;
        let mut state = self.0.borrow_mut();
        state.files.push(Content::default());
        let file = state.files.len() - 1;
        state.names.insert(name.into(), file);
        Ok(SimulatedFile { disk: self.clone(), file, at: 0 })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.operate()?;
        let mut state = self.0.borrow_mut();
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.into(), file);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.operate()?;
        let mut state = self.0.borrow_mut();
        if state.sabotage != Sabotage::FolderSyncDoesNothing {
            state.durable_names = state.names.clone();
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("simulated").join(name)
    }
}

impl LogFile for SimulatedFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let share = self.disk.operate()?;
        let mut state = self.disk.0.borrow_mut();
        let count = share.map_or(bytes.len(), |share| (bytes.len() as f64 * share) as usize);
        if state.sabotage == Sabotage::WriteAfterSync {
            state.late.entry(self.file).or_default().extend_from_slice(&bytes[..count]);
        } else {
            state.files[self.file].bytes.extend_from_slice(&bytes[..count]);
        }
        if share.is_some() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.disk.operate()?.is_some() {
            return Err(io::Error::other("failed on purpose"));
        }
        let mut state = self.disk.0.borrow_mut();
        if state.sabotage != Sabotage::SyncDoesNothing {
            state.files[self.file].durable = state.files[self.file].bytes.clone();
        }
        if let Some(late) = state.late.remove(&self.file) {
            state.files[self.file].bytes.extend_from_slice(&late);
        }
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.disk.operate()?;
        self.disk.0.borrow_mut().files[self.file].bytes.truncate(length as usize);
        Ok(())
    }
}

impl Read for SimulatedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.0.borrow();
        let bytes = &state.files[self.file].bytes;
        let rest = bytes.get(self.at as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for SimulatedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = self.disk.0.borrow().files[self.file].bytes.len() as i64;
        let at = match to {
            SeekFrom::Start(at) => at as i64,
            SeekFrom::End(by) => length + by,
            SeekFrom::Current(by) => self.at as i64 + by,
        };
        self.at = u64::try_from(at).map_err(|_| io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// A generator for a case.
pub(crate) fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}
