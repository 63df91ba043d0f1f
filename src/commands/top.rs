//! `ttop top`: a screen with running agents, cost, plans, trends and projects.

use super::context::{Context, with_ids};
use crate::args::{Filters, RowArgs, complete};
use crate::core::bad_request::BadRequest;
use crate::core::filter::TurnFilter;
use crate::core::rows::{CostRow, ProviderRow, PsRow, SessionRow};
use crate::engine::Engine;
use crate::engine::empty_answer::empty_or;
use crate::engine::filters::check;
use crate::engine::limits::{LimitsQuery, Listing};
use crate::engine::scan::{LiveSession, ScanOptions};
use crate::exit::Exit;
use crate::render::theme::{Depth, Scheme};
use crate::render::{Layout, Palette, Row, footer};
use crate::system::config::Config;
use crate::top::feed;
use crate::top::keys::Keys;
use crate::top::look::Look;
use crate::top::remembered::Remembered;
use crate::top::view::View;
use crate::top::wanted::Wanted;
use crate::top::window::Window;
use crate::top::{Options, run, sorted};
use anyhow::Result;
use clap::Args;
use std::collections::BTreeMap;
use std::io::IsTerminal;

/// Its number is the same everywhere.
const SIGINT: i32 = 2;

/// Show agents, cost, plans, trends and projects on one screen
///
/// Press ? for the keys, and c on any view to copy the command that prints the same rows.
#[derive(Args, Debug, Default)]
pub struct TopArgs {
    /// Start with this view [default: that of the last run, else live if an agent runs, else cost]
    #[arg(long, value_name = "VIEW")]
    pub view: Option<View>,
    /// Start with this window: 5min, 15min, 1h, today, 24h, 7d, 30d, all
    #[arg(long, value_name = "WINDOW", value_parser = parse_window, add = complete::words(windows))]
    pub window: Option<Window>,
    /// Print the rows of the view once, without a screen
    #[arg(long)]
    pub once: bool,
    /// Start with default views instead of those of the last run
    #[arg(long, conflicts_with = "once")]
    pub reset: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

fn windows() -> Vec<String> {
    Window::ALL.map(|window| window.name().to_owned()).into()
}

fn parse_window(text: &str) -> Result<Window, String> {
    let names = Window::ALL.map(Window::name).join(", ");
    Window::find(text).ok_or_else(|| format!("expected one of {names}"))
}

impl TopArgs {
    /// # Errors
    /// When there is no terminal, or the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let (keys, notes) = Keys::new(&own_keys(&context.engine.config));
        let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        if self.once || is_dumb {
            return self.print(context);
        }
        if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
            return Err(BadRequest::new("ttop top needs a terminal")
                .with_hint("print the rows of a view: ttop top --once --view cost -o json")
                .into());
        }
        if self.rows.format.is_some() || self.rows.jq.is_some() || self.rows.limit.is_some() {
            return Err(BadRequest::new("-o, --jq and -n need --once").into());
        }
        let filter = self.filters.text();
        context.engine.filter(&filter)?;
        let remembered = (!context.engine.is_sample()).then(|| match self.reset {
            true => Remembered::default(),
            false => Remembered::load(&context.engine.system),
        });
        let last = remembered.as_ref().and_then(Remembered::view);
        let options = Options {
            view: self.view.or_else(|| start(&context.engine.config)).or(last),
            window: self.window,
            filter,
            look: look(context)?,
            keys,
            has_mouse: context.engine.config.top.mouse,
            notes,
            set: Engine::set_setting,
            remembered,
        };
        Ok(match run(&mut context.engine, options)? {
            None => Exit::Ok,
            Some(SIGINT) => Exit::Interrupted,
            Some(_) => Exit::Terminated,
        })
    }

    /// The rows of the view, in its order.
    fn print(&self, context: &mut Context) -> Result<Exit> {
        let mut wanted = Wanted {
            view: self
                .view
                .or_else(|| start(&context.engine.config))
                .unwrap_or(View::Cost),
            filter: self.filters.text(),
            ..Wanted::default()
        };
        if wanted.view == View::Projects {
            wanted.window = Window::Month;
        }
        if let Some(window) = self.window {
            wanted.window = window;
        }
        match wanted.view {
            View::Live => {
                check::<PsRow>(&wanted.filter)?;
                let asking = context.engine.remotes().start();
                let scan = context.engine.scan(ScanOptions {
                    text: true,
                    cpu: true,
                    helpers: false,
                });
                scan.problems.iter().for_each(|problem| context.out.warn(problem));
                let scanned: Vec<LiveSession> = feed::listed(scan, false);
                let remote = asking.finish();
                remote.problems.iter().for_each(|problem| context.out.warn(problem));
                self.rows(context, &wanted, |engine| {
                    let rows = feed::live(engine, &scanned, &remote.rows, &wanted.filter)?;
                    Ok((sorted(rows, View::Live), Vec::new()))
                })
            }
            View::Plans => {
                check::<ProviderRow>(&wanted.filter)?;
                let rows = context.engine.limits(&LimitsQuery {
                    list: Listing::Configured,
                    ..LimitsQuery::default()
                })?;
                context.warn_all();
                let unknown = context.engine.unknown_names(&wanted.filter, &rows)?;
                context.out.report_unknown(&unknown, false)?;
                let rows = context.engine.choose(&wanted.filter, rows)?;
                let rows = sorted(feed::matching(rows, &wanted.filter), View::Plans);
                context.rows(&self.rows, rows)
            }
            View::Cost => self.rows::<SessionRow>(context, &wanted, |engine| {
                let (rows, notes) = feed::sessions(engine, &wanted)?;
                Ok((sorted(rows, View::Cost), notes))
            }),
            View::Trends => self.rows::<CostRow>(context, &wanted, |engine| feed::costs(engine, &wanted)),
            View::Projects => self.rows::<CostRow>(context, &wanted, |engine| {
                let (rows, notes) = feed::costs(engine, &wanted)?;
                Ok((sorted(rows, View::Projects), notes))
            }),
        }
    }

    /// Refreshes, makes rows with notes, and prints them.
    fn rows<R: Row>(
        &self,
        context: &mut Context,
        wanted: &Wanted,
        make: impl Fn(&Engine) -> Result<(Vec<R>, Vec<String>)>,
    ) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<R>(false)?;
        context.report(&TurnFilter::default(), |engine, out| {
            let (rows, unpriced) = make(engine)?;
            out.report_unknown(&engine.unknown_names(&wanted.filter, &rows)?, false)?;
            let empty = match wanted.view {
                View::Live => empty_or(R::EMPTY, !wanted.filter.is_empty(), &wanted.filter),
                _ => engine.explain_empty("cost", "turns", &wanted.turns(), rows.is_empty())?,
            };
            let layout = Layout {
                empty,
                footer: footer([engine.missing_history()?, unpriced].concat()),
                ..Layout::default()
            };
            let request = with_ids(&request, engine, std::iter::empty())?;
            out.print(&request, layout, rows.into_iter().map(Ok))
        })
    }
}

/// `top.start`
fn start(config: &Config) -> Option<View> {
    View::find(config.top.start.name())
}

/// `top.keys`
fn own_keys(config: &Config) -> BTreeMap<String, Vec<String>> {
    config.top.keys.clone()
}

/// The theme of the run, at the depth of the terminal.
fn look(context: &Context) -> Result<Look> {
    let theme = match context.theme()? {
        Some(theme) => theme,
        None => context
            .engine
            .registry
            .themes
            .first()
            .cloned()
            .ok_or_else(|| anyhow::anyhow!("no theme is built in"))?,
    };
    let when = context.out.global.color.unwrap_or_default();
    let var = |name: &str| std::env::var(name).ok();
    let depth = match Palette::choose(when, true, var).is_on() {
        true => theme.depth(),
        false => Depth::None,
    };
    // A theme that was asked for by name, and a scheme that is set, are not questioned.
    let is_fixed = context.out.global.theme.is_some() || context.engine.color_scheme().is_some();
    let light = context.engine.variant(&theme, Scheme::Light).clone();
    let light = (!is_fixed && light.id != theme.id).then(|| Look::new(&light, depth));
    Ok(Look::new(&theme, depth).with_light(light))
}
