//! `ttop bar-status`: one segment for a status bar or prompt, from the last snapshot.

mod gnome;
mod refresh;
mod remote;
mod statusline_input;

use super::context::Context;
use crate::core::bad_request::BadRequest;
use crate::core::currency::{Currency, DOLLAR};
use crate::core::problem::Problem;
use crate::core::snapshot::{SHAPE, Snapshot};
use crate::engine::snapshot_feed::SnapshotFeed;
use crate::exit::Exit;
use crate::ledger::snapshot::{Peeked, peek};
use crate::render::bar::{Bar, Icons, Level, Needs, Part, Piece, SEGMENTS, STYLES, Segment, Style, Template, fit};
use crate::render::theme::{BUILT_IN, Theme};
use crate::render::{OutputError, eprint_line, is_abandoned, text};
use anyhow::{Result, anyhow};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use refresh::{Refresh, refresh};
use statusline_input::ReceivedStatusline;
use std::path::PathBuf;

/// Printed for a wrong command line: empty output would hide the bar.
const PUZZLED: &str = "ttop?\n";
/// Older numbers are marked, even if a sync is running.
const OLD_MS: i64 = 5 * 60 * 1000;
/// Without a sync on its way, this long.
const KEPT_MS: i64 = 60 * 1000;
const SEGMENTS_SHOWN: [&str; 3] = ["today", "limit", "status"];

/// Print one segment for a status bar or prompt
///
/// Prints the snapshot that the last sync left and exits. If the snapshot is older than 2 seconds, starts a sync in
/// the background for the next call. Always prints something and exits 0.
#[derive(Args, Debug, Default)]
pub struct BarStatusArgs {
    /// Program to print for
    #[arg(value_name = "STYLE", value_parser = styles())]
    pub style: Option<String>,
    /// The same, as others spell it
    #[arg(long, value_name = "STYLE", hide = true, value_parser = styles(), conflicts_with = "style")]
    pub format: Option<String>,
    /// Show these segments, in this order
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = segments())]
    pub segments: Vec<String>,
    /// Show this template, such as '{today.cost} {session.model}'
    #[arg(long, value_name = "TEXT", conflicts_with = "segments")]
    pub template: Option<String>,
    /// Use at most this many columns
    #[arg(long, value_name = "COLUMNS")]
    pub max_width: Option<usize>,
    /// Use symbols that the font has
    #[arg(long, value_name = "KIND", default_value = "unicode")]
    pub icons: Icons,
    /// Do not start a sync in the background
    #[arg(long)]
    pub no_sync: bool,
    /// Keep running, and print a line when something changes
    #[arg(long)]
    pub follow: bool,
    /// Print the lines to paste into the program's configuration
    #[arg(long, conflicts_with_all = ["follow", "write"])]
    pub print_config: bool,
    /// Write OpenCode's stats.json instead of printing it (gnome only)
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = "", value_hint = clap::ValueHint::FilePath)]
    pub write: Option<String>,
    /// Show the data of the 'ttop serve' at this URL instead of this machine's
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url, conflicts_with_all = ["follow", "write", "print_config"])]
    pub from: Option<String>,
    /// Read the token for --from from this file
    #[arg(long, value_name = "FILE", requires = "from")]
    pub token_file: Option<PathBuf>,
    /// There is no server to ask
    #[arg(short, long, value_name = "PORT", hide = true)]
    pub port: Option<String>,
}

fn styles() -> PossibleValuesParser {
    STYLES
        .iter()
        .map(|style| PossibleValue::new(style.name()).help(style.about()))
        .into()
}

fn segments() -> PossibleValuesParser {
    SEGMENTS
        .iter()
        .map(|segment| PossibleValue::new(segment.name).help(segment.about))
        .into()
}

/// The parsed options.
struct Plan {
    style: &'static dyn Style,
    template: Option<Template>,
    segments: Vec<&'static Segment>,
    max_width: Option<usize>,
    icons: Icons,
    program: String,
    received: Option<ReceivedStatusline>,
    theme: Theme,
}

impl BarStatusArgs {
    /// Always prints, and never fails: a bar that shows nothing looks like one without trouble.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match self.show(context) {
            Err(error) if !error.is::<OutputError>() => print_placeholder(&format!("{error:#}"))?,
            shown => shown?,
        }
        Ok(Exit::Ok)
    }

    fn show(&self, context: &mut Context) -> Result<()> {
        if self.port.is_some() {
            context.out.note("ttop: ignored --port: bar-status needs no server");
        }
        let plan = self.plan(context)?;
        if self.print_config {
            return show(plan.style.setup());
        }
        let is_gnome = plan.style.needs() == Needs::Stats;
        if let Some(url) = &self.from {
            return self.show_remote(url, &plan, is_gnome, context);
        }
        match (&self.write, is_gnome, self.follow) {
            (Some(_), false, _) => Err(BadRequest::new("--write requires the style 'gnome'").into()),
            (write, true, _) => gnome::run(&plan, write.as_deref(), self.follow, context),
            (None, false, true) => follow(&plan, context),
            (None, false, false) => self.glance(&plan, context),
        }
    }

    /// Prints what a server knows. Its age is that of its clock, which may be another one: it is not shown.
    fn show_remote(&self, url: &str, plan: &Plan, is_gnome: bool, context: &mut Context) -> Result<()> {
        let (system, token) = (&context.engine.system, self.token_file.as_deref());
        if is_gnome {
            let stats = remote::fetch(url, "/api/stats", token, system)?;
            return show(&String::from_utf8_lossy(&stats));
        }
        match remote::fetch_snapshot(url, token, system) {
            Ok(snapshot) => {
                let snapshot = snapshot.for_currency(currency(context));
                show(&plan.draw(&snapshot, None, None, system.now))
            }
            Err(error) if error.is::<BadRequest>() => Err(error),
            Err(error) => {
                let now = system.now;
                context.out.warn(&Problem::new("serve", format_args!("{error:#}")));
                show(&plan.draw(&nothing(), Some("serve?"), None, now))
            }
        }
    }

    fn plan(&self, context: &Context) -> Result<Plan> {
        let is_sample = context.engine.is_sample();
        let theme = match context.theme()? {
            Some(theme) => theme,
            None => BUILT_IN[0].clone(),
        };
        let name = self.style.as_deref().or(self.format.as_deref());
        let style = STYLES.iter().find(|style| name.is_none_or(|name| style.name() == name));
        let style = *style.ok_or_else(|| anyhow!("unknown style"))?;
        let template = self.template.as_deref().map(Template::parse).transpose();
        let shown: Vec<&str> = match (&self.segments[..], style.needs()) {
            ([], Needs::StatuslineInput) => vec![SEGMENTS_SHOWN[0]],
            ([], _) => SEGMENTS_SHOWN.to_vec(),
            (names, _) => names.iter().map(String::as_str).collect(),
        };
        // Its own path, so that clicks work where PATH is another one.
        let program = (!is_sample)
            .then(|| std::env::current_exe().ok()?.to_str().map(str::to_owned))
            .flatten();
        Ok(Plan {
            style,
            template: template.map_err(|error| BadRequest::new(format!("--template: {error}")))?,
            segments: shown.into_iter().filter_map(Segment::find).collect(),
            max_width: self.max_width,
            icons: self.icons,
            program: program.unwrap_or_else(|| "ttop".to_owned()),
            theme,
            received: (style.needs() == Needs::StatuslineInput && !self.print_config)
                .then(statusline_input::listen)
                .flatten(),
        })
    }

    /// Prints the snapshot and starts a sync for the next call.
    fn glance(&self, plan: &Plan, context: &mut Context) -> Result<()> {
        if context.engine.is_sample() {
            let snapshot = context.engine.live_snapshot()?;
            return show(&plan.draw(&snapshot, None, None, context.engine.system.now));
        }
        let now = context.engine.system.now;
        if let Some(received) = &plan.received
            && let Err(error) = statusline_input::spool(received, &context.engine.system)
        {
            context
                .out
                .warn(&Problem::new("plan limits", format_args!("are not saved: {error}")));
        }
        let (snapshot, trouble) = match peek(&context.engine.system) {
            Peeked::Snapshot(snapshot) if snapshot.is_of(now, context.engine.system.asked_zone()) => {
                (Some(snapshot.for_currency(currency(context))), None)
            }
            Peeked::Snapshot(_) => (None, None),
            Peeked::Nothing => (None, None),
            Peeked::Unusable(problem) => {
                context.out.warn(&problem);
                (None, Some("ledger?"))
            }
        };
        let age = snapshot.as_ref().map(|snapshot| snapshot.age(now));
        let refreshed = match (trouble, self.no_sync) {
            (None, false) => refresh(context, age),
            _ => Refresh::None,
        };
        let bound = match refreshed {
            Refresh::Coming => OLD_MS,
            Refresh::None => KEPT_MS,
            Refresh::Failed => 0,
        };
        let shown_age = age.filter(|age| *age > bound);
        show(&plan.draw(&snapshot.unwrap_or_else(nothing), trouble, shown_age, now))
    }
}

/// The code of the currency that amounts are shown in; none for dollars.
fn currency(context: &Context) -> Option<&'static str> {
    let currency = Currency::find(context.engine.config.display.currency.name());
    currency
        .filter(|currency| *currency != DOLLAR)
        .map(|currency| currency.code)
}

/// Prints a line, and another whenever it is a different one.
fn follow(plan: &Plan, context: &mut Context) -> Result<()> {
    let mut feed = SnapshotFeed::start(&mut context.engine, is_abandoned)?;
    let mut last = String::new();
    while feed.wait()? {
        let now = feed.engine.system.now;
        let line = if feed.has_ledger()? {
            plan.draw(feed.snapshot()?.0, None, None, now)
        } else {
            plan.draw(&nothing(), Some("ledger?"), None, now)
        };
        for problem in feed.engine.take_problems() {
            context.out.warn(&problem);
        }
        if line != last {
            let between = if last.is_empty() { "" } else { plan.style.between() };
            show(&format!("{between}{line}"))?;
            last = line;
        }
    }
    Ok(())
}

/// Prints even with `-q`: a bar needs text.
fn show(text: &str) -> Result<()> {
    Ok(crate::render::print_encoded(text.as_bytes())?)
}

/// Before anything was ever synced everything is unknown.
fn nothing() -> Snapshot {
    Snapshot {
        shape: SHAPE,
        ..Snapshot::default()
    }
}

impl Plan {
    fn draw(&self, snapshot: &Snapshot, trouble: Option<&str>, age: Option<i64>, now: i64) -> String {
        let parts: Vec<Part> = match (trouble, &self.template) {
            (Some(words), _) => vec![Part {
                name: "trouble",
                pieces: vec![Piece::new(words, Level::Crit.tone())],
                level: Level::Crit,
            }],
            (None, Some(template)) => vec![template.part(snapshot, now, self.icons)],
            (None, None) => self
                .segments
                .iter()
                .filter_map(|segment| segment.part(snapshot, now, self.icons))
                .collect(),
        };
        let parts = match self.max_width {
            Some(width) => fit(parts, width, self.icons),
            None => parts,
        };
        self.style.draw(&Bar {
            snapshot,
            parts,
            age,
            now,
            icons: self.icons,
            program: &self.program,
            statusline: self.received.as_ref().map(|received| &received.input),
            stats: None,
            theme: &self.theme,
        })
    }
}

/// Prints the placeholder, and the reason on stderr.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn print_placeholder(reason: &str) -> Result<()> {
    crate::render::print_encoded(PUZZLED.as_bytes())?;
    eprint_line(&format!("ttop: error: {}", text::strip_control(reason)));
    Ok(())
}
