//! The handle of a plugin's actor: what can be asked of it, and what comes back.

use super::actor::Actor;
use super::inbox::{Call, CallError, Called, Inbox, Loaded, Order, Shared};
use super::serve::Desk;
use crate::plugins::declare::Declaration;
use crate::plugins::grant::Grants;
use crate::plugins::tree::Tree;
use crate::plugins::world::World;
use serde_json::Value;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

const INBOX: usize = 1024;
const END_WITHIN: Duration = Duration::from_millis(500);

/// The handle of an actor.
#[derive(Debug)]
pub struct Runner {
    inbox: SyncSender<Inbox>,
    pub shared: Arc<Shared>,
    /// Closes when the actor has ended.
    ended: Mutex<Receiver<()>>,
}

impl Runner {
    /// # Errors
    /// When no thread can be started.
    pub fn start(world: World, tree: Tree, entry: String, label: String) -> std::io::Result<Self> {
        let (inbox, orders) = sync_channel(INBOX);
        let shared = Arc::new(Shared::default());
        let actor = Actor::new(
            Desk::new(world, tree, label.clone(), inbox.clone()),
            entry,
            label,
            orders,
            Arc::clone(&shared),
        );
        let (done, ended) = channel();
        thread::Builder::new().name("plugin".to_owned()).spawn(move || {
            actor.run();
            drop(done);
        })?;
        Ok(Self {
            inbox,
            shared,
            ended: Mutex::new(ended),
        })
    }

    fn order(&self, order: Order) {
        // An actor that is gone answers nobody; callers see their channel close.
        let _ = self.inbox.send(Inbox::Order(order));
    }

    /// # Errors
    /// What is wrong with the plugin, in words.
    pub fn load(&self) -> Result<Loaded, String> {
        let (reply, answer) = channel();
        self.order(Order::Load(reply));
        answer
            .recv()
            .unwrap_or_else(|_| Err("the plugin's process could not be kept".to_owned()))
    }

    pub fn grant(&self, declaration: Declaration, grants: Grants) {
        self.order(Order::Grant(Box::new(declaration), Arc::new(grants)));
    }

    /// Takes in a plugin without starting it.
    pub fn adopt(&self, declaration: Declaration, grants: Grants) {
        self.order(Order::Adopt(Box::new(declaration), Arc::new(grants)));
    }

    /// Begins a call; the answer comes by the channel.
    pub fn begin(
        &self,
        method: &str,
        args: Value,
        config: Value,
        limit: Duration,
    ) -> Receiver<Result<Called, CallError>> {
        let (reply, answer) = channel();
        self.order(Order::Call(Call {
            method: method.to_owned(),
            args,
            config,
            limit,
            reply,
        }));
        answer
    }

    /// # Errors
    /// When the call threw or met a limit.
    pub fn call(&self, method: &str, args: Value, config: Value, limit: Duration) -> Result<Called, CallError> {
        self.begin(method, args, config, limit)
            .recv()
            .unwrap_or(Err(CallError::Died))
    }

    /// Fires the signals of all calls.
    pub fn abort(&self) {
        self.order(Order::Abort);
    }

    /// Drops timers, watches, requests and callbacks.
    pub fn quiet(&self) {
        self.order(Order::Quiet);
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.shared.seen().is_over = true;
        // A full inbox has enough to wake the actor, which then sees the flag.
        let _ = self.inbox.try_send(Inbox::Order(Order::Stop));
        // An actor that waits for a disk or a query is left behind: it ends with ttop.
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(END_WITHIN);
    }
}
