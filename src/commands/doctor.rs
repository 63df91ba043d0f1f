//! `ttop doctor`: the agents and files on this machine, and the limits of their records; contains nothing secret.

use super::context::Context;
use crate::args::RowArgs;
use crate::core::rows::{DoctorRow, DoctorState};
use crate::exit::Exit;
use crate::render::{Footer, Layout};
use crate::reports::doctor::{absent, notes};
use anyhow::Result;
use clap::Args;

/// Check agents, files and settings, and suggest repairs
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Print an anonymous report for an issue: the shape of records, without text, ids or paths
    #[arg(long)]
    report: bool,
    #[command(flatten)]
    rows: RowArgs,
}

impl DoctorArgs {
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<DoctorRow>(false)?;
        if self.report {
            let report = context.engine.anonymous_report()?;
            context.out.text(&format!("{report}\n"))?;
            return Ok(context.out.outcome());
        }
        let mut rows = context.engine.doctor_rows()?;
        let has_problem = rows.iter().any(|row| row.state == DoctorState::Problem);
        let shows_absent = context.out.global.verbose > 0;
        let absent = absent(&rows);
        if request.is_table() && !shows_absent {
            rows.retain(|row| row.state != DoctorState::Absent);
        }
        let foot = move |rows: &[DoctorRow]| Footer::new(None, [notes(rows), absent].concat());
        let layout = Layout {
            footer: Some(Box::new(foot)),
            ..Layout::default()
        };
        context.out.print(&request, layout, rows.into_iter().map(Ok))?;
        Ok(if has_problem && context.out.global.strict {
            Exit::Failed
        } else {
            Exit::Ok
        })
    }
}
