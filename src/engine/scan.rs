//! Scan: running processes, their sessions, and the status of each.

use crate::agents::shared::listings::Inventory;
use crate::agents::shared::live::live;
use crate::agents::shared::live::running::{Invocations, Running};
use crate::agents::shared::mcp::configured;
use crate::agents::{Agent, Live, programs};
use crate::core::agent_id::AgentId;
use crate::core::mcp::McpServer;
use crate::core::problem::Problem;
use crate::core::process::{Claim, DetailLimits, Facts, Process, Role, SessionRef};
use crate::core::status::{ProcessActivity, ReportedStatus, SessionStatus, StatusSource, session_status};
use crate::engine::other_homes::of_other_homes;
use crate::processes::cpu::Sample;
use crate::processes::panes::{self, Pane, pane_of};
use crate::processes::tree::{Tree, role_of_child, serving};
use crate::processes::{Reader, Roster, read_details};
use crate::system::System;
use rustc_hash::FxHashSet;
use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How far back to search for an agent's last text.
const TEXT_LIMITS: DetailLimits = DetailLimits {
    messages: 20,
    text_chars: None,
};

/// For this long, processes that were listed ahead are those of the same moment.
const MOMENT: Duration = Duration::from_millis(500);

/// The options of a scan.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScanOptions {
    /// Whether to include processes that agents started or left behind.
    pub helpers: bool,
    /// Whether to read the last text of each agent.
    pub text: bool,
    /// How busy each process is: costs a quarter of a second at the first inventory.
    pub cpu: bool,
}

/// A process with one of the sessions it shows.
pub struct LiveSession {
    pub agent_id: AgentId,
    pub process: Process,
    pub claim: Claim,
    pub facts: Facts,
    pub standing: SessionStatus,
    pub cpu_percent: Option<f64>,
    pub pane: Option<Pane>,
    pub last_text: Option<String>,
}

impl LiveSession {
    /// The process alone.
    pub fn without_session(self) -> Self {
        Self {
            claim: Claim {
                version: self.claim.version,
                ..Claim::bare(self.claim.pid, self.claim.role)
            },
            facts: Facts::default(),
            standing: SessionStatus::UNKNOWN,
            last_text: None,
            ..self
        }
    }
}

/// Live sessions and problems.
#[derive(Default)]
pub struct Scan {
    pub sessions: Vec<LiveSession>,
    pub problems: Vec<Problem>,
}

/// A live agent, and the processes to read closely.
pub(super) struct LiveAgent<'a> {
    pub(super) agent: &'a dyn Agent,
    pub(super) live: Box<dyn Live + 'a>,
    pub(super) pids: FxHashSet<u32>,
}

impl LiveAgent<'_> {
    /// Whether a process of the user is one of them.
    pub(super) fn has(&self, process: &Process) -> bool {
        process.is_own && self.pids.contains(&process.pid)
    }
}

/// Looks again and again, and remembers how busy processes were.
#[derive(Default)]
pub struct Scanner {
    reader: Reader,
    roster: Roster,
    /// What was listed for the next scan.
    ahead: Option<Look>,
    earlier: Option<Sample>,
}

/// The processes of a moment, before anything is known of their sessions.
struct Look {
    taken: Instant,
    processes: Vec<Process>,
    invocations: Invocations,
    /// How much the agents' processes and those that they started have used, where that is wanted.
    begun: Option<Sample>,
}

impl Scanner {
    /// Lists processes for the next scan.
    pub(super) fn look_ahead(&mut self, wants_cpu: bool) {
        self.ahead = Some(self.look(wants_cpu));
    }

    fn look(&mut self, wants_cpu: bool) -> Look {
        let taken = Instant::now();
        let processes = self.roster.list(&self.reader);
        let invocations = Invocations::among(&processes, programs());
        // Only the first look of a run has no earlier one to compare with.
        let begun = (wants_cpu && self.earlier.is_none()).then(|| {
            let tree = Tree::new(&processes);
            let agents: Vec<&Process> = invocations.all(&processes).collect();
            Sample::fine(&self.reader, &tree.families(&agents))
        });
        Look {
            taken,
            begun: begun.flatten(),
            processes,
            invocations,
        }
    }

    /// Scans once, without the ledger.
    pub fn scan(&mut self, agents: &[&dyn Agent], inventory: &Inventory<'_>, options: ScanOptions) -> Scan {
        let ahead = self.ahead.take().filter(|look| look.taken.elapsed() <= MOMENT);
        let Look {
            taken,
            mut processes,
            invocations,
            begun,
        } = ahead.unwrap_or_else(|| self.look(options.cpu));
        let running = Running::new(&processes, &invocations);
        let lives = agents.iter().filter_map(|agent| Some((*agent, live(*agent)?)));
        let lives: Vec<LiveAgent<'_>> = lives
            .map(|(agent, live)| LiveAgent {
                agent,
                pids: live.pids(running, inventory).into_iter().collect(),
                live,
            })
            .collect();
        let is_asked = |process: &Process| lives.iter().any(|one| one.live.is_asked() && one.has(process));
        let is_wanted = |process: &Process| lives.iter().any(|one| one.has(process));
        read_details(&self.reader, &mut processes, is_wanted, is_asked);
        let others = of_other_homes(&lives, &processes, inventory);
        for process in processes.iter_mut().filter(|process| others.contains(&process.pid)) {
            process.is_own = false;
        }
        let running = Running::new(&processes, &invocations);
        let claims: Vec<(AgentId, Claim)> = lives
            .iter()
            .flat_map(|one| {
                let claims = one.live.claims(running, inventory).into_iter();
                claims.map(|claim| (one.agent.id().into(), claim))
            })
            .collect();
        let mut scene = Scene::new(&processes, claims, inventory);
        if options.helpers {
            scene.add_helpers();
        }
        let mut scan = Scan::default();
        let wants_two = options.cpu && self.earlier.is_none() && !scene.claims.is_empty();
        let begun = wants_two.then(|| {
            let at_work = scene.at_work();
            let begun = begun.filter(|begun| at_work.iter().all(|process| begun.has(process)));
            begun.or_else(|| Sample::fine(&self.reader, &at_work))
        });
        let begun = begun.flatten();
        let facts: Vec<Facts> = scene
            .claims
            .iter()
            .map(|(_, claim)| facts_of(claim, agents, inventory, &mut scan.problems))
            .collect();
        let listed = Sample::of(scene.processes, taken);
        let (earlier, now) = match begun {
            _ if !wants_two => (self.earlier.clone(), listed.clone()),
            Some(begun) if !scene.depends_on_cpu(&facts, inventory.now) => self.again(begun, &scene),
            _ => self.again(listed.clone(), &scene),
        };
        let shown: Vec<&Process> = scene
            .claims
            .iter()
            .filter_map(|(_, claim)| scene.tree.process(claim.pid))
            .collect();
        let wants_titles = scene.claims.iter().any(|(agent_id, _)| {
            programs()
                .of(agent_id)
                .is_some_and(|program| !program.titles.is_empty())
        });
        let panes = panes::panes(&shown, wants_titles);
        for ((agent_id, claim), facts) in scene.claims.iter().zip(facts) {
            let Some(process) = scene.tree.process(claim.pid) else {
                continue;
            };
            let pane = pane_of(process, &scene.tree, &panes);
            let word = claim.word.clone().or_else(|| word_of_title(agent_id, pane?));
            let life = ProcessActivity {
                asks_in_secret: claim.role == Role::Tui && asks_in_secret(agent_id, process),
                ..scene.life(claim, &facts, earlier.as_ref().map(|earlier| (earlier, &now)))
            };
            let standing = if claim.role.is_agent() {
                session_status(word.as_ref(), &facts, &life, inventory.now)
            } else {
                SessionStatus::UNKNOWN
            };
            scan.sessions.push(LiveSession {
                agent_id: agent_id.clone(),
                process: process.clone(),
                claim: claim.clone(),
                standing,
                cpu_percent: earlier.as_ref().and_then(|earlier| now.percent_since(earlier, process)),
                pane: pane.cloned(),
                last_text: options
                    .text
                    .then(|| last_text(claim, agents, inventory, &mut scan.problems))
                    .flatten(),
                facts,
            });
        }
        self.earlier = Some(listed);
        let watched = scene.watched();
        self.roster.keep(processes, |process| watched.contains(&process.pid));
        scan
    }

    /// A sample, and another one of the same kind once it is time.
    fn again(&self, first: Sample, scene: &Scene<'_>) -> (Option<Sample>, Sample) {
        std::thread::sleep(first.ripe_at().saturating_duration_since(Instant::now()));
        let again = first.again(&self.reader, &scene.at_work());
        (Some(first), again)
    }
}

/// Processes and their claims.
struct Scene<'a> {
    processes: &'a [Process],
    tree: Tree<'a>,
    claims: Vec<(AgentId, Claim)>,
    /// Processes that an agent claims, helpers too.
    agents: FxHashSet<u32>,
    /// Read only where the part that a process plays matters: settings can be long.
    servers: OnceCell<Vec<McpServer>>,
    system: &'a System,
}

impl<'a> Scene<'a> {
    fn new(processes: &'a [Process], claims: Vec<(AgentId, Claim)>, system: &'a System) -> Self {
        let agents: FxHashSet<u32> = claims.iter().map(|(_, claim)| claim.pid).collect();
        let tree = Tree::new(processes);
        Self {
            processes,
            tree,
            claims,
            agents,
            servers: OnceCell::new(),
            system,
        }
    }

    /// The configured MCP servers of all folders, and of those that agents work in.
    fn servers(&self) -> &[McpServer] {
        self.servers.get_or_init(|| {
            let folders = self
                .agents
                .iter()
                .filter_map(|pid| self.tree.process(*pid)?.cwd.clone());
            let folders: Vec<PathBuf> = folders.chain([self.system.cwd.clone()]).collect();
            // Mistakes in settings are reported by `ttop mcp`.
            configured(&folders, self.system).servers
        })
    }

    /// Adds what agents started, and MCP servers whose agent is gone.
    fn add_helpers(&mut self) {
        let mut added = Vec::new();
        let mut known = self.agents.clone();
        for (agent_id, claim) in self.claims.iter().filter(|(_, claim)| claim.role.is_agent()) {
            for process in self.tree.descendants(claim.pid) {
                // Processes that a helper or another agent started belong to it.
                let owner = self
                    .tree
                    .ancestors(process.pid)
                    .find(|above| self.agents.contains(&above.pid));
                if owner.is_some_and(|owner| owner.pid == claim.pid) && known.insert(process.pid) {
                    added.push((
                        agent_id.clone(),
                        Claim::bare(process.pid, role_of_child(process, self.servers())),
                    ));
                }
            }
        }
        for server in self.servers() {
            let (_, orphans) = serving(server, &self.tree, &self.agents, self.processes);
            for process in orphans {
                if known.insert(process.pid) {
                    added.push((server.agent_id.clone(), Claim::bare(process.pid, Role::OrphanMcp)));
                }
            }
        }
        self.claims.extend(added);
    }

    /// The claimed processes and their descendants.
    fn at_work(&self) -> Vec<&'a Process> {
        let claims = self.claims.iter();
        let pids = claims.flat_map(|(_, claim)| std::iter::once(claim.pid).chain(claim.worker));
        let processes: Vec<&Process> = pids.filter_map(|pid| self.tree.process(pid)).collect();
        self.tree.families(&processes)
    }

    /// The processes that what a scan shows depends on.
    fn watched(&self) -> FxHashSet<u32> {
        let shown = self.claims.iter().map(|(_, claim)| claim.pid);
        let above = shown.flat_map(|pid| self.tree.ancestors(pid));
        above.chain(self.at_work()).map(|process| process.pid).collect()
    }

    /// Whether the records of any session leave its status to the use of the processor.
    fn depends_on_cpu(&self, facts: &[Facts], now: i64) -> bool {
        self.claims.iter().zip(facts).any(|((_, claim), facts)| {
            let life = self.life(claim, facts, None);
            let busy = ProcessActivity {
                is_active: Some(true),
                ..life
            };
            let status = |life| session_status(claim.word.as_ref(), facts, life, now);
            claim.role.is_agent() && status(&busy) != status(&life)
        })
    }

    /// The activity of a session's process.
    fn life(&self, claim: &Claim, facts: &Facts, samples: Option<(&Sample, &Sample)>) -> ProcessActivity {
        let Some(worker) = claim.worker.and_then(|pid| self.tree.process(pid)) else {
            return ProcessActivity::default();
        };
        let tools = || {
            let children = self
                .tree
                .descendants(worker.pid)
                .filter(|process| !self.agents.contains(&process.pid));
            children
                .filter(|process| role_of_child(process, self.servers()) == Role::Tool)
                .filter_map(|process| process.started_at)
                .max()
        };
        ProcessActivity {
            is_alive: true,
            started_at: worker.started_at,
            is_active: samples.and_then(|(earlier, now)| now.is_active_since(earlier, worker, &self.tree)),
            tool_started_at: facts.pending_tool.as_ref().and_then(|_| tools()),
            asks_in_secret: false,
        }
    }
}

/// What an agent calls its terminal, where that shows what it does.
fn word_of_title(agent_id: &AgentId, pane: &Pane) -> Option<ReportedStatus> {
    let titles = programs().of(agent_id)?.titles;
    let (_, says) = titles.iter().find(|(part, _)| pane.title.contains(part))?;
    Some(ReportedStatus {
        says: *says,
        since: None,
        source: StatusSource::Title,
    })
}

/// Whether a process may ask for a permission that no record and no title shows.
fn asks_in_secret(agent_id: &AgentId, process: &Process) -> bool {
    let Some(program) = programs().of(agent_id) else {
        return false;
    };
    program.asks_in_secret
        && !process
            .arguments()
            .iter()
            .any(|arg| program.never_asks.contains(&arg.as_str()))
}

fn facts_of(claim: &Claim, agents: &[&dyn Agent], inventory: &Inventory<'_>, problems: &mut Vec<Problem>) -> Facts {
    let Some((session, live)) = session_of(claim, agents) else {
        return Facts::default();
    };
    live.state(session, inventory).unwrap_or_else(|error| {
        problems.push(Problem::new(place_of(session, inventory), format!("{error:#}")));
        Facts::default()
    })
}

fn last_text(
    claim: &Claim,
    agents: &[&dyn Agent],
    inventory: &Inventory<'_>,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let (session, live) = session_of(claim, agents)?;
    match live.detail(session, &TEXT_LIMITS, inventory) {
        Ok(detail) => detail.last_line().map(str::to_owned),
        Err(error) => {
            problems.push(Problem::new(place_of(session, inventory), format!("{error:#}")));
            None
        }
    }
}

fn session_of<'a>(claim: &'a Claim, agents: &[&'a dyn Agent]) -> Option<(&'a SessionRef, Box<dyn Live + 'a>)> {
    let session = claim.session.as_ref()?;
    let agent = agents.iter().find(|agent| agent.id() == &*session.agent_id)?;
    Some((session, live(*agent)?))
}

fn place_of(session: &SessionRef, system: &System) -> String {
    let place = session.place.as_deref().map(|place| system.tilde(place));
    place.unwrap_or_else(|| session.id.clone())
}
