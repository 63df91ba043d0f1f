//! A ledger of many years: ten million turns at 100 %, written by the same sync that reads transcripts.

use crate::data::{END, MODELS, Random};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use ttop::agents::{About, Agent, AgentHandle, Batch, Bookmark, Found, Source};
use ttop::core::money::Money;
use ttop::core::numbers::Numbers;
use ttop::core::tokens::Tokens;
use ttop::core::turn::{EventKey, RecordKey, SessionInfo, Turn};
use ttop::ledger::Ledger;
use ttop::system::files::Stamp;
use ttop::system::{Os, System};

const TURNS_PER_SESSION: u64 = 100;
const SESSIONS_PER_SOURCE: u64 = 1_000;
const YEARS: u64 = 5;

/// Turns without files.
struct Imagined {
    sources: u64,
}

/// A home with such a ledger and nothing else.
pub fn home(home: &Path, percent: u64) -> PathBuf {
    let mut system = System::new(Os::Linux, home, BTreeMap::new());
    system.now = END as i64;
    if !home.join(".local/share/tokentop/ledger.db").exists() {
        let agent = AgentHandle::from(Rc::new(Imagined {
            sources: percent.max(1),
        }));
        let mut ledger = Ledger::open(&system).expect("a ledger");
        ledger.sync(&[agent], &system, &|_, _| {}).expect("read");
        ledger.commit(system.now).expect("written");
    }
    home.to_path_buf()
}

impl Agent for Imagined {
    fn id(&self) -> &'static str {
        "opencode"
    }

    fn name(&self) -> &'static str {
        "OpenCode"
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&[]),
            turns: "exact",
            limits: About::list(&[]),
            rules_version: 1,
        }
    }

    fn sources(&self, _: &System) -> Found {
        let source = |number| Source {
            // As an imported ledger: no file is looked for.
            path: format!("import:{number}").into(),
            kind: 0,
            stamp: Stamp {
                inode: number,
                ..Stamp::default()
            },
            wal: Stamp::default(),
            list_entry: 0,
        };
        Found {
            sources: (0..self.sources).map(source).collect(),
            ..Found::default()
        }
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> anyhow::Result<Bookmark> {
        let number = source.stamp.inode;
        let mut numbers = Random(number);
        let sessions = self.sources * SESSIONS_PER_SOURCE;
        for session in 0..SESSIONS_PER_SOURCE {
            let at = number * SESSIONS_PER_SOURCE + session;
            let start = END - (sessions - at) * YEARS * 365 * 86_400_000 / sessions;
            let session_id = format!("ses_{at:08x}");
            into.session(SessionInfo {
                updated_at: Some((start + TURNS_PER_SESSION * 30_000) as i64),
                ..SessionInfo::new(session_id.clone())
            });
            for turn in 0..TURNS_PER_SESSION {
                let message_id = format!("msg_{at:08x}_{turn:08x}");
                let (provider_id, model_id) = MODELS[numbers.below(4) as usize];
                let mut below = |limit| numbers.below(limit);
                let tokens = Tokens::new(below(4_000), below(2_000), 0, below(90_000), below(3_000));
                into.turn(&Turn {
                    session_id: &session_id,
                    message_id: &message_id,
                    record: RecordKey::of(&message_id),
                    event: EventKey::of("opencode", &message_id),
                    provider_id,
                    model_id,
                    numbers: Numbers {
                        // Every second one has to be priced.
                        cost: (turn % 2 == 0).then(|| Money::from_nanos(tokens.known_total() as i64 * 100)),
                        ..Numbers::of(tokens, (start + turn * 30_000) as i64)
                    },
                    place: turn,
                    ..Turn::PLAIN
                });
            }
        }
        Ok(Bookmark::whole(source))
    }
}
