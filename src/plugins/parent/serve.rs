//! Serving operations: each goes to the one place that knows it.

use super::inbox::Inbox;
use super::requests::{Means, Requests};
use crate::plugins::grant::Grants;
use crate::plugins::message::Refused;
use crate::plugins::ops::files::{self, Handles};
use crate::plugins::ops::http::Wanted;
use crate::plugins::ops::sqlite::Databases;
use crate::plugins::ops::storage::Owner;
use crate::plugins::ops::watch::Watches;
use crate::plugins::ops::{Answer, Op, env, plain};
use crate::plugins::tree::Tree;
use crate::plugins::world::World;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// What one plugin has open, and by which rights.
pub(super) struct Desk {
    pub world: World,
    pub tree: Tree,
    pub grants: Arc<Grants>,
    pub kind: &'static str,
    pub id: String,
    /// The plugin has ended its life and was not called since: it is served nothing.
    pub is_quiet: bool,
    /// Something was refused while the plugin had no rights yet.
    pub was_refused: bool,
    pub inbox: SyncSender<Inbox>,
    pub generation: u64,
    /// Answers to requests that ended without being sent.
    pub late: Vec<u64>,
    refused_requests: u64,
    handles: Handles,
    databases: Databases,
    watches: Watches,
    requests: Requests,
}

impl Desk {
    pub(super) fn new(world: World, tree: Tree, label: String, inbox: SyncSender<Inbox>) -> Self {
        Self {
            world,
            tree,
            grants: Arc::default(),
            kind: "",
            id: label,
            is_quiet: false,
            was_refused: false,
            inbox,
            generation: 0,
            late: Vec::new(),
            refused_requests: 0,
            handles: Handles::default(),
            databases: Databases::default(),
            watches: Watches::default(),
            requests: Requests::default(),
        }
    }

    /// The answer to an operation; `None` when it comes later.
    pub(super) fn serve(&mut self, id: u64, op: &RawValue, body: Vec<u8>) -> Option<Answer> {
        if self.is_quiet {
            return Some(Err(super::super::ops::http::aborted()));
        }
        let op = match serde_json::from_str::<Op>(op.get()) {
            Ok(op) => op,
            Err(_) => return Some(Err(Refused::failed("the request is malformed"))),
        };
        let answer = match op {
            Op::Fetch {
                url,
                method,
                headers,
                has_body,
                redirect,
            } => {
                let wanted = Wanted {
                    url,
                    method,
                    headers,
                    body: has_body.then_some(body),
                    redirect,
                };
                match self.requests.begin(&self.means(), id, wanted) {
                    Ok(()) => return None,
                    Err(refused) => {
                        self.refused_requests += 1;
                        Err(refused)
                    }
                }
            }
            op => self.now(op, &body),
        };
        self.was_refused |= matches!(answer, Err(Refused::Permission { .. }));
        Some(answer)
    }

    fn now(&mut self, op: Op, body: &[u8]) -> Answer {
        let grants = Arc::clone(&self.grants);
        match op {
            Op::Resolve { from, specifier } => plain(self.tree.resolve(&from, &specifier)?),
            Op::Module { name } => Ok((Value::Null, self.tree.module(&name)?)),
            Op::Env { name } => env::get(&grants, &self.world.env, &name),
            Op::Entry { name } => self.world.opencode.entry(&grants, &self.world.env, &name),
            Op::Read { path } => files::read(&grants, &mut self.handles, &path),
            Op::Stat { path, follow } => files::stat(&grants, &path, follow),
            Op::List { path } => files::list(&grants, &path),
            Op::Realpath { path } => files::real_path(&grants, &path),
            Op::Open { path } => files::open(&grants, &mut self.handles, &path),
            Op::HandleRead {
                handle,
                length,
                position,
            } => self.handles.read(handle, length, position),
            Op::HandleStat { handle } => self.handles.stat(handle),
            Op::HandleClose { handle } => {
                self.handles.close(handle);
                plain(Value::Null)
            }
            Op::Write { path, append } => files::write(&grants, &path, body, append),
            Op::MayWrite { path } => files::may_write(&grants, &path),
            Op::MakeFolder { path, recursive } => files::make_folder(&grants, &path, recursive),
            Op::Rename { from, to } => files::rename(&grants, &from, &to),
            Op::Remove { path } => files::remove(&grants, &path),
            Op::Watch { path, recursive } => self.watch(&grants, &path, recursive),
            Op::Unwatch { watch } => {
                self.watches.close(watch);
                plain(Value::Null)
            }
            Op::Drop { id } => {
                if self.requests.drop_one(id) {
                    self.late.push(id);
                }
                plain(Value::Null)
            }
            Op::StorageGet { key } => self.world.storage.get(self.owner()?, &key),
            Op::StorageSet { key, value } => self.world.storage.set(self.owner()?, &key, &value),
            Op::StorageDelete { key } => self.world.storage.delete(self.owner()?, &key),
            Op::OpenDatabase { path, writes } => self.databases.open(&grants, &path, writes),
            Op::Prepare { database, sql } => self.databases.prepare(database, &sql),
            Op::Query {
                database,
                sql,
                parameters,
                most,
            } => self
                .databases
                .query(database, &sql, &parameters, most, self.world.limits.cpu),
            Op::Execute { database, sql } => self.databases.execute(database, &sql, self.world.limits.cpu),
            Op::CloseDatabase { database } => {
                self.databases.close(database);
                plain(Value::Null)
            }
            Op::Fetch { .. } => Err(Refused::failed("the request is malformed")),
        }
    }

    /// A request has ended; whether somebody still waits for its answer.
    pub(super) fn request_ended(&mut self, id: u64) {
        let means = self.means();
        self.requests.ended(&means, id);
    }

    pub(super) fn is_watching(&self, watch: u64) -> bool {
        self.watches.is_open(watch)
    }

    /// Everything that is open is closed.
    pub(super) fn close_all(&mut self) {
        self.handles.close_all();
        self.databases.close_all();
        self.watches.close_all();
        self.late.extend(self.requests.drop_all());
    }

    /// Whether a request was refused for the first time.
    pub(super) fn takes_request_notice(&mut self) -> bool {
        let is_first = self.refused_requests == 1;
        self.refused_requests += u64::from(is_first);
        is_first
    }

    /// Whether a database was to be written; said once.
    pub(super) fn takes_write_notice(&mut self) -> bool {
        std::mem::take(&mut self.databases.was_asked_to_write)
    }

    fn means(&self) -> Means {
        Means {
            grants: Arc::clone(&self.grants),
            transport: Arc::clone(&self.world.transport),
            inbox: self.inbox.clone(),
            generation: self.generation,
        }
    }

    fn watch(&mut self, grants: &Arc<Grants>, path: &str, recursive: bool) -> Answer {
        let (inbox, generation) = (self.inbox.clone(), self.generation);
        self.watches.open(grants, path, recursive, move |change| {
            // A full inbox drops it: the next change says as much.
            let _ = inbox.try_send(Inbox::Changed(generation, change));
        })
    }

    fn owner(&self) -> Result<Owner<'_>, Refused> {
        if self.kind.is_empty() {
            return Err(Refused::permission(
                "filesystem",
                "storage is not available while the plugin is loaded",
            ));
        }
        Ok(Owner {
            kind: self.kind,
            id: &self.id,
        })
    }
}
