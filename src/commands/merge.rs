//! `ttop merge`: takes in the ledgers of other machines.

use super::context::Context;
use crate::args::complete;
use crate::core::bad_request::BadRequest;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::problem::Problem;
use crate::engine::Engine;
use crate::engine::merge::Merged;
use crate::exit::Exit;
use crate::system::System;
use anyhow::Result;
use clap::Args;

/// Merge the ledgers of other machines, counting each turn once
///
/// Runs `ttop ledger export --own` on each machine over ssh, with --since if you give it. Without a machine, exchanges ledgers through the folder in
/// `ledger.shared`. Every machine that merges the same ledgers has the same totals.
#[derive(Args, Debug)]
pub struct MergeArgs {
    /// Machine to reach over ssh, as `HOST` or `USER@HOST`; repeatable
    #[arg(value_name = "HOST", value_hint = clap::ValueHint::Hostname)]
    hosts: Vec<String>,
    /// Only fetch sessions with a turn at or after this time; what was merged before stays
    #[arg(long, value_name = "TIME", requires = "hosts", add = complete::times())]
    since: Option<String>,
    /// Exchange ledgers through this folder [default: ledger.shared in the configuration]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: Option<String>,
    /// Name of this machine in the folder [default: its host name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl MergeArgs {
    /// # Errors
    /// When a machine cannot be reached or the ledger here cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        context.engine.refuse_sample_change()?;
        let configured = context.engine.config.ledger.shared.clone();
        let folder = self
            .folder
            .clone()
            .or_else(|| configured.filter(|_| self.hosts.is_empty()));
        if folder.is_none() && self.hosts.is_empty() {
            return Err(BadRequest::new("no machine to merge with")
                .with_hint("run 'ttop merge HOST', or 'ttop config set ledger.shared DIR' for a shared folder")
                .into());
        }
        // A moment: days may begin at another time there.
        let since = self.since.as_ref().map(|since| context.engine.moment("--since", since));
        let since = since.transpose()?;
        let mut all_answered = true;
        for host in &self.hosts {
            if context.engine.system.offline {
                let hint = "run it without --offline, TTOP_OFFLINE and 'offline' in the configuration";
                return Err(CannotAnswer::new(format!("{host} cannot be reached offline"), hint).into());
            }
            match context.engine.fetch(host, since) {
                Ok(merged) => report(context, &merged),
                Err(error) => {
                    all_answered = false;
                    context.out.warn(&Problem::new(host, format!("{error:#}")));
                }
            }
        }
        if let Some(folder) = folder {
            let folder = context.engine.system.expand(&folder);
            let name = self.name.clone().unwrap_or_else(System::host_name);
            let is_usable = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
            if !is_usable || name.chars().any(char::is_control) {
                return Err(BadRequest::new("this machine has no usable name")
                    .with_hint("give one with --name NAME")
                    .into());
            }
            for merged in context.engine.exchange(&folder, &name)? {
                report(context, &merged);
            }
        }
        context.engine.leave_snapshot(Engine::live_snapshot);
        context.warn_all();
        Ok(if all_answered {
            context.out.outcome()
        } else {
            Exit::Failed
        })
    }
}

fn report(context: &mut Context, merged: &Merged) {
    merged.problems.iter().for_each(|problem| context.out.warn(problem));
    context
        .out
        .note(&format!("ttop: {}: {} turns", merged.name, merged.turns));
}
