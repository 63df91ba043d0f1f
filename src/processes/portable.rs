//! Processes on macOS, Windows and other systems, through `sysinfo` and `listeners`.

use super::sockets::Listeners;
use crate::core::process::{Process, ProcessDetails};
use std::path::{Path, PathBuf};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// Reads the system's processes.
#[derive(Clone, Debug, Default)]
pub struct Portable;

/// Lists processes again and again. Nothing is saved by what is known.
#[derive(Debug, Default)]
pub struct Roster;

impl Roster {
    /// Lists every visible process.
    pub fn list(&mut self, reader: &Portable) -> Vec<Process> {
        reader.list()
    }

    /// Takes a list back, for the next one.
    pub fn keep(&mut self, _: Vec<Process>, _: impl Fn(&Process) -> bool) {}
}

impl Portable {
    /// Where a process works; a listing knows it already.
    pub const fn cwd(&self, _: u32) -> Option<PathBuf> {
        None
    }

    /// Lists every visible process; fields that this system does not report are `None`.
    pub fn list(&self) -> Vec<Process> {
        let wanted = ProcessRefreshKind::nothing()
            .with_memory()
            .with_cpu()
            .with_cwd(UpdateKind::Always)
            .with_cmd(UpdateKind::Always)
            .with_exe(UpdateKind::Always)
            .with_user(UpdateKind::Always);
        let mut system = System::new();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, wanted);
        let own = sysinfo::get_current_pid()
            .ok()
            .and_then(|pid| system.process(pid)?.user_id().cloned());
        let path = |path: Option<&Path>| path.filter(|path| !path.as_os_str().is_empty()).map(Path::to_path_buf);
        system
            .processes()
            .values()
            .filter(|process| process.thread_kind().is_none())
            .map(|process| Process {
                pid: process.pid().as_u32(),
                parent: process.parent().map(Pid::as_u32),
                group: None,
                session: process.session_id().map(Pid::as_u32),
                start_mark: process.start_time(),
                started_at: i64::try_from(process.start_time())
                    .ok()
                    .map(|seconds| seconds.saturating_mul(1_000)),
                program_mark: None,
                name: process.name().to_string_lossy().into_owned(),
                exe: path(process.exe()),
                args: process
                    .cmd()
                    .iter()
                    .map(|arg| arg.to_string_lossy().into_owned())
                    .collect(),
                cwd: path(process.cwd()),
                tty: None,
                memory_bytes: Some(process.memory()),
                cpu_ms: Some(process.accumulated_cpu_time()),
                is_own: process.user_id().is_some() && process.user_id() == own.as_ref(),
                details: ProcessDetails::default(),
            })
            .collect()
    }

    /// Reads the details that a listing leaves out: on this system, only listening addresses.
    pub fn read_details(&self, process: &Process, listeners: &Listeners) -> Option<ProcessDetails> {
        Some(ProcessDetails {
            listens: listeners.reached(&[u64::from(process.pid)]),
            ..ProcessDetails::default()
        })
    }

    /// The sockets that listen, each with its process's number.
    pub fn listeners(&self) -> Listeners {
        let all = listeners::get_all().unwrap_or_default();
        let tcp = all
            .into_iter()
            .filter(|listener| listener.protocol == listeners::Protocol::TCP);
        Listeners::new(
            tcp.map(|listener| (listener.socket, u64::from(listener.process.pid)))
                .collect(),
        )
    }

    /// No system here counts more finely.
    pub const fn cpu_us(&self, _: u32) -> Option<u64> {
        None
    }

    /// Processor time used so far, if this is still the same process.
    pub fn cpu_ms(&self, pid: u32, start_mark: u64) -> Option<u64> {
        let mut system = System::new();
        let pid = Pid::from_u32(pid);
        let wanted = ProcessRefreshKind::nothing().with_cpu();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, wanted);
        let process = system.process(pid)?;
        (process.start_time() == start_mark).then(|| process.accumulated_cpu_time())
    }
}
