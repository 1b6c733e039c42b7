//! A log of any bytes, and one of whole frames with any payloads: opened or refused; and what is then added is found again.
#![no_main]

use specdyn::experiment::{Measured, Status};
use specdyn::sweep::{Damage, Entry, Folder, LOG, Log, LogFile};
use std::cell::RefCell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::rc::Rc;

type Bytes = Rc<RefCell<Vec<u8>>>;

/// A folder with one file in it, the log (whatever its name is on the way).
#[derive(Clone)]
struct Memory(Bytes);

struct File(Bytes, u64);

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.borrow();
        let mut cursor = Cursor::new(&bytes[..]);
        cursor.set_position(self.1);
        let read = cursor.read(buffer)?;
        self.1 += read as u64;
        Ok(read)
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let bytes = self.0.borrow();
        let mut cursor = Cursor::new(&bytes[..]);
        cursor.set_position(self.1);
        self.1 = cursor.seek(to)?;
        Ok(self.1)
    }
}

impl LogFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.0.borrow_mut().truncate(length as usize);
        Ok(())
    }
}

impl Folder for Memory {
    type File = File;

    fn open(&self, _: &str) -> io::Result<File> {
        Ok(File(self.0.clone(), 0))
    }

    fn create(&self, _: &str) -> io::Result<File> {
        self.0.borrow_mut().clear();
        self.open(LOG)
    }

    fn rename(&self, _: &str, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        name.into()
    }
}

/// Frames with right numbers and checksums: the format of `src/sweep/log/frame.rs`. A byte of `data` is the length of a payload.
fn framed(mut data: &[u8]) -> Vec<u8> {
    let mut log = Vec::new();
    let mut payload = b"H{}".to_vec();
    for number in 0_u32.. {
        let mut sum = crc32fast::Hasher::new();
        let (number, length) = (number.to_le_bytes(), (payload.len() as u32).to_le_bytes());
        for part in [&number[..], &length, &payload] {
            sum.update(part);
        }
        for part in [&b"SDL\x01"[..], &number, &length, &sum.finalize().to_le_bytes(), &payload] {
            log.extend_from_slice(part);
        }
        let Some((length, rest)) = data.split_first() else { break };
        let (next, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        payload = next.to_vec();
        data = rest;
    }
    log
}

fn open(folder: &Memory, damage: Damage) -> Option<(Log<Memory>, u64)> {
    let mut cells = 0;
    let log = Log::open(folder.clone(), damage, |entry| cells += u64::from(matches!(entry, Entry::Cell(_)))).ok()?;
    Some((log, cells))
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    let bytes = if kind % 2 == 0 { data.to_vec() } else { framed(data) };
    let damage = if kind % 4 < 2 { Damage::Refuse } else { Damage::Drop };
    let folder = Memory(Rc::new(RefCell::new(bytes)));
    let Some((mut log, before)) = open(&folder, damage) else { return };
    let measured = Measured { value: Some(0.5), status: Status::Ok };
    log.commit(&["gd".to_string()], [(0, 1.0, 2.0, &measured)]).unwrap();
    let (_, after) = open(&folder, Damage::Refuse).expect("a log that was opened is whole");
    assert_eq!(after, before + 1);
});
