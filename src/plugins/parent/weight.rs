//! A scale for frames on their way to the actor: a child that sends faster than it is heard waits.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Frames that were read and not yet heard. Each has 32 MiB at most.
const MOST_BYTES: usize = 64 << 20;

/// What is on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Scale(Arc<(Mutex<usize>, Condvar)>);

/// A frame's share, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Weight {
    scale: Scale,
    bytes: usize,
}

impl Scale {
    /// Waits until there is room.
    pub(super) fn take(&self, bytes: usize) -> Weight {
        let (held, room) = &*self.0;
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        while *held > 0 && *held + bytes > MOST_BYTES {
            held = room.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        *held += bytes;
        Weight {
            scale: self.clone(),
            bytes,
        }
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        let (held, room) = &*self.scale.0;
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        *held -= self.bytes;
        room.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_frame_waits_until_one_was_heard() {
        let scale = Scale::default();
        let first = scale.take(MOST_BYTES);
        let next = std::thread::spawn({
            let scale = scale.clone();
            move || drop(scale.take(1))
        });
        assert!(!next.is_finished());
        drop(first);
        next.join().expect("it went on");
        // One that is larger than all room goes alone.
        drop(scale.take(MOST_BYTES + 1));
    }
}
