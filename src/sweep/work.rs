//! Workers that compute, and one place that makes their outcomes durable.

use super::evaluate::{Evaluate, Point, evaluate_all};
use super::{Places, Worklist};
use crate::experiment::Measured;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Outcomes wait for each other this long, to be made durable together: a sync takes milliseconds, a cheap cell microseconds.
const GROUP: Duration = Duration::from_millis(20);

/// A chunk of cells should take about this long, so that neither handing it out nor waiting for the last one is felt.
const CHUNK: Duration = Duration::from_millis(4);
const LARGEST_CHUNK: usize = 512;

/// After being asked to stop, cells under way have this long to finish; the rest of two seconds is for making them durable, and for the
/// system to take back what may be gigabytes of memory.
const GRACE: Duration = Duration::from_millis(500);

/// Outcomes sent and not yet received: bounded, so that a slow disk slows the workers instead of filling memory.
const QUEUE: usize = 256;

/// How work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every cell of the list was computed and committed.
    Done,
    /// It was asked to stop. Every outcome known by then was committed.
    Stopped,
}

/// Computes the cells of `list` on `threads` threads, and hands the outcomes, in groups and in no particular order, to `commit`.
///
/// `stopping` is asked every few milliseconds. Half a second after it says yes, whatever still computes is abandoned: its threads go on
/// until the process ends, and what they find is dropped.
///
/// # Errors
/// The first of `commit`, which then is not called again; or that of a system that lets no thread begin (with fewer than asked for, work
/// goes on).
pub fn work<E: From<io::Error>>(
    evaluator: &Arc<dyn Evaluate>,
    places: &Arc<Places>,
    list: Worklist,
    threads: usize,
    stopping: impl Fn() -> bool,
    mut commit: impl FnMut(&[(u64, Measured)]) -> Result<(), E>,
) -> Result<Ended, E> {
    let (send, receive) = sync_channel(QUEUE);
    let list = Arc::new(Mutex::new(list));
    let stop = Arc::new(AtomicBool::new(false));
    // Dropped on every way out, and then the workers stop at their next outcome.
    let _stop_at_exit = Flag(stop.clone());
    for number in 0..threads.max(1) {
        let worker = Worker {
            evaluator: evaluator.clone(),
            places: places.clone(),
            list: list.clone(),
            stop: stop.clone(),
            outcomes: send.clone(),
        };
        match thread::Builder::new().spawn(move || worker.run()) {
            Ok(_) => {}
            Err(error) if number == 0 => return Err(error.into()),
            Err(_) => break,
        }
    }
    drop(send);
    collect(&receive, &stop, stopping, &mut commit)
}

type Batch = Vec<(u64, Measured)>;

fn collect<E>(
    receive: &Receiver<Batch>,
    stop: &AtomicBool,
    stopping: impl Fn() -> bool,
    commit: &mut impl FnMut(&[(u64, Measured)]) -> Result<(), E>,
) -> Result<Ended, E> {
    let mut group = Vec::new();
    let mut committed = Instant::now();
    let mut asked: Option<Instant> = None;
    loop {
        let received = receive.recv_timeout(GROUP);
        let over = matches!(received, Err(RecvTimeoutError::Disconnected));
        if let Ok(batch) = received {
            group.extend(batch);
            group.extend(receive.try_iter().flatten());
        }
        if asked.is_none() && stopping() {
            asked = Some(Instant::now());
            stop.store(true, Ordering::Relaxed);
        }
        let abandon = asked.is_some_and(|since| since.elapsed() >= GRACE);
        if !group.is_empty() && (committed.elapsed() >= GROUP || over || abandon) {
            commit(&group)?;
            group.clear();
            committed = Instant::now();
        }
        if over || abandon {
            return Ok(if asked.is_some() { Ended::Stopped } else { Ended::Done });
        }
    }
}

struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Worker {
    evaluator: Arc<dyn Evaluate>,
    places: Arc<Places>,
    list: Arc<Mutex<Worklist>>,
    stop: Arc<AtomicBool>,
    outcomes: SyncSender<Batch>,
}

impl Worker {
    fn run(self) {
        let mut size = 1;
        let mut indices = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            match self.list.lock() {
                Ok(mut list) => list.take(size, |index| self.places.point(index).method as u64, &mut indices),
                Err(_) => return,
            }
            if indices.is_empty() {
                return;
            }
            let begun = Instant::now();
            if self.chunk(&indices).is_break() {
                return;
            }
            let took = begun.elapsed();
            if took < CHUNK / 2 {
                size = (2 * size).min(LARGEST_CHUNK);
            } else if took > CHUNK * 2 {
                size = (size / 2).max(1);
            }
        }
    }

    /// Computes a chunk; breaks off when asked to stop, or when nobody listens any more.
    fn chunk(&self, indices: &[u64]) -> ControlFlow<()> {
        let cells: Vec<Point> = indices.iter().map(|index| self.places.point(*index)).collect();
        let mut batch = Vec::with_capacity(indices.len());
        let mut sent = 0;
        let mut since = Instant::now();
        let flow = evaluate_all(self.evaluator.as_ref(), &cells, &mut |measured| {
            batch.push((indices[sent + batch.len()], measured));
            // A chunk that turns out to be slow is not kept back.
            if since.elapsed() >= GROUP {
                since = Instant::now();
                sent += batch.len();
                if self.outcomes.send(std::mem::take(&mut batch)).is_err() {
                    return ControlFlow::Break(());
                }
            }
            if self.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if !batch.is_empty() && self.outcomes.send(batch).is_err() {
            return ControlFlow::Break(());
        }
        flow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Status;
    use crate::sweep::Axis;

    /// Cells that take no time at x = 0, and far too long elsewhere.
    struct Slow;

    impl Evaluate for Slow {
        fn evaluate(&self, cells: &[Point], emit: &mut dyn FnMut(Measured) -> ControlFlow<()>) -> ControlFlow<()> {
            cells.iter().try_for_each(|cell| {
                if cell.x > 0.0 {
                    thread::sleep(Duration::from_secs(20));
                }
                emit(Measured { value: Some(cell.y), status: Status::Ok })
            })
        }
    }

    fn sweep(commit: impl FnMut(&[(u64, Measured)]) -> Result<(), io::Error>) -> (Result<Ended, io::Error>, Duration) {
        let axis = |text: &str| text.parse::<Axis>().unwrap();
        let places = Arc::new(Places::on(&[axis("spike=0:1:2"), axis("init=1:5:5")], vec!["gd".into()]));
        let evaluator: Arc<dyn Evaluate> = Arc::new(Slow);
        let begun = Instant::now();
        let stopping = || begun.elapsed() > Duration::from_millis(100);
        let ended = work(&evaluator, &places, Worklist::new(10, 0..10), 8, stopping, commit);
        (ended, begun.elapsed())
    }

    #[test]
    fn asked_to_stop_it_commits_what_is_known_and_abandons_cells_that_are_not_done_in_two_seconds() {
        let mut known = Vec::new();
        let (ended, took) = sweep(|cells| {
            known.extend(cells.iter().map(|(index, _)| *index));
            Ok(())
        });
        assert_eq!(ended.unwrap(), Ended::Stopped);
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(!known.is_empty() && known.iter().all(|index| index % 2 == 0), "{known:?}");
    }

    #[test]
    fn an_error_of_the_disk_ends_the_work_at_once() {
        let mut calls = 0;
        let (ended, _) = sweep(|_| {
            calls += 1;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!((ended.unwrap_err().kind(), calls), (io::ErrorKind::StorageFull, 1));
    }
}
