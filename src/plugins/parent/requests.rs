//! Requests under way: eight at a time, the rest wait, too many are refused.

use super::runner::Inbox;
use crate::plugins::grant::Grants;
use crate::plugins::message::Refused;
use crate::plugins::ops::http::{Transport, Wanted, fetch};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;

const AT_ONCE: usize = 8;
const MOST_WAITING: usize = 64;

/// The requests of one plugin.
#[derive(Debug, Default)]
pub struct Requests {
    running: BTreeMap<u64, Arc<AtomicBool>>,
    waiting: VecDeque<(u64, Wanted)>,
}

/// What a request needs.
#[derive(Clone)]
pub struct Means {
    pub grants: Arc<Grants>,
    pub transport: Arc<dyn Transport>,
    pub inbox: SyncSender<Inbox>,
    pub generation: u64,
}

impl Requests {
    /// Starts a request, or lets it wait.
    ///
    /// # Errors
    /// When too many wait already.
    pub fn begin(&mut self, means: &Means, id: u64, wanted: Wanted) -> Result<(), Refused> {
        if self.running.len() < AT_ONCE {
            self.run(means, id, wanted);
        } else if self.waiting.len() < MOST_WAITING {
            self.waiting.push_back((id, wanted));
        } else {
            return Err(Refused::network(format!(
                "fetch failed: too many requests: at most {AT_ONCE} at a time and {MOST_WAITING} waiting"
            )));
        }
        Ok(())
    }

    /// One has ended: the next may begin.
    pub fn ended(&mut self, means: &Means, id: u64) {
        self.running.remove(&id);
        if let Some((next, wanted)) = self.waiting.pop_front() {
            self.run(means, next, wanted);
        }
    }

    /// Nobody waits for it any more. Whether it had not even begun.
    pub fn drop_one(&mut self, id: u64) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|(waiting, _)| *waiting != id);
        if let Some(flag) = self.running.get(&id) {
            flag.store(true, Ordering::Relaxed);
        }
        self.waiting.len() < before
    }

    /// Those that had not even begun.
    pub fn drop_all(&mut self) -> Vec<u64> {
        self.running
            .values()
            .for_each(|flag| flag.store(true, Ordering::Relaxed));
        self.waiting.drain(..).map(|(id, _)| id).collect()
    }

    fn run(&mut self, means: &Means, id: u64, wanted: Wanted) {
        let is_dropped = Arc::new(AtomicBool::new(false));
        self.running.insert(id, Arc::clone(&is_dropped));
        let means = means.clone();
        let run = move || {
            let answer = fetch(&means.grants, &*means.transport, wanted, &is_dropped);
            // The actor may be gone already.
            let _ = means.inbox.send(Inbox::Answered(means.generation, id, answer));
        };
        if thread::Builder::new()
            .name("plugin-fetch".to_owned())
            .spawn(run)
            .is_err()
        {
            self.running.remove(&id);
        }
    }
}
