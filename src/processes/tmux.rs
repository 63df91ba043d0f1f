//! tmux: which pane a process runs in, and how to go there.

use super::tree::Tree;
use crate::core::process::Process;
use crate::system::children;
use anyhow::{Context, Result, bail};
use std::time::Duration;

/// How long tmux may take: a server that hangs must not hang ttop.
const PATIENCE: Duration = Duration::from_secs(2);
/// Tabs, since names of sessions may hold spaces.
const LISTED: &str = "#{pane_pid}\t#{pane_id}\t#{session_name}:#{window_index}.#{pane_index}\t#{pane_title}";

/// A pane of the user's tmux server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pane {
    /// The process tmux started in it.
    pub pid: u32,
    /// `%3`
    pub id: String,
    /// tmux target, such as `main:1.0`.
    pub name: String,
    /// What the program in it calls itself.
    pub title: String,
}

/// All panes; empty where tmux is not installed or does not run.
pub fn panes() -> Vec<Pane> {
    let text = run(&["list-panes", "-a", "-F", LISTED]).unwrap_or_default();
    text.lines().filter_map(parse_pane).collect()
}

fn parse_pane(line: &str) -> Option<Pane> {
    let mut fields = line.splitn(4, '\t');
    Some(Pane {
        pid: fields.next()?.parse().ok()?,
        id: fields.next()?.to_owned(),
        name: fields.next()?.to_owned(),
        title: fields.next().unwrap_or_default().to_owned(),
    })
}

/// The pane a process runs in: that of its session, or of an ancestor. Names of terminals would not do: they repeat in containers.
pub fn pane_of<'a>(process: &Process, tree: &Tree<'_>, panes: &'a [Pane]) -> Option<&'a Pane> {
    let of = |pid: u32| panes.iter().find(|pane| pane.pid == pid);
    of(process.pid)
        .or_else(|| of(process.session?))
        .or_else(|| tree.ancestors(process.pid).find_map(|ancestor| of(ancestor.pid)))
}

/// Brings a pane to the front: in the client ttop runs in, else in the one its session is attached to.
///
/// # Errors
/// When tmux refuses.
pub fn select(pane: &Pane) -> Result<()> {
    run(&["select-window", "-t", &pane.id])?;
    run(&["select-pane", "-t", &pane.id])?;
    // Outside tmux there may be no client to switch: the pane is selected all the same.
    let _ = run(&["switch-client", "-t", &pane.id]);
    Ok(())
}

/// The visible lines of a pane.
///
/// # Errors
/// When tmux refuses, or there is no such pane.
pub fn capture(name: &str) -> Result<Vec<String>> {
    let text = run(&["capture-pane", "-p", "-t", name])?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn run(args: &[&str]) -> Result<String> {
    let ended = children::run("tmux", args, &[], PATIENCE).context("could not run tmux")?;
    match ended.status {
        None => bail!("tmux does not answer"),
        Some(status) if !status.success() => bail!("tmux {} failed", args[0]),
        Some(_) => Ok(String::from_utf8_lossy(&ended.stdout).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
