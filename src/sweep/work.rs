//! Workers that compute, and one place that makes their outcomes durable.

use super::evaluate::{Evaluate, Point, evaluate_all};
use super::{Places, Worklist};
use crate::experiment::Measured;
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

/// After being asked to stop, cells under way have this long to finish; the rest of two seconds is for making them durable.
const GRACE: Duration = Duration::from_millis(1000);

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
/// `stopping` is asked every few milliseconds. A second after it says yes, whatever still computes is abandoned: its threads go on
/// until the process ends, and what they find is dropped.
///
/// # Errors
/// The first of `commit`, which then is not called again.
pub fn work<E>(
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
    for _ in 0..threads.max(1) {
        let worker = Worker {
            evaluator: evaluator.clone(),
            places: places.clone(),
            list: list.clone(),
            stop: stop.clone(),
            outcomes: send.clone(),
        };
        thread::spawn(move || worker.run());
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
