//! Runs other programs: each in a group of its own, with one deadline for its end and its output, without secrets.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is kept of each output; the rest is read and dropped, so that a program never waits for its reader.
const MOST_BYTES: usize = 1 << 20;
/// How long output may lag behind the end of its program: longer than that, only what it started holds the pipe.
const LAG: Duration = Duration::from_millis(200);
const SHORTEST_POLL: Duration = Duration::from_millis(1);
const LONGEST_POLL: Duration = Duration::from_millis(10);

/// A program that ran.
pub struct Ended {
    /// How it ended; `None` for one that took too long and was ended, with everything it had started.
    pub status: Option<ExitStatus>,
    /// The beginning of what it printed.
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Ended {
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Runs a program to its end, or until the time is up.
///
/// # Errors
/// When it cannot be started or waited for.
pub fn run(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    stdin: &[u8],
    patience: Duration,
) -> io::Result<Ended> {
    let end = Instant::now() + patience;
    let input = if stdin.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    };
    let mut child = apart(program, arguments, &[]).stdin(input).spawn()?;
    let outputs = [
        Output::collect(child.stdout.take()),
        Output::collect(child.stderr.take()),
    ];
    if let Some(mut input) = child.stdin.take() {
        let bytes = stdin.to_vec();
        // A program that does not read must not hold this one up; it may also have ended without reading.
        std::thread::spawn(move || input.write_all(&bytes));
    }
    let status = wait(&mut child, end)?;
    if status.is_none() {
        end_group(&mut child);
    }
    let deadline = Instant::now() + LAG;
    let [stdout, stderr] = outputs.map(|output| output.take(deadline));
    Ok(Ended { status, stdout, stderr })
}

/// Runs a program and hands its output to `read` while it comes, however much it is. What `read` leaves is dropped. `also`
/// names variables that the program needs besides the usual ones.
///
/// # Errors
/// When it cannot be started or waited for.
pub fn stream<T>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    also: &[&str],
    patience: Duration,
    read: impl FnOnce(&mut dyn BufRead) -> T,
) -> io::Result<(T, Ended)> {
    let end = Instant::now() + patience;
    let mut child = apart(program, arguments, also).stdin(Stdio::null()).spawn()?;
    let complaints = Output::collect(child.stderr.take());
    // The reader waits for output, so another thread keeps the time. It ends before the child is waited for: until then
    // the number of its group is its own.
    let (finished, until) = channel::<()>();
    let id = child.id();
    let watch = std::thread::spawn(move || {
        if until.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            kill_group(id);
        }
    });
    let result = match child.stdout.take() {
        Some(stdout) => read(&mut BufReader::new(stdout)),
        None => read(&mut io::empty()),
    };
    drop(finished);
    if watch.join().is_err() {
        end_group(&mut child);
    }
    let status = wait(&mut child, end.max(Instant::now() + LAG))?;
    if status.is_none() {
        end_group(&mut child);
    }
    let stderr = complaints.take(Instant::now() + LAG);
    let stdout = Vec::new();
    Ok((result, Ended { status, stdout, stderr }))
}

/// A program in a group of its own, without secrets, whose output is collected. `also` names further variables for it.
fn apart(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, also: &[&str]) -> Command {
    let is_wanted = |name: &OsString| is_passed_on(name) || also.iter().any(|also| name == also);
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| is_wanted(name)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Starts a program that outlives this one; it leaves this one's session itself ([`super::programs::step_back`]).
///
/// # Errors
/// When it cannot be started.
pub fn start(command: &mut Command) -> io::Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop)
}

fn wait(child: &mut Child, end: Instant) -> io::Result<Option<ExitStatus>> {
    let mut poll = SHORTEST_POLL;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Some(status)),
            Ok(None) if Instant::now() >= end => return Ok(None),
            Ok(None) => {
                std::thread::sleep(poll);
                poll = (poll * 2).min(LONGEST_POLL);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Ends a child and all that it started in its group. It is not waited for before that, so the number is still its own.
fn end_group(child: &mut Child) {
    kill_group(child.id());
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(unix)]
fn kill_group(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = i32::try_from(id).ok().and_then(Pid::from_raw);
    // It may have just ended.
    let _ = group.map(|group| kill_process_group(group, Signal::KILL));
}

/// Elsewhere only the child itself can be ended.
#[cfg(not(unix))]
fn kill_group(_: u32) {}

/// What a pipe brings, read by a thread that ends with the pipe or the process.
struct Output {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Output {
    fn collect(pipe: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (send, ended) = channel::<()>();
        if let Some(mut pipe) = pipe {
            let bytes = Arc::clone(&bytes);
            std::thread::spawn(move || {
                let _open = send;
                let mut chunk = vec![0; 16 << 10];
                while let Ok(read @ 1..) = pipe.read(&mut chunk) {
                    let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = MOST_BYTES.saturating_sub(bytes.len());
                    bytes.extend_from_slice(&chunk[..read.min(room)]);
                }
            });
        }
        Self { bytes, ended }
    }

    fn take(self, deadline: Instant) -> Vec<u8> {
        // The thread sends nothing: it lets go of its end.
        let _ = self
            .ended
            .recv_timeout(deadline.saturating_duration_since(Instant::now()));
        std::mem::take(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether other programs see a variable: what they need to find themselves, their user and their desktop. Keys and tokens
/// are none of their business.
fn is_passed_on(name: &OsString) -> bool {
    const NAMES: &[&str] = &[
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TERM",
        "COLORTERM",
        "TMPDIR",
        "TMUX",
        "TMUX_PANE",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XAUTHORITY",
        "DBUS_SESSION_BUS_ADDRESS",
        "SWAYSOCK",
        "NIRI_SOCKET",
        "HYPRLAND_INSTANCE_SIGNATURE",
        "__CF_USER_TEXT_ENCODING",
        "LD_LIBRARY_PATH",
        "NIX_PATH",
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
        "TEMP",
        "TMP",
        "APPDATA",
        "LOCALAPPDATA",
        "USERPROFILE",
        "USERNAME",
        "PROGRAMDATA",
        "PROGRAMFILES",
        "HOMEDRIVE",
        "HOMEPATH",
    ];
    const BEGINNINGS: &[&str] = &["LC_", "XDG_", "TTOP_"];
    const SECRETS: &[&str] = &["TOKEN", "CREDENTIAL", "KEY", "SECRET", "PASSWORD"];
    // Names of Windows come in any case.
    let Some(name) = name.to_str().map(str::to_ascii_uppercase) else {
        return false;
    };
    let is_known = NAMES.contains(&name.as_str()) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
    is_known && !SECRETS.iter().any(|secret| name.contains(secret))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, stdin: &[u8], patience: Duration) -> Ended {
        run("/bin/sh", ["-c", script], stdin, patience).expect("a shell")
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn output_and_status_come_back() {
        let ended = shell("cat; echo complaint >&2; exit 3", b"asked", LONG);
        assert_eq!(
            (&ended.stdout[..], &ended.stderr[..]),
            (&b"asked"[..], &b"complaint\n"[..])
        );
        assert_eq!(ended.status.and_then(|status| status.code()), Some(3));
    }

    #[test]
    fn what_a_program_leaves_behind_is_not_waited_for() {
        let began = Instant::now();
        let ended = shell("sleep 60 & echo 1.2.3", b"", LONG);
        assert!(ended.is_success() && ended.stdout == b"1.2.3\n");
        assert!(began.elapsed() < LONG);
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_what_it_started() {
        let dir = tempfile::tempdir().expect("a folder");
        let mark = dir.path().join("alive");
        // Its grandchild would write the mark as soon as it may.
        let script = format!(
            "(while :; do : >> '{}'; sleep 0.01; done) & echo first; sleep 60",
            mark.display()
        );
        let ended = shell(&script, b"", Duration::from_millis(300));
        assert!(ended.status.is_none() && ended.stdout == b"first\n");
        let _ = std::fs::remove_file(&mark);
        let gone = (0..100).all(|_| {
            std::thread::sleep(Duration::from_millis(3));
            !mark.exists()
        });
        assert!(gone, "a grandchild lives on");
    }

    #[test]
    fn endless_output_is_cut_and_a_reader_that_does_not_read_holds_nothing_up() {
        let ended = shell("head -c 5000000 /dev/zero", &vec![b'x'; 1 << 20], LONG);
        assert!(ended.is_success());
        assert_eq!(ended.stdout.len(), MOST_BYTES);
    }

    #[test]
    fn a_stream_is_read_while_it_comes_and_ends_in_time() {
        let (read, ended) = stream(
            "/bin/sh",
            ["-c", "head -c 3000000 /dev/zero; echo no >&2; exit 4"],
            &[],
            LONG,
            |lines| io::copy(lines, &mut io::sink()).expect("bytes"),
        )
        .expect("a shell");
        assert_eq!(
            (read, ended.status.and_then(|status| status.code())),
            (3_000_000, Some(4))
        );
        assert_eq!(ended.stderr, b"no\n");
        let began = Instant::now();
        let (_, ended) = stream(
            "/bin/sh",
            ["-c", "sleep 60"],
            &[],
            Duration::from_millis(100),
            |lines| io::copy(lines, &mut io::sink()).expect("bytes"),
        )
        .expect("a shell");
        assert!(!ended.is_success() && began.elapsed() < LONG);
    }

    #[test]
    fn secrets_are_not_passed_on() {
        for (name, passed) in [
            ("PATH", true),
            ("LC_ALL", true),
            ("XDG_RUNTIME_DIR", true),
            ("TTOP_LEDGER", true),
            ("TTOP_OPENROUTER_TOKEN", false),
            ("TTOP_X_CREDENTIAL", false),
            ("ANTHROPIC_API_KEY", false),
            ("AWS_SESSION_TOKEN", false),
            ("SLACK_WEBHOOK", false),
        ] {
            assert_eq!(is_passed_on(&name.into()), passed, "{name}");
        }
    }
}
