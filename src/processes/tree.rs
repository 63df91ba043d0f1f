//! The process tree: ancestors, descendants, orphans, and the roles of an agent's helpers.

use crate::core::mcp::McpServer;
use crate::core::process::{Process, Role, file_name};
use rustc_hash::{FxHashMap, FxHashSet};

/// Programs that adopt processes whose parent ended.
const REAPERS: [&str; 9] = [
    "systemd",
    "init",
    "launchd",
    "tini",
    "dumb-init",
    "catatonit",
    "docker-init",
    "s6-svscan",
    "runit",
];
/// Language servers without a telling name.
const LSP_NAMES: [&str; 12] = [
    "gopls",
    "rust-analyzer",
    "clangd",
    "jdtls",
    "zls",
    "texlab",
    "tinymist",
    "nixd",
    "omnisharp",
    "intelephense",
    "tsserver",
    "sourcekit-lsp",
];

/// Processes by parent.
pub(crate) struct Tree<'a> {
    by_pid: FxHashMap<u32, &'a Process>,
    children: FxHashMap<u32, Vec<&'a Process>>,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(processes: &'a [Process]) -> Self {
        let mut tree = Self {
            by_pid: FxHashMap::default(),
            children: FxHashMap::default(),
        };
        for process in processes {
            tree.by_pid.insert(process.pid, process);
            if let Some(parent) = process.parent {
                tree.children.entry(parent).or_default().push(process);
            }
        }
        tree
    }

    pub(crate) fn process(&self, pid: u32) -> Option<&'a Process> {
        self.by_pid.get(&pid).copied()
    }

    /// Parent, grandparent, … up to the first that cannot be seen.
    pub(crate) fn ancestors(&self, pid: u32) -> impl Iterator<Item = &'a Process> {
        let mut seen = FxHashSet::from_iter([pid]);
        let up = |process: &Process| self.process(process.parent?);
        // A listing is no snapshot: a reused number could close a ring.
        std::iter::successors(self.process(pid).and_then(up), move |process| up(process))
            .take_while(move |process| seen.insert(process.pid))
    }

    /// Children, grandchildren, …
    pub(crate) fn descendants(&self, pid: u32) -> impl Iterator<Item = &'a Process> {
        let mut seen = FxHashSet::from_iter([pid]);
        let mut found: Vec<&Process> = Vec::new();
        let mut next = vec![pid];
        while let Some(parent) = next.pop() {
            for child in self.children.get(&parent).into_iter().flatten() {
                if seen.insert(child.pid) {
                    found.push(child);
                    next.push(child.pid);
                }
            }
        }
        found.into_iter()
    }

    /// These processes and their descendants, each once.
    pub(crate) fn families(&self, processes: &[&'a Process]) -> Vec<&'a Process> {
        let mut seen = FxHashSet::default();
        let all = processes
            .iter()
            .flat_map(|process| std::iter::once(*process).chain(self.descendants(process.pid)));
        all.filter(|process| seen.insert(process.pid)).collect()
    }

    /// Whether a process outlived the one that started it.
    pub(crate) fn is_orphan(&self, process: &Process) -> bool {
        let Some(parent) = process.parent.filter(|&parent| parent > 1) else {
            return process.parent.is_some();
        };
        let Some(parent) = self.process(parent) else {
            return true;
        };
        // Only a process that leads a session made it; every other one is in its parent's, unless that parent adopted it.
        let was_adopted =
            process.session.is_some_and(|session| session != process.pid) && process.session != parent.session;
        was_adopted || REAPERS.contains(&parent.program()) || REAPERS.contains(&parent.name.as_str())
    }
}

/// The processes that run an MCP server, those that a launcher of it started left out; and, apart, those that outlived their agent.
pub(crate) fn serving<'a>(
    server: &McpServer,
    tree: &Tree<'a>,
    agents: &FxHashSet<u32>,
    processes: &'a [Process],
) -> (Vec<&'a Process>, Vec<&'a Process>) {
    let runs = |process: &Process| process.is_own && !agents.contains(&process.pid) && server.is_run_by(process);
    let (mut served, mut orphans) = (Vec::new(), Vec::new());
    for process in processes.iter().filter(|process| runs(process)) {
        let above: Vec<&Process> = tree.ancestors(process.pid).collect();
        let has_agent = above.iter().any(|above| agents.contains(&above.pid));
        let was_left = || {
            std::iter::once(process)
                .chain(above.iter().copied())
                .any(|one| runs(one) && tree.is_orphan(one))
        };
        if !has_agent && was_left() {
            orphans.push(process);
        } else if !above.iter().any(|above| runs(above)) {
            served.push(process);
        }
    }
    (served, orphans)
}

/// The role of a process that an agent started.
pub(crate) fn role_of_child(process: &Process, servers: &[McpServer]) -> Role {
    let words = || process.args.iter().take(4).map(|arg| file_name(arg));
    let says_mcp = |word: &str| {
        word.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| part.eq_ignore_ascii_case("mcp"))
    };
    let says_lsp = |word: &str| {
        let name = word.split('.').next().unwrap_or(word);
        LSP_NAMES.contains(&name)
            || ["language-server", "langserver", "languageserver"]
                .iter()
                .any(|part| word.contains(part))
            || name.ends_with("-lsp")
            || name.ends_with("-ls")
    };
    if servers.iter().any(|server| server.is_run_by(process)) || words().any(says_mcp) {
        Role::Mcp
    } else if words().any(says_lsp) || process.arguments().iter().any(|arg| arg == "--stdio" || arg == "lsp") {
        Role::Lsp
    } else {
        Role::Tool
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, session: u32, args: &str) -> Process {
        Process {
            pid,
            parent: Some(parent),
            session: Some(session),
            args: args.split(' ').map(str::to_owned).collect(),
            ..Process::default()
        }
    }

    fn pids<'a>(processes: impl Iterator<Item = &'a Process>) -> Vec<u32> {
        let mut pids: Vec<u32> = processes.map(|process| process.pid).collect();
        pids.sort_unstable();
        pids
    }

    #[test]
    fn knows_who_started_whom_even_in_a_ring() {
        let table = [
            process(1, 0, 1, "init"),
            process(5, 1, 5, "sh"),
            process(7, 5, 5, "opencode"),
            process(8, 7, 5, "gopls"),
        ];
        let tree = Tree::new(&table);
        assert_eq!(pids(tree.ancestors(8)), [1, 5, 7]);
        assert_eq!(pids(tree.descendants(5)), [7, 8]);
        let ring = [process(3, 4, 3, "a"), process(4, 3, 3, "b")];
        let tree = Tree::new(&ring);
        assert_eq!(pids(tree.ancestors(3)), [4]);
        assert_eq!(pids(tree.descendants(3)), [4]);
    }

    #[test]
    fn an_orphan_is_one_whose_parent_adopted_it() {
        let table = [
            process(1, 0, 1, "/sbin/init"),
            process(30, 1, 30, "/usr/lib/systemd/systemd --user"),
            process(40, 1, 40, "bash"),
            process(50, 1, 49, "mcp"),
            process(51, 30, 49, "mcp"),
            process(52, 30, 52, "mcp"),
            process(53, 40, 40, "mcp"),
            process(54, 40, 54, "mcp"),
            process(55, 40, 49, "mcp"),
            process(56, 999, 49, "mcp"),
        ];
        let tree = Tree::new(&table);
        let orphans = table
            .iter()
            .filter(|process| process.args[0] == "mcp" && tree.is_orphan(process));
        assert_eq!(pids(orphans), [50, 51, 52, 55, 56]);
    }

    #[test]
    fn a_server_is_an_orphan_once_its_agent_is_gone() {
        let mut table = [
            process(1, 0, 1, "init"),
            process(10, 1, 10, "bash"),
            process(11, 10, 10, "opencode"),
            process(12, 11, 10, "npx -y files-server"),
            process(13, 12, 10, "node /n/node_modules/files-server/x.js"),
            process(20, 1, 19, "npx -y files-server"),
            process(21, 20, 19, "node /n/node_modules/files-server/x.js"),
            process(30, 10, 10, "npx -y files-server"),
        ];
        table.iter_mut().for_each(|process| process.is_own = true);
        let server = McpServer::local(
            "opencode",
            "files",
            vec!["npx".into(), "-y".into(), "files-server".into()],
        );
        let tree = Tree::new(&table);
        let (served, orphans) = serving(&server, &tree, &FxHashSet::from_iter([11]), &table);
        assert_eq!(pids(served.into_iter()), [12, 30]);
        assert_eq!(pids(orphans.into_iter()), [20, 21]);
    }

    #[test]
    fn names_what_an_agent_started() {
        let server = McpServer::local("opencode", "files", vec!["files-server".into(), "/x".into()]);
        let servers = [server];
        for (args, role) in [
            ("files-server /x", Role::Mcp),
            ("node /n/.bin/mcp-server-git --stdio", Role::Mcp),
            ("npm exec @scope/some-mcp", Role::Mcp),
            ("typescript-language-server --stdio", Role::Lsp),
            ("gopls", Role::Lsp),
            ("node /n/pyright-langserver.js --stdio", Role::Lsp),
            ("deno lsp", Role::Lsp),
            ("bash -c ls", Role::Tool),
            ("mcphail", Role::Tool),
        ] {
            assert_eq!(role_of_child(&process(9, 1, 9, args), &servers), role, "{args}");
        }
    }
}
