//! Reading many sources: several readers at a time where there is much to read and the agent allows it, one result after
//! the other.

use crate::agents::shared::batch::PartTaker;
use crate::agents::shared::instant;
use crate::agents::{Agent, AgentHandle, Batch, Bookmark, Source};
use crate::core::problem::Problem;
use anyhow::Result;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

/// From how many bytes on a second reader is worth its start.
const WORTH_TWO_BYTES: u64 = 4 << 20;
/// Results that may wait, so that memory stays bounded when reading is faster than merging.
const WAITING: usize = 8;

/// The result of one read.
pub type Outcome = Result<(Batch, Bookmark)>;

/// One source to read.
pub struct Job<'a> {
    pub source: &'a Source,
    pub from: Bookmark,
    /// Whether the ledger has nothing of it: then it may be taken in by parts.
    pub is_new: bool,
}

/// What a reader delivers of one source: parts of a large new one, then the outcome.
pub enum Delivery {
    Part(Batch),
    Outcome(Outcome),
}

/// What one read leaves for the next in the same thread.
#[derive(Default)]
struct Kept {
    /// What an adapter passes on.
    scratch: Option<Box<dyn std::any::Any + Send>>,
    /// A batch that was taken in: its room serves again.
    batch: Option<Batch>,
}

/// Reads each job and hands what it brings on, by its position; `each` gives back a batch that can serve again.
///
/// # Errors
/// Those of `each`.
pub fn read(
    agent: &AgentHandle,
    jobs: &[Job<'_>],
    total_bytes: u64,
    each: &mut dyn FnMut(usize, Delivery) -> Result<Option<Batch>>,
) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let readers = match jobs.len() {
        _ if total_bytes < WORTH_TWO_BYTES => 1,
        // Even on one core: beside a reader, this thread takes in one part of a large source after the other.
        1 => 2,
        _ => cores.min(4),
    };
    let Some(shared) = agent.shared().filter(|_| readers > 1) else {
        let mut kept = Kept::default();
        return jobs.iter().enumerate().try_for_each(|(at, job)| {
            kept.batch = each(at, read_one(&**agent, job, None, &mut kept))?;
            Ok(())
        });
    };
    // Where many files are read, this thread reads too: one that only waits would be woken for each file.
    let is_reader = jobs.len() > readers;
    let next = AtomicUsize::new(0);
    let take_job = || {
        let at = next.fetch_add(1, Ordering::Relaxed);
        jobs.get(at).map(|job| (at, job))
    };
    // To be emptied where they were filled: two threads that free what one allocated wait for each other.
    let spare: Mutex<Vec<Batch>> = Mutex::default();
    let lock = || spare.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(WAITING);
        for _ in usize::from(is_reader)..readers.min(jobs.len()) {
            let send = send.clone();
            scope.spawn(move || {
                let mut kept = Kept::default();
                while let Some((at, job)) = take_job() {
                    kept.batch = lock().pop();
                    let parts = send.clone();
                    // Where the receiver is gone, this fails as the outcome below does.
                    let taker: PartTaker = Box::new(move |part| drop(parts.send((at, Delivery::Part(part)))));
                    let outcome = read_one(shared, job, job.is_new.then_some(taker), &mut kept);
                    // The receiver left after an error of its own: nothing more is wanted.
                    if send.send((at, outcome)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let give_back = |batch| {
            let mut spare = lock();
            if spare.len() < WAITING {
                spare.extend(batch);
            }
        };
        let mut kept = Kept::default();
        while is_reader && let Some((at, job)) = take_job() {
            kept.batch = each(at, read_one(shared, job, None, &mut kept))?;
            for (at, delivery) in receive.try_iter() {
                give_back(each(at, delivery)?);
            }
        }
        for (at, delivery) in receive {
            give_back(each(at, delivery)?);
        }
        Ok(())
    })
}

/// A reader that panics on an unexpected file must not affect other sources.
fn read_one(agent: &dyn Agent, job: &Job<'_>, parts: Option<PartTaker>, kept: &mut Kept) -> Delivery {
    let Job { source, from, .. } = job;
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let mut batch = kept.batch.take().unwrap_or_default().emptied();
        (batch.scratch, batch.parts) = (kept.scratch.take(), parts);
        instant::impossible();
        let mark = agent.read(source, from, &mut batch)?;
        // Readers of lines and rows name the place themselves.
        if let Some(reason) = instant::impossible() {
            batch.problem(Problem::new(source.path.display(), reason));
        }
        (kept.scratch, batch.parts) = (batch.scratch.take(), None);
        Ok((batch, mark))
    }));
    Delivery::Outcome(outcome.unwrap_or_else(|_| {
        Err(anyhow::anyhow!(
            "could not be read: this is a bug in ttop, please report it"
        ))
    }))
}
