//! The lookout: looks at running sessions beside the stream, which never waits for their answers.

use crate::commands::alert::facts::Watched;
use crate::commands::ps::look::{Eyes, Seen, Wanted};
use crate::system::System;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

/// How long it rests between two looks.
const EVERY: Duration = Duration::from_secs(2);

pub struct Lookout {
    first: Option<Seen>,
    receive: Receiver<Seen>,
}

impl Lookout {
    /// The first look is at once. Ends with the stream; the sample home does not change.
    pub fn start(watched: &Watched, system: &System) -> Self {
        let (send, receive) = sync_channel(1);
        let mut eyes = Eyes::default();
        let first = Some(watched.look(&mut eyes, system));
        if !watched.is_demo {
            let mut system = system.clone();
            std::thread::spawn(move || {
                loop {
                    std::thread::sleep(EVERY);
                    system.now = system.moment();
                    if send.send(eyes.look(&system, Wanted::default())).is_err() {
                        return;
                    }
                }
            });
        }
        Self { first, receive }
    }

    /// What was seen since the last time.
    pub fn news(&mut self) -> Option<Seen> {
        self.first.take().or_else(|| self.receive.try_iter().last())
    }
}
