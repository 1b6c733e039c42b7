//! A folder in which a sweep is at work: its lock, its log, and what is known so far.

use super::sessions::{self, Sessions};
use super::signals::Signals;
use super::{CliError, diagram_files, identity};
use crate::experiment::Measured;
use crate::sweep::{
    Damage, Disk, Ended, Entry, Evaluate, Grid, LOG, Lock, LockError, Log, LogError, Outcomes, Places, Plan, Planned,
    Shard, read_identity, read_log, work,
};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which earlier outcomes are computed once more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rerun {
    /// Cells without a value.
    pub(super) failed: bool,
    /// Whatever a damaged stretch of the log held.
    pub(super) damaged: bool,
}

/// What a folder may hold when work begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// No sweep.
    New,
    /// Whatever there is, is replaced.
    Over,
    /// Cells of the same meaning, which are kept; or nothing.
    Resume(Rerun),
}

/// Cells of another log that are added to this one with one sync.
const ABSORBED: usize = 1 << 14;

/// A sweep at work.
pub(super) struct SweepFolder {
    path: PathBuf,
    pub(super) grid: Arc<Grid>,
    pub(super) places: Arc<Places>,
    pub(super) outcomes: Outcomes,
    plan: Plan,
    identity: String,
    log: Log<Disk>,
    pub(super) sessions: Sessions,
    /// Cells without a value are computed again, wherever they come from.
    rerun_failed: bool,
    /// Held until the end.
    _lock: Lock,
}

impl SweepFolder {
    /// Takes hold of `path`, which is made where it is missing, for the sweep of `grid` with all options in `configuration`, and notes
    /// the `session` that begins.
    pub(super) fn open(
        path: &Path,
        grid: Grid,
        configuration: &Map<String, Value>,
        session: &str,
        start: Start,
    ) -> Result<Self, CliError> {
        let identity = identity::identity(configuration, &grid)?;
        let exists = || path.join(LOG).symlink_metadata().is_ok();
        // Artefacts without the log that they were made from are somebody else's.
        if start == Start::New || (start != Start::Over && !exists()) {
            diagram_files::refuse_existing(path)?;
        }
        std::fs::create_dir_all(path)
            .map_err(|error| CliError::Output { path: path.into(), reason: error.to_string() })?;
        let lock = Lock::acquire(path)?;
        let places = Places::new(&grid);
        let mut outcomes = Outcomes::new(places.len());
        let mut sessions = Sessions::default();
        let log = match start {
            Start::New if exists() => return diagram_files::refuse_existing(path).map(|()| unreachable!("it exists")),
            Start::Resume(rerun) if exists() => {
                let damage = if rerun.damaged { Damage::Drop } else { Damage::Refuse };
                // What the cells mean must be settled before anything of them is used, or the file is changed.
                compare(path, &identity)?;
                let log = Log::open(Disk::new(path), damage, |entry| match entry {
                    Entry::Cell(cell) => {
                        let keep = cell.measured.value.is_some() || !rerun.failed;
                        places.find(cell.optimizer, cell.x, cell.y, |index| {
                            if keep {
                                outcomes.set(index, &cell.measured)
                            }
                        });
                    }
                    Entry::Session(text) => sessions.note(text),
                    _ => {}
                });
                let mut log = log.map_err(|error| unusable(error, path))?;
                log.note_session(session)?;
                log
            }
            _ => {
                let log = Log::create(Disk::new(path), &identity, session).map_err(|error| unusable(error, path))?;
                diagram_files::remove(path)?; // of the earlier run
                log
            }
        };
        sessions.note(session);
        remove_leftovers(path);
        Ok(Self {
            path: path.into(),
            plan: Plan::new(&grid),
            grid: Arc::new(grid),
            places: Arc::new(places),
            outcomes,
            identity,
            log,
            sessions,
            rerun_failed: matches!(start, Start::Resume(Rerun { failed: true, .. })),
            _lock: lock,
        })
    }

    /// Notes that nothing more is added.
    pub(super) fn end(&mut self) -> Result<(), CliError> {
        Ok(self.log.end_session()?)
    }

    /// Takes the finished cells of the log in `other`, which must have the same meaning; with `keep`, they are added to the log here.
    pub(super) fn absorb(&mut self, other: &Path, keep: bool) -> Result<(), CliError> {
        compare(other, &self.identity)?;
        let (places, outcomes, rerun_failed) = (self.places.clone(), &mut self.outcomes, self.rerun_failed);
        let mut new: Vec<u64> = Vec::new();
        let mut contradiction = None;
        let mut sessions = Sessions::default();
        read_log(&Disk::new(other), |entry| {
            let cell = match entry {
                Entry::Cell(cell) if rerun_failed && cell.measured.value.is_none() => return,
                Entry::Cell(cell) => cell,
                Entry::Session(text) => return sessions.note(text),
                _ => return,
            };
            places.find(cell.optimizer, cell.x, cell.y, |index| match outcomes.value(index) {
                Some(Some(known)) => match cell.measured.value {
                    Some(value) if value.to_bits() != known.to_bits() => {
                        contradiction.get_or_insert((cell.x, cell.y, known, value));
                    }
                    _ => {}
                },
                // A value is preferred to a failure, which --rerun failed may have replaced in another folder.
                known if known.is_none() || cell.measured.value.is_some() => {
                    outcomes.set(index, &cell.measured);
                    new.push(index);
                }
                _ => {}
            });
        })
        .map_err(|error| unusable(error, other))?;
        if let Some((x, y, known, value)) = contradiction {
            let reason = format!(
                "the cell at ({x}, {y}) is {value} there and {known} elsewhere; one of them was computed wrongly"
            );
            return Err(CliError::input(&other.join(LOG), reason));
        }
        if keep {
            new.sort_unstable();
            new.dedup();
            for indices in new.chunks(ABSORBED) {
                let known = indices.iter().filter_map(|index| Some((*index, self.outcomes.get(*index)?)));
                commit(&mut self.log, &self.places, &known.collect::<Vec<_>>())?;
            }
            if !new.is_empty() {
                let note = sessions.taken_from(other);
                self.log.note_session(&note)?;
                self.sessions.note(&note);
            }
        }
        Ok(())
    }

    /// The cells of this sweep, as far as known outcomes tell.
    pub(super) fn planned(&self) -> Planned {
        self.plan.planned(&self.places, &self.outcomes)
    }

    /// What is known of `planned` cells, without those that an earlier, other grid has left.
    pub(super) fn outcomes_of(&self, planned: &Planned) -> Cow<'_, Outcomes> {
        match planned {
            Planned::All(_) => Cow::Borrowed(&self.outcomes),
            Planned::Some(cells) => {
                let mut outcomes = Outcomes::new(self.places.len());
                for index in cells {
                    if let Some(measured) = self.outcomes.get(*index) {
                        outcomes.set(*index, &measured);
                    }
                }
                Cow::Owned(outcomes)
            }
        }
    }

    /// Computes what is missing (of a shard, its part). `progress` is told how many cells are done, and of how many, when they are
    /// durable.
    pub(super) fn compute(
        &mut self,
        threads: usize,
        shard: Option<Shard>,
        signals: &Signals,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<(), CliError> {
        let evaluator: Arc<dyn Evaluate> = self.grid.clone();
        loop {
            let list = self.plan.worklist(&self.planned(), &self.outcomes, shard);
            if list.is_empty() {
                return Ok(self.log.end_session()?);
            }
            let total = self.outcomes.done() + list.len();
            progress(self.outcomes.done(), total);
            let (log, outcomes, places) = (&mut self.log, &mut self.outcomes, &self.places);
            let commit = |cells: &[(u64, Measured)]| -> Result<(), CliError> {
                commit(log, places, cells)?;
                cells.iter().for_each(|(index, measured)| outcomes.set(*index, measured));
                progress(outcomes.done(), total);
                Ok(())
            };
            let ended =
                signals.noted(|| work(&evaluator, places, list, threads, || signals.code().is_some(), commit))?;
            if ended == Ended::Stopped {
                self.log.end_session()?;
                let done = self.outcomes.done();
                let reason =
                    format!("{done} of {total} cells are safe in {}; go on with --resume", self.path.display());
                return Err(CliError::Interrupted { code: signals.code().unwrap_or(130), reason });
            }
        }
    }
}

fn commit(log: &mut Log<Disk>, places: &Places, cells: &[(u64, Measured)]) -> Result<(), LogError> {
    let cells = cells.iter().map(|(index, measured)| {
        let point = places.point(*index);
        (point.method, point.x, point.y, measured)
    });
    log.commit(places.optimizers(), cells)
}

/// Starting over empties the folder: none of the `sources` of its cells may be the folder itself.
pub(super) fn refuse_emptied(path: &Path, start: Start, sources: &[PathBuf]) -> Result<(), CliError> {
    let Ok(emptied) = path.canonicalize() else { return Ok(()) };
    if start == Start::Over && sources.iter().any(|source| source.canonicalize().is_ok_and(|source| source == emptied))
    {
        let reason = "--force would empty it, and cells are to be taken from it; add to it with --resume";
        return Err(CliError::Output { path: path.into(), reason: reason.into() });
    }
    Ok(())
}

/// How many cells of `grid` the log in `path` has, but for those that are computed again; none where it cannot be read.
pub(super) fn finished(path: &Path, grid: &Grid, rerun: Rerun) -> u64 {
    let places = Places::new(grid);
    let mut outcomes = Outcomes::new(places.len());
    let _ = read_log(&Disk::new(path), |entry| {
        if let Entry::Cell(cell) = entry
            && (cell.measured.value.is_some() || !rerun.failed)
        {
            places.find(cell.optimizer, cell.x, cell.y, |index| outcomes.set(index, &cell.measured));
        }
    });
    outcomes.done()
}

/// What the log in `path` says of itself: the identity, and the options of the last session.
pub(super) fn describe(path: &Path) -> Result<(String, Option<Value>), CliError> {
    let (mut identity, mut notes) = (String::new(), Vec::new());
    read_log(&Disk::new(path), |entry| match entry {
        Entry::Identity(text) => identity = text.into(),
        Entry::Session(text) => notes.push(text.to_string()),
        _ => {}
    })
    .map_err(|error| unusable(error, path))?;
    let notes = notes.iter().map(|text| serde_json::from_str(text)).collect::<Result<Vec<Value>, _>>();
    let notes = notes.map_err(|error| CliError::input(&path.join(LOG), error))?;
    Ok((identity, notes.into_iter().rfind(sessions::is_own)))
}

fn compare(path: &Path, here: &str) -> Result<(), CliError> {
    let there = read_identity(&Disk::new(path)).map_err(|error| unusable(error, path))?;
    if there == here {
        return Ok(());
    }
    let reason = format!(
        "its cells belong to another configuration, {}, than this one, {} ({}); choose another --output, or start over with --force",
        &identity::hash(&there)[..12],
        &identity::hash(here)[..12],
        identity::difference(&there, here)
    );
    Err(CliError::Output { path: path.join(LOG), reason })
}

/// Files that a killed process had begun to write. Nobody else writes here: the folder is locked.
fn remove_leftovers(path: &Path) {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(".specdyn-") && name.ends_with(".tmp") {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn unusable(error: LogError, path: &Path) -> CliError {
    match error {
        LogError::Damaged { frame, offset, .. } => CliError::input(
            &path.join(LOG),
            format!(
                "frame {frame}, at byte {offset}, is damaged, and whole frames follow it, which no crash leaves behind; restore the \
                 file from a copy, or keep what is whole and compute the rest again with --resume --rerun damaged"
            ),
        ),
        LogError::NoLog { path } | LogError::Unknown { path, .. } => {
            CliError::input(&path, "this is no log of cells that this version of specdyn can read")
        }
        LogError::Io { ref source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            CliError::input(path, format!("there is no {LOG} in this folder"))
        }
        io => io.into(),
    }
}

impl From<LogError> for CliError {
    fn from(error: LogError) -> Self {
        Self::Io(std::io::Error::other(error.to_string()))
    }
}

impl From<LockError> for CliError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Busy { folder } => Self::Busy { folder },
            LockError::Io { path, source } => Self::Output { path, reason: source.to_string() },
        }
    }
}
