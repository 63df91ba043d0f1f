//! Requests under way: eight at a time, the rest wait, too many are refused.

use super::inbox::Inbox;
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
/// Bodies of all of them: each may have 16 MiB, and ttop holds them.
const MOST_HELD: usize = 32 << 20;

/// The requests of one plugin.
#[derive(Debug, Default)]
pub(super) struct Requests {
    running: BTreeMap<u64, Running>,
    waiting: VecDeque<(u64, Wanted)>,
}

/// A request that was sent.
#[derive(Debug)]
struct Running {
    is_dropped: Arc<AtomicBool>,
    bytes: usize,
}

/// What a request needs.
#[derive(Clone)]
pub(super) struct Means {
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
    pub(super) fn begin(&mut self, means: &Means, id: u64, wanted: Wanted) -> Result<(), Refused> {
        if self.held() + bytes_of(&wanted) > MOST_HELD {
            return Err(Refused::network(format!(
                "fetch failed: too many requests: the bodies of all of them have at most {} MiB",
                MOST_HELD >> 20
            )));
        }
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

    fn held(&self) -> usize {
        let running = self.running.values().map(|running| running.bytes);
        running
            .chain(self.waiting.iter().map(|(_, wanted)| bytes_of(wanted)))
            .sum()
    }

    /// One has ended: the next may begin.
    pub(super) fn ended(&mut self, means: &Means, id: u64) {
        self.running.remove(&id);
        if let Some((next, wanted)) = self.waiting.pop_front() {
            self.run(means, next, wanted);
        }
    }

    /// Nobody waits for it any more. Whether it had not even begun.
    pub(super) fn drop_one(&mut self, id: u64) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|(waiting, _)| *waiting != id);
        if let Some(running) = self.running.get(&id) {
            running.is_dropped.store(true, Ordering::Relaxed);
        }
        self.waiting.len() < before
    }

    /// Those that had not even begun.
    pub(super) fn drop_all(&mut self) -> Vec<u64> {
        self.running
            .values()
            .for_each(|running| running.is_dropped.store(true, Ordering::Relaxed));
        self.waiting.drain(..).map(|(id, _)| id).collect()
    }

    fn run(&mut self, means: &Means, id: u64, wanted: Wanted) {
        let is_dropped = Arc::new(AtomicBool::new(false));
        let running = Running {
            is_dropped: Arc::clone(&is_dropped),
            bytes: bytes_of(&wanted),
        };
        self.running.insert(id, running);
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

fn bytes_of(wanted: &Wanted) -> usize {
    let headers = wanted.headers.iter().map(|(name, value)| name.len() + value.len());
    wanted.body.as_ref().map_or(0, Vec::len) + wanted.url.len() + headers.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::ops::http::{Request, Response};
    use std::sync::mpsc::sync_channel;

    /// Answers nothing: no host is granted, so that nothing gets this far.
    #[derive(Debug)]
    struct Nowhere;

    impl Transport for Nowhere {
        fn send(&self, _: &Request, _: &AtomicBool) -> Result<Response, Refused> {
            Err(Refused::network("nowhere"))
        }
    }

    #[test]
    fn bodies_of_all_requests_stay_within_a_bound() {
        let (inbox, _heard) = sync_channel(1024);
        let means = Means {
            grants: Arc::default(),
            transport: Arc::new(Nowhere),
            inbox,
            generation: 0,
        };
        let mut requests = Requests::default();
        let wanted = |bytes| Wanted {
            url: "https://x".to_owned(),
            method: "POST".to_owned(),
            headers: Vec::new(),
            body: Some(vec![0; bytes]),
            redirect: "follow".to_owned(),
        };
        let mut held = 0;
        for id in 0..20 {
            match requests.begin(&means, id, wanted(5 << 20)) {
                Ok(()) => held += 5 << 20,
                Err(refused) => assert!(refused.message().contains("32 MiB"), "{refused:?}"),
            }
        }
        assert_eq!(held, 6 * (5 << 20));
        // What ended makes room.
        requests.ended(&means, 0);
        assert!(requests.begin(&means, 99, wanted(5 << 20)).is_ok());
    }
}
