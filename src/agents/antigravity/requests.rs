//! The requests of a conversation. Each step has the usage of its own, and those that failed before it; the table of
//! answers has the names of models.

use super::{ROUTER, proto, tokens};
use rustc_hash::{FxHashMap, FxHashSet};

/// A table's rows with their numbers.
pub(super) type Rows = [(u64, Vec<u8>)];

pub(super) struct Request<'a> {
    /// Where it stands in the file.
    pub place: String,
    pub row: u64,
    /// Its `ModelUsageStats`.
    pub usage: &'a [u8],
    /// The model that answered, unless that is the name of a router.
    pub model: Option<&'a str>,
    /// What people see of the model.
    pub label: Option<&'a str>,
    pub time: Option<i64>,
}

/// The requests in the rows of `gen_metadata` and of `steps`, each once.
pub(super) fn of<'a>(answers: &'a Rows, steps: &'a Rows) -> Vec<Request<'a>> {
    let mut list = List::default();
    for (row, data) in steps {
        let time = proto::time(data, 8).or_else(|| proto::time(data, 1));
        let model = proto::bytes(data, 24).and_then(|model| proto::text(model, 12));
        for (number, usage) in proto::bytes(data, 9).into_iter().chain(retries(data, 28)).enumerate() {
            if let (Some(id), Some(time)) = (id(usage), time) {
                list.times.entry(id).or_insert(time);
            }
            list.steps.push(Request {
                place: format!("step {row} {number}"),
                row: *row,
                usage,
                model: model.filter(|model| *model != ROUTER),
                label: None,
                time,
            });
        }
    }
    for (row, data) in answers {
        let Some(chat) = proto::bytes(data, 1) else { continue };
        for usage in proto::bytes(chat, 4).into_iter().chain(retries(chat, 17)) {
            list.add_answer(*row, chat, usage);
        }
    }
    list.all()
}

#[derive(Default)]
struct List<'a> {
    /// When the step of a request was made, by the request's id.
    times: FxHashMap<&'a str, i64>,
    steps: Vec<Request<'a>>,
    requests: Vec<Request<'a>>,
    /// Ids with their counts: an id alone may be a gateway's.
    seen: FxHashSet<(&'a str, [u64; 5])>,
}

impl<'a> List<'a> {
    fn add_answer(&mut self, row: u64, chat: &'a [u8], usage: &'a [u8]) {
        let id = id(usage);
        let is_new = self.seen.insert((id.unwrap_or(""), tokens(usage).counts()));
        if id.is_some() && !is_new {
            return;
        }
        let number = self
            .requests
            .iter()
            .rev()
            .take_while(|request| request.row == row)
            .count();
        let recorded = proto::bytes(chat, 9).and_then(|times| proto::time(times, 4));
        self.requests.push(Request {
            place: match number {
                0 => row.to_string(),
                number => format!("{row} {number}"),
            },
            row,
            usage,
            model: proto::text(chat, 19).filter(|model| *model != ROUTER),
            label: proto::text(chat, 21),
            time: recorded.or_else(|| self.times.get(id?).copied()),
        });
    }

    /// The answers, and the steps that have none.
    fn all(mut self) -> Vec<Request<'a>> {
        for step in self.steps {
            if self
                .seen
                .insert((id(step.usage).unwrap_or(""), tokens(step.usage).counts()))
            {
                self.requests.push(step);
            }
        }
        self.requests
    }
}

/// The usage of the requests that were tried for an answer.
fn retries(message: &[u8], field: u64) -> impl Iterator<Item = &[u8]> {
    let retries = proto::fields(message).filter_map(move |(at, value)| match value {
        proto::Field::Bytes(bytes) if at == field => Some(bytes),
        _ => None,
    });
    retries.filter_map(|retry| proto::bytes(retry, 2))
}

/// The id of the response, else that of the message, as the provider or the program gave it.
fn id(usage: &[u8]) -> Option<&str> {
    [11, 12, 7].into_iter().find_map(|field| proto::text(usage, field))
}
