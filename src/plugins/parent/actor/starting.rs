//! Starting a child, again where it ended, and taking in what it declares.

use super::super::inbox::{Inbox, Loaded, Order, memory, millis};
use super::super::process::Process;
use super::{Actor, LOAD_WALL};
use crate::plugins::declare::Declaration;
use crate::plugins::grant::Grants;
use crate::plugins::message::ToChild;
use crate::plugins::ops::logfile::LogFile;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Instant;

impl Actor {
    pub(super) fn take_in(&mut self, declaration: Box<Declaration>, grants: Arc<Grants>) {
        self.desk.tree.close();
        self.desk.kind = declaration.kind.name();
        self.desk.id.clone_from(&declaration.id);
        self.desk.grants = grants;
        // Only an id that was checked names a file.
        let logs = self.desk.world.logs.as_deref();
        self.shared.seen().file = logs.map(|folder| LogFile::new(folder, &declaration.id));
        self.granted = Some(declaration);
    }

    pub(super) fn start_process(&mut self) -> Result<(), String> {
        self.end_process();
        self.desk.is_quiet = false;
        self.desk.generation += 1;
        self.load_waited = 0;
        let world = &self.desk.world;
        let (zone, generation) = (world.zone.as_deref(), self.desk.generation);
        let process = Process::start(&world.program, world.without, zone, generation, &self.desk.inbox)
            .map_err(|error| format!("its process could not be started: {error}"))?;
        self.shared.seen().child = Some(process.id());
        self.process = Some(process);
        let env = match self.granted {
            Some(_) => self.desk.grants.visible(&world.env),
            None => BTreeMap::new(),
        };
        let entry = match self.desk.tree.resolve("", &self.entry) {
            Ok(entry) => entry,
            Err(refused) => return Err(format!("{} {}", self.entry, refused.message())),
        };
        let load = ToChild::Load {
            label: self.label.clone(),
            entry: format!("./{entry}"),
            machine: self.desk.world.machine(),
            env,
            cpu_ms: millis(self.desk.world.limits.load_cpu),
        };
        self.cpu = self.desk.world.limits.load_cpu;
        self.tell(load);
        Ok(())
    }

    pub(super) fn end_process(&mut self) {
        self.shared.note_peak();
        self.shared.seen().child = None;
        self.process = None;
        self.desk.close_all();
        self.desk.late.clear();
        self.wake = None;
        self.silent = None;
        self.grace = None;
        self.overdue.clear();
        self.set_watching(false);
    }

    pub(super) fn set_watching(&mut self, is_watching: bool) {
        self.watching = is_watching;
        self.shared.seen().is_watching = is_watching;
    }

    pub(super) fn send_grant(&mut self) {
        let Some(granted) = &self.granted else {
            return;
        };
        let grant = ToChild::Grant {
            plugin: granted.id.clone(),
            kind: granted.kind.name().to_owned(),
            env: self.desk.grants.visible(&self.desk.world.env),
            memory_mib: memory(granted.kind),
        };
        self.tell(grant);
    }

    /// A new child for a plugin that was loaded before: it must declare what it declared then.
    pub(super) fn restart(&mut self) -> Result<(), String> {
        let started = self.start_again();
        if started.is_err() {
            self.loading = None;
            self.end_process();
        }
        started
    }

    fn start_again(&mut self) -> Result<(), String> {
        let granted = self.granted.clone().ok_or("it was not loaded")?;
        let (reply, answer) = channel();
        let ends = Instant::now() + LOAD_WALL;
        self.loading = Some((reply, ends));
        self.start_process()?;
        let loaded = loop {
            if let Ok(loaded) = answer.try_recv() {
                break loaded?;
            }
            match self.orders.recv_timeout(ends.saturating_duration_since(Instant::now())) {
                Ok(Inbox::Frame(generation, message, body, _weight)) if generation == self.desk.generation => {
                    self.hear(message, body)
                }
                Ok(Inbox::Closed(generation)) if generation == self.desk.generation => {
                    return Err("its process ended while it was loaded".to_owned());
                }
                Ok(Inbox::Order(Order::Stop)) => {
                    self.deferred.push_back(Order::Stop);
                    return Err("ttop is ending".to_owned());
                }
                Ok(Inbox::Order(order)) => self.deferred.push_back(order),
                Err(_) => return Err("it was not loaded in time".to_owned()),
                // What else comes belongs to the child that is gone.
                Ok(_) => {}
            }
        };
        if loaded.value != granted.value {
            return Err("it declares something else than before".to_owned());
        }
        self.send_grant();
        Ok(())
    }

    pub(super) fn loaded(&mut self, loaded: Result<Loaded, String>) {
        if let Some((reply, _)) = self.loading.take() {
            // Whoever asked may have gone.
            let _ = reply.send(loaded);
        }
    }
}
