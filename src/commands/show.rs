//! `ttop show`: one session in depth, or one turn; the command that prints text.

use super::context::{Context, with_ids};
use crate::args::{RowArgs, complete};
use crate::core::filter::TurnFilter;
use crate::core::process::DetailLimits;
use crate::core::rows::ShowRow;
use crate::engine::show::Shown;
use crate::exit::Exit;
use crate::render::{Footer, Layout, columns};
use anyhow::Result;
use clap::Args;

/// Show one session or turn in depth
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// A session or turn: its id or the short id in tables, or `latest`
    #[arg(value_name = "ID", add = complete::sessions())]
    pub id: String,
    /// Show the source, copies and price rule of each number
    #[arg(long)]
    pub explain: bool,
    /// Show this many of the newest messages
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub messages: usize,
    /// Show the complete text of each message
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub rows: RowArgs,
}

/// Without `--full`, so much of each message.
const TEXT_CHARS: usize = 400;

impl ShowArgs {
    /// # Errors
    /// When nothing has this id, or stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<ShowRow>(false)?;
        let limits = DetailLimits {
            messages: self.messages,
            text_chars: (!self.full).then_some(TEXT_CHARS),
        };
        context.report(&TurnFilter::default(), |engine, out| {
            let Shown { row, unpriced, problem } = engine.show(&self.id, self.explain, &limits)?;
            problem.iter().for_each(|problem| out.warn(problem));
            let request = with_ids(&request, engine, std::iter::empty())?;
            let view = request.screen.view.clone();
            let footer = move |rows: &[ShowRow]| {
                let lines = rows.iter().flat_map(|row| columns::show::lines(row, &view));
                Footer::new(None, lines.chain(unpriced))
            };
            let layout = Layout {
                footer: Some(Box::new(footer)),
                ..Layout::default()
            };
            out.print(&request, layout, std::iter::once(Ok(row)))
        })
    }
}
