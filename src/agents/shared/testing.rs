//! For unit tests of adapters: reads a log in steps and compares the results.

use crate::agents::{Agent, Batch, Bookmark, Source};
use crate::core::turn::{EventKey, Rank, SessionInfo};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// The results of reads, in a form in which two ways of reading can be compared.
#[derive(Debug, Default, PartialEq)]
pub struct ReadResult {
    /// `session message model [input, output, reasoning, cacheRead, cacheWrite]`, `-` for unknown.
    pub turns: Vec<String>,
    /// Record, event, rank, time and place of each turn.
    keys: Vec<String>,
    /// What decides whether each turn counts: event, rank, segment, and whether it sums the segment up.
    claims: Vec<(EventKey, Rank, u64, bool)>,
    pub sessions: BTreeMap<String, SessionInfo>,
    pub problems: Vec<String>,
}

/// A log that grows under the eyes of an agent.
struct Log<'a> {
    agent: &'a dyn Agent,
    file: File,
    path: PathBuf,
    dir: tempfile::TempDir,
}

impl<'a> Log<'a> {
    fn new(agent: &'a dyn Agent, file: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        let options = File::options().append(true).create(true).open(&path);
        Self {
            agent,
            file: options.expect("a file"),
            path,
            dir,
        }
    }

    /// Writes `text` up to each of `cuts` in turn, and reads on after each.
    fn read_in_steps(&mut self, text: &[u8], cuts: &[usize]) -> ReadResult {
        let (mut mark, mut result, mut written) = (Bookmark::default(), ReadResult::default(), 0);
        self.file.set_len(0).expect("emptied");
        for &cut in cuts {
            self.file.write_all(&text[written..cut]).expect("written");
            written = cut;
            let source = Source::find(&self.path, 0).expect("the file is there");
            let mut batch = Batch::default();
            mark = self.agent.read(&source, &mark, &mut batch).expect("reads");
            assert_eq!(mark.rules_version, self.agent.about().rules_version);
            result.take(&batch, &self.dir.path().display().to_string());
        }
        result
    }
}

/// Reads the text at once, and checks that stopping after any byte and reading on has the same result.
pub fn read_with_cuts(agent: &dyn Agent, file: &str, text: &str) -> ReadResult {
    let mut log = Log::new(agent, file);
    let all = log.read_in_steps(text.as_bytes(), &[text.len()]);
    for cut in 0..text.len() {
        let parts = log.read_in_steps(text.as_bytes(), &[cut, text.len()]);
        assert_eq!(parts, all, "cut at byte {cut}");
    }
    all
}

impl ReadResult {
    /// The billing event of each turn.
    pub fn events(&self) -> Vec<EventKey> {
        self.claims.iter().map(|claim| claim.0).collect()
    }

    /// The turns that count: the best of each event, unless another turn sums its segment up.
    pub fn counted(&self) -> Vec<&str> {
        let is_best = |at: usize| {
            let event = self.claims[at].0;
            let rivals = self.claims.iter().enumerate().filter(|(_, rival)| rival.0 == event);
            rivals
                .max_by_key(|(at, rival)| (rival.1, std::cmp::Reverse(*at)))
                .is_some_and(|(best, _)| best == at)
        };
        let is_open = |at: usize| {
            let (.., segment, sums) = self.claims[at];
            sums || segment == 0 || !self.claims.iter().any(|other| other.3 && other.2 == segment)
        };
        let counts = (0..self.turns.len()).filter(|&at| is_best(at) && is_open(at));
        counts.map(|at| self.turns[at].as_str()).collect()
    }

    /// Adds the batch of one read; `folder` is left out of the places of problems.
    pub fn take(&mut self, batch: &Batch, folder: &str) {
        for row in &batch.turns {
            let tokens = crate::core::tokens::BUCKETS.map(|bucket| {
                let count = row.numbers.tokens.count(bucket);
                count.map_or("-".to_owned(), |count| count.to_string())
            });
            let (session, message) = (batch.session_id(row), batch.message_id(row));
            let (model, tokens) = (batch.model_id(row), tokens.join(", "));
            self.turns.push(format!("{session} {message} {model} [{tokens}]"));
            let keys = (row.record, row.event, row.rank, row.numbers.timestamp, row.place);
            self.keys.push(format!("{keys:?}"));
            self.claims.push((row.event, row.rank, row.segment, row.supersedes));
        }
        for info in batch.sessions.values() {
            let known = self.sessions.entry(info.id.clone());
            known.or_insert_with(|| SessionInfo::new(&info.id)).merge(info.clone());
        }
        let problems = batch
            .problems
            .iter()
            .map(|problem| problem.to_string().replace(folder, ""));
        self.problems.extend(problems);
    }
}
