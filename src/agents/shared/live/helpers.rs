//! Names the subcommands and options in which no agent runs a session.

use crate::core::process::Role;

/// Subcommands that no agent runs a session in, whichever agent has them.
pub(super) const HELPERS: &[&str] = &[
    "agents",
    "auth",
    "backup",
    "completion",
    "completions",
    "config",
    "configure",
    "debug",
    "doctor",
    "export",
    "extensions",
    "features",
    "hooks",
    "import",
    "info",
    "install",
    "login",
    "logout",
    "logs",
    "ls",
    "mcp",
    "models",
    "onboard",
    "plugin",
    "plugins",
    "projects",
    "sessions",
    "setup",
    "setup-token",
    "skills",
    "stats",
    "status",
    "uninstall",
    "update",
    "update-providers",
    "upgrade",
    "usage",
    "version",
];

/// Options that only print something.
pub(super) const INFORMING: &[(&str, Role)] = &[
    ("--help", Role::Helper),
    ("--version", Role::Helper),
    ("--list-sessions", Role::Helper),
];
