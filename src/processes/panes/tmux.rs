//! tmux: its panes by the process it started in each.

use super::{Multiplexer, Pane, lines, run};
use crate::core::process::Process;
use anyhow::Result;

/// Tabs, since names of sessions may hold spaces.
const LISTED: &str = "#{pane_pid}\t#{pane_id}\t#{session_name}:#{window_index}.#{pane_index}\t#{pane_title}";

pub(super) struct Tmux;

impl Multiplexer for Tmux {
    fn name(&self) -> &'static str {
        "tmux"
    }

    /// All panes of the user's server; empty where tmux is not installed or does not run.
    fn panes(&self, processes: &[&Process], _: bool) -> Vec<Pane> {
        // If terminals are unknown, any process may have one.
        if cfg!(target_os = "linux") && processes.iter().all(|process| process.tty.is_none()) {
            return Vec::new();
        }
        let text = run("tmux", &["list-panes", "-a", "-F", LISTED]).unwrap_or_default();
        text.lines().filter_map(parse_pane).collect()
    }

    /// In the client ttop runs in, else in the one its session is attached to.
    fn select(&self, pane: &Pane) -> Result<()> {
        run("tmux", &["select-window", "-t", &pane.id])?;
        run("tmux", &["select-pane", "-t", &pane.id])?;
        // Outside tmux there may be no client to switch: the pane is selected all the same.
        let _ = run("tmux", &["switch-client", "-t", &pane.id]);
        Ok(())
    }

    fn capture(&self, pane: &Pane) -> Result<Vec<String>> {
        run("tmux", &["capture-pane", "-p", "-t", &pane.id]).map(|text| lines(&text))
    }
}

fn parse_pane(line: &str) -> Option<Pane> {
    let mut fields = line.splitn(4, '\t');
    Some(Pane {
        multiplexer: "tmux",
        server: None,
        pid: fields.next()?.parse().ok()?,
        id: fields.next()?.to_owned(),
        name: fields.next()?.to_owned(),
        title: fields.next().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::panes::pane_of;
    use crate::processes::tree::Tree;

    fn process(pid: u32, parent: u32, session: u32) -> Process {
        Process {
            pid,
            parent: Some(parent),
            session: Some(session),
            ..Process::default()
        }
    }

    #[test]
    fn a_pane_is_found_by_session_or_ancestor() {
        let panes: Vec<Pane> = ["100\t%1\tmy work:0.0", "200\t%2\tmain:1.3\t✦  Working…", "bad"]
            .iter()
            .filter_map(|line| parse_pane(line))
            .collect();
        assert_eq!(panes.len(), 2);
        assert_eq!((panes[0].title.as_str(), panes[1].title.as_str()), ("", "✦  Working…"));
        // 130 lost its parent and kept its session; 240 runs on another terminal inside the pane.
        let table = [
            process(100, 1, 100),
            process(130, 1, 100),
            process(200, 1, 200),
            process(210, 200, 200),
            process(240, 210, 240),
            process(300, 1, 300),
        ];
        let tree = Tree::new(&table);
        let names: Vec<_> = table
            .iter()
            .map(|process| pane_of(process, &tree, &panes).map(|pane| pane.name.as_str()))
            .collect();
        let (work, main) = (Some("my work:0.0"), Some("main:1.3"));
        assert_eq!(names, [work, work, main, main, main, None]);
    }
}
