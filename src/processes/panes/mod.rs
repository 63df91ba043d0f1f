//! Panes of terminal multiplexers: which one a process runs in, and how to go there.

mod kitty;
mod screen;
mod tmux;
mod wezterm;
mod zellij;

use super::tree::Tree;
use crate::core::process::Process;
use crate::system::children;
use anyhow::{Context, Result, bail};
use std::time::Duration;

/// How long a multiplexer may take: one that hangs must not hang ttop.
const PATIENCE: Duration = Duration::from_secs(2);

/// A program with several terminals in its windows.
trait Multiplexer: Sync {
    /// `tmux`: its command, and the beginning of a pane's name.
    fn name(&self) -> &'static str;

    /// The panes of these processes. Titles cost a question to the multiplexer, so they are read only if they are wanted.
    fn panes(&self, processes: &[&Process], wants_titles: bool) -> Vec<Pane>;

    /// Brings a pane to the front.
    ///
    /// # Errors
    /// When the multiplexer refuses.
    fn select(&self, pane: &Pane) -> Result<()>;

    /// The visible lines of a pane.
    ///
    /// # Errors
    /// When the multiplexer refuses, or has no command for that.
    fn capture(&self, pane: &Pane) -> Result<Vec<String>> {
        bail!("{} has no command that prints pane {}", self.name(), pane.name)
    }
}

/// The inner ones first: tmux inside WezTerm is where an agent runs.
const MULTIPLEXERS: [&dyn Multiplexer; 5] = [
    &tmux::Tmux,
    &zellij::Zellij,
    &screen::Screen,
    &wezterm::WezTerm,
    &kitty::Kitty,
];

/// A pane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pane {
    /// Its multiplexer's command.
    pub multiplexer: &'static str,
    /// The process it belongs to: started in it, or running in it.
    pub pid: u32,
    /// The server or session that has it, for multiplexers with several.
    pub server: Option<String>,
    pub id: String,
    /// As people name it: `main:1.0` in tmux.
    pub name: String,
    /// What the program in it calls itself.
    pub title: String,
}

impl Pane {
    /// `tmux:main:1.0`
    pub fn label(&self) -> String {
        format!("{}:{}", self.multiplexer, self.name)
    }
}

/// The panes of these processes, and all of tmux.
pub(crate) fn panes(processes: &[&Process], wants_titles: bool) -> Vec<Pane> {
    let all = MULTIPLEXERS.iter();
    all.flat_map(|multiplexer| multiplexer.panes(processes, wants_titles))
        .collect()
}

/// The pane a process runs in: that of its session, or of an ancestor. Names of terminals would not do: they repeat in containers.
pub(crate) fn pane_of<'a>(process: &Process, tree: &Tree<'_>, panes: &'a [Pane]) -> Option<&'a Pane> {
    let within = |multiplexer: &str| {
        let of = |pid: u32| {
            panes
                .iter()
                .find(|pane| pane.pid == pid && pane.multiplexer == multiplexer)
        };
        of(process.pid)
            .or_else(|| of(process.session?))
            .or_else(|| tree.ancestors(process.pid).find_map(|ancestor| of(ancestor.pid)))
    };
    MULTIPLEXERS.iter().find_map(|multiplexer| within(multiplexer.name()))
}

/// Brings a pane to the front.
///
/// # Errors
/// When its multiplexer refuses.
pub(crate) fn select(pane: &Pane) -> Result<()> {
    multiplexer_of(pane)?.select(pane)
}

/// The visible lines of a pane.
///
/// # Errors
/// When its multiplexer refuses, or has no command for that.
pub(crate) fn capture(pane: &Pane) -> Result<Vec<String>> {
    multiplexer_of(pane)?.capture(pane)
}

fn multiplexer_of(pane: &Pane) -> Result<&'static dyn Multiplexer> {
    let mut known = MULTIPLEXERS.iter();
    let found = known.find(|multiplexer| multiplexer.name() == pane.multiplexer);
    found
        .copied()
        .with_context(|| format!("pane {} belongs to no known multiplexer", pane.name))
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// The variables by which these processes know their pane.
fn known_by<'a>(processes: &[&'a Process], variable: &str) -> Vec<(&'a Process, &'a str)> {
    let known = processes
        .iter()
        .filter_map(|process| Some((*process, process.details.place(variable)?)));
    known.collect()
}

/// Runs a multiplexer's command and returns what it prints.
fn run(program: &str, args: &[&str]) -> Result<String> {
    let ended = children::run(program, args, &[], PATIENCE).with_context(|| format!("could not run {program}"))?;
    match ended.status {
        None => bail!("{program} does not answer"),
        Some(status) if !status.success() => bail!("{program} {} failed", args.join(" ")),
        Some(_) => Ok(String::from_utf8_lossy(&ended.stdout).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, places: &[(&str, &str)]) -> Process {
        let mut process = Process {
            pid,
            parent: Some(parent),
            session: Some(pid),
            ..Process::default()
        };
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        process.details.places = places.iter().map(owned).collect();
        process
    }

    #[test]
    fn a_process_knows_its_pane_by_its_variables() {
        for (places, multiplexer, name) in [
            (
                &[("ZELLIJ_SESSION_NAME", "work"), ("ZELLIJ_PANE_ID", "3")][..],
                "zellij",
                "work:3",
            ),
            (&[("STY", "12.api"), ("WINDOW", "2")], "screen", "12.api:2"),
            (&[("WEZTERM_PANE", "7")], "wezterm", "7"),
            (
                &[("KITTY_WINDOW_ID", "5"), ("KITTY_LISTEN_ON", "unix:/tmp/k")],
                "kitty",
                "5",
            ),
        ] {
            let table = [process(10, 1, places), process(11, 10, &[])];
            let tree = Tree::new(&table);
            let known: Vec<Pane> = MULTIPLEXERS
                .iter()
                .skip(1)
                .flat_map(|multiplexer| multiplexer.panes(&[&table[0]], false))
                .collect();
            let pane = pane_of(&table[1], &tree, &known).expect("a pane");
            assert_eq!((pane.multiplexer, pane.name.as_str()), (multiplexer, name));
        }
    }

    #[test]
    fn the_inner_multiplexer_has_the_pane() {
        let places = [
            ("ZELLIJ_SESSION_NAME", "work"),
            ("ZELLIJ_PANE_ID", "3"),
            ("WEZTERM_PANE", "7"),
        ];
        let table = [process(10, 1, &places)];
        let known: Vec<Pane> = MULTIPLEXERS
            .iter()
            .skip(1)
            .flat_map(|one| one.panes(&[&table[0]], false))
            .collect();
        let pane = pane_of(&table[0], &Tree::new(&table), &known);
        assert_eq!(pane.map(|pane| pane.multiplexer), Some("zellij"));
    }
}
