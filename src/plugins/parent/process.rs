//! The process of a plugin: no environment but the time zone, a pipe, and two threads that keep it flowing.

use super::inbox::Inbox;
use super::weight::Scale;
use crate::plugins::child::{WORD, Without};
use crate::plugins::message::{FromChild, Refused, ToChild, read_frame, read_message, write_message};
use std::io::{self, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::thread;
use std::time::Duration;

/// A running child. Dropped, it is ended and waited for.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    to: Sender<(ToChild, Vec<u8>)>,
    /// How many messages it has not read.
    unread: Arc<AtomicUsize>,
}

/// Messages that a child may leave unread: a plugin that asks without end and takes no answer is ended.
const MOST_UNREAD: usize = 1 << 16;

impl Process {
    /// Starts the child; what it sends arrives in the inbox with its generation.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(super) fn start(
        program: &Path,
        without: Without,
        zone: Option<&str>,
        generation: u64,
        inbox: &SyncSender<Inbox>,
    ) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg(WORD)
            .args(without.words())
            .env_clear()
            .envs(zone.map(|zone| ("TZ", zone)))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let inbox = inbox.clone();
        thread::Builder::new().name("plugin-in".to_owned()).spawn(move || {
            let mut stdout = BufReader::with_capacity(64 << 10, stdout);
            let scale = Scale::default();
            // A frame that is none ends the child as the end of its pipe does.
            while let Ok(Some((json, body))) = read_frame(&mut stdout) {
                let weight = scale.take(json.len() + body.len());
                let Ok(message) = serde_json::from_slice(&json) else {
                    break;
                };
                if inbox.send(Inbox::Frame(generation, message, body, weight)).is_err() {
                    return;
                }
            }
            // The actor may be gone already.
            let _ = inbox.send(Inbox::Closed(generation));
        })?;
        // A channel of bounded length takes its memory at once: 15 MiB of pages for a child that is sent a dozen messages.
        let (to, frames) = channel::<(ToChild, Vec<u8>)>();
        let unread = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&unread);
        thread::Builder::new().name("plugin-out".to_owned()).spawn(move || {
            for (message, body) in frames {
                let written = match (write_message(&mut stdin, &message, &body), message) {
                    // Nothing of a frame that is too long was sent.
                    (Err(error), ToChild::Answer { id, .. }) if error.kind() == io::ErrorKind::InvalidData => {
                        let result = Err(Refused::failed(
                            "the answer is larger than 16 MiB: ask for less at a time",
                        ));
                        write_message(&mut stdin, &ToChild::Answer { id, result }, &[])
                    }
                    (written, _) => written,
                };
                if written.is_err() {
                    return;
                }
                left.fetch_sub(1, Ordering::Relaxed);
            }
        })?;
        Ok(Self { child, to, unread })
    }

    /// Whether there was room for it. A child that is gone hears nothing; its end is told by the inbox.
    pub(super) fn send(&self, message: ToChild, body: Vec<u8>) -> bool {
        if self.unread.fetch_add(1, Ordering::Relaxed) >= MOST_UNREAD {
            return false;
        }
        // Without a receiver the child has ended.
        let _ = self.to.send((message, body));
        true
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// CPU time that the child has used, where the system tells.
    pub(super) fn cpu_time(&self) -> Option<Duration> {
        cpu_time(self.child.id())
    }
}

/// The walls that stand around a child of this program, as it says itself.
///
/// # Errors
/// When the program cannot be started, or says something else.
pub fn walls(program: &Path) -> io::Result<Vec<String>> {
    let mut child = Command::new(program)
        .arg(WORD)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let told = child.stdout.as_mut().map(read_message::<FromChild>);
    // It waits for a plugin that never comes.
    let _ = child.kill();
    child.wait()?;
    match told {
        Some(Ok(Some((FromChild::Ready { walls }, _)))) => Ok(walls),
        Some(Err(error)) => Err(error),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(target_os = "linux")]
fn cpu_time(pid: u32) -> Option<Duration> {
    let stat =
        crate::system::open::read_text(format!("/proc/{pid}/stat").as_ref(), crate::system::open::Most::WORD).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    let each = rustix::param::clock_ticks_per_second();
    Some(Duration::from_millis(ticks * 1000 / each.max(1)))
}

/// The most memory that a child had so far, in MiB, where the system tells.
#[cfg(target_os = "linux")]
pub(super) fn peak_mib(pid: u32) -> Option<u64> {
    let path = format!("/proc/{pid}/status");
    let status = crate::system::open::read_text(path.as_ref(), crate::system::open::Most::NOTE).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib.div_ceil(1024))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn peak_mib(_: u32) -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
fn cpu_time(_: u32) -> Option<Duration> {
    None
}
