//! The few operations of a file system that a log is made of, so that tests can put a failing one underneath.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A folder that holds a log.
pub trait Folder {
    /// A file in it.
    type File: LogFile;

    /// Opens a file for reading alone: it may be in a folder, or on a disk, where nothing can be written.
    ///
    /// # Errors
    /// Those of the system; `NotFound` where there is none.
    fn read(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file for reading and appending.
    ///
    /// # Errors
    /// Those of the system; `NotFound` where there is none.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Makes an empty file, in place of one that is there.
    ///
    /// # Errors
    /// Those of the system.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Gives a file another name, in place of the file that has it.
    ///
    /// # Errors
    /// Those of the system.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes the names in the folder durable.
    ///
    /// # Errors
    /// Those of the system.
    fn sync(&self) -> io::Result<()>;

    /// Where a person finds the file.
    fn path(&self, name: &str) -> PathBuf;
}

/// A file that is read, and written at its end only.
pub trait LogFile: Read + Seek {
    /// Writes all of `bytes` at the end.
    ///
    /// # Errors
    /// Those of the system; some of the bytes may then be there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when the content is durable.
    ///
    /// # Errors
    /// Those of the system; what was appended since the last success may then be lost, whatever a later call says.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file off after `length` bytes.
    ///
    /// # Errors
    /// Those of the system.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

/// A folder of the operating system.
#[derive(Clone, Debug)]
pub struct Disk(PathBuf);

impl Disk {
    /// The folder at `path`, which must exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Folder for Disk {
    type File = File;

    fn read(&self, name: &str) -> io::Result<File> {
        File::open(self.0.join(name))
    }

    fn open(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).append(true).open(self.0.join(name))
    }

    fn create(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).append(true).create(true).open(self.0.join(name)).and_then(|file| {
            file.set_len(0)?;
            Ok(file)
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    fn sync(&self) -> io::Result<()> {
        sync_folder(&self.0)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl LogFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::End(0))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
