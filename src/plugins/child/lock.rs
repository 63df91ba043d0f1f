//! The walls of the child: it locks itself before it reads a byte of the plugin.

use super::Without;

/// Puts up every wall that this system has, and names those that stand.
pub(super) fn lock(without: Without) -> Vec<String> {
    let mut walls = vec!["process".to_owned()];
    // The first look at the clock asks the system where it is: no such call is allowed later.
    super::budget::Budget::default().begin_run();
    #[cfg(target_os = "linux")]
    {
        if !without.landlock && linux::landlock() {
            walls.push("landlock".to_owned());
        }
        if limits() {
            walls.push("rlimits".to_owned());
        }
        if !without.seccomp && linux::seccomp() {
            walls.push("seccomp".to_owned());
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = without;
        if limits() {
            walls.push("rlimits".to_owned());
        }
    }
    walls
}

/// No more descriptors, processes, files and cores; address space for an engine of 256 MiB and its parser.
#[cfg(unix)]
fn limits() -> bool {
    use rustix::process::{Resource, Rlimit, setrlimit};
    const ADDRESS_SPACE: u64 = 2 << 30;
    let wanted = [
        (Resource::Nproc, 0),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, 3),
        #[cfg(target_os = "linux")]
        (Resource::As, ADDRESS_SPACE),
    ];
    let set = wanted.map(|(resource, most)| {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).is_ok()
    });
    set.iter().all(|is_set| *is_set)
}

#[cfg(not(unix))]
fn limits() -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, Scope};
    use landlock::{RulesetCreatedAttr, RulesetStatus};
    use seccompiler::{BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition};
    use seccompiler::{SeccompFilter, SeccompRule, TargetArch, apply_filter};
    use std::collections::BTreeMap;

    /// Handles every right of files, network and scope, and grants none.
    pub(super) fn landlock() -> bool {
        let restrict = || -> Result<RulesetStatus, RulesetError> {
            let abi = ABI::V6;
            let status = Ruleset::default()
                .handle_access(AccessFs::from_all(abi))?
                .handle_access(AccessNet::from_all(abi))?
                .scope(Scope::from_all(abi))?
                .create()?
                .no_new_privs(true)
                .restrict_self()?;
            Ok(status.ruleset)
        };
        restrict().is_ok_and(|status| status != RulesetStatus::NotEnforced)
    }

    /// Calls that an interpreter without files and sockets needs; every other one ends the process.
    const CALLS: &[libc::c_long] = &[
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_brk,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_rt_sigreturn,
        libc::SYS_rt_sigprocmask,
        libc::SYS_sigaltstack,
        libc::SYS_clock_gettime,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
        libc::SYS_sched_yield,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_restart_syscall,
    ];

    const PROT_EXEC: u64 = 4;

    pub(super) fn seccomp() -> bool {
        filter().is_some_and(|program| apply_filter(&program).is_ok())
    }

    fn filter() -> Option<BpfProgram> {
        let arch = if cfg!(target_arch = "x86_64") {
            TargetArch::x86_64
        } else if cfg!(target_arch = "aarch64") {
            TargetArch::aarch64
        } else {
            return None;
        };
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
        for call in [libc::SYS_mmap, libc::SYS_mprotect] {
            let no_code = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(PROT_EXEC), 0);
            rules.insert(call, vec![SeccompRule::new(vec![no_code.ok()?]).ok()?]);
        }
        let filter = SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, arch).ok()?;
        filter.try_into().ok()
    }
}
