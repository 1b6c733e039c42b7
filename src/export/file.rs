//! Files that are either the old one or the new one, never half of either.

use super::provenance::Provenance;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It is there already, and was not to be replaced.
    #[error("{} exists; choose another name, or replace it with --force", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Nothing can be created there.
    #[error("cannot create {}: {source}", path.display())]
    CannotCreate {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Writing began and failed. The file is as it was before.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl WriteError {
    /// The exit code of `sysexits.h`: 73 where the output exists or cannot be made, 74 where writing failed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Exists { .. } | Self::CannotCreate { .. } => 73,
            Self::Io { .. } => 74,
        }
    }
}

/// Writes a file through a temporary one beside it: content, fsync, rename, fsync of the directory. Whoever looks, at
/// any moment and after a power cut, finds the old file (or none) or the whole new one. An existing file is replaced
/// only with `force`; without it, of two writers racing for one name only the first succeeds.
///
/// # Errors
/// The file exists and `force` is not given; nothing can be created there; writing fails, in the system or in
/// `content`.
pub fn write_new(
    path: &Path,
    force: bool,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    let exists = || WriteError::Exists { path: path.to_owned() };
    let cannot_create = |source| WriteError::CannotCreate { path: path.to_owned(), source };
    let failed = |source| WriteError::Io { path: path.to_owned(), source };

    refuse_existing(path, force)?; // early, before work is spent on the content; the rename below decides
    if path.is_dir() {
        return Err(cannot_create(io::ErrorKind::IsADirectory.into()));
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = new_file_in(directory).map_err(cannot_create)?;
    let mut buffer = BufWriter::new(temporary.as_file_mut());
    content(&mut buffer).and_then(|()| buffer.flush()).map_err(failed)?;
    drop(buffer);
    temporary.as_file().sync_all().map_err(failed)?;
    if force {
        temporary.persist(path).map_err(|e| failed(e.error))?;
    } else {
        temporary.persist_noclobber(path).map_err(|e| match e.error.kind() {
            io::ErrorKind::AlreadyExists => exists(),
            _ => failed(e.error),
        })?;
    }
    if cfg!(unix) {
        // Elsewhere a folder cannot be opened as a file.
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
    }
    Ok(())
}

/// [`write_new`], and the provenance in `<file>.meta.json` beside it. The provenance is written first, so that no
/// file is ever without one.
///
/// # Errors
/// As [`write_new`]; either of the two existing is enough.
pub fn write_new_with_provenance(
    path: &Path,
    force: bool,
    provenance: &Provenance,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    refuse_existing(path, force)?;
    write_new(&provenance_path(path), force, |out| writeln!(out, "{:#}", provenance.to_json()))?;
    write_new(path, force, content)
}

/// Where the provenance of a file lies: `out.csv` has `out.csv.meta.json`.
pub fn provenance_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".meta.json");
    name.into()
}

/// A symbolic link that leads nowhere counts as existing: it is someone's.
fn refuse_existing(path: &Path, force: bool) -> Result<(), WriteError> {
    match fs::symlink_metadata(path) {
        Ok(_) if !force => Err(WriteError::Exists { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// A temporary file with the permissions of an ordinary new one.
fn new_file_in(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".specdyn-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(<fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666)); // less the umask
    builder.tempfile_in(directory)
}
