//! `ttop bar-status`: one segment for a status bar or prompt, from the last snapshot.

mod gnome;

use super::context::Context;
use crate::core::bad_request::BadRequest;
use crate::core::problem::Problem;
use crate::core::snapshot::Snapshot;
use crate::engine::served;
use crate::engine::snapshot_feed::SnapshotFeed;
use crate::engine::statusline::{self, ReceivedStatusline};
use crate::exit::Exit;
use crate::render::bar::{BarOptions, Icons, Needs, SEGMENTS, STYLES, Template, segments_of};
use crate::render::theme::BUILT_IN;
use crate::render::{OutputError, eprint_line, is_abandoned, text};
use anyhow::{Result, anyhow};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use std::path::PathBuf;

/// Printed for a wrong command line: empty output would hide the bar.
const PUZZLED: &str = "ttop?\n";
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
        let (options, received) = self.options(context)?;
        if self.print_config {
            return show(options.style.setup());
        }
        let is_gnome = options.style.needs() == Needs::Stats;
        if let Some(url) = &self.from {
            return self.show_served(url, &options, is_gnome, context);
        }
        match (&self.write, is_gnome, self.follow) {
            (Some(_), false, _) => Err(BadRequest::new("--write requires the style 'gnome'").into()),
            (write, true, _) => gnome::run(&options, write.as_deref(), self.follow, context),
            (None, false, true) => follow(&options, context),
            (None, false, false) => self.glance(&options, received.as_ref(), context),
        }
    }

    /// Prints what a server knows. Its age is that of its clock, which may be another one: it is not shown.
    fn show_served(&self, url: &str, options: &BarOptions, is_gnome: bool, context: &mut Context) -> Result<()> {
        let (system, token) = (&context.engine.system, self.token_file.as_deref());
        if is_gnome {
            let stats = served::fetch(url, "/api/stats", token, system)?;
            return show(&String::from_utf8_lossy(&stats));
        }
        match served::fetch_snapshot(url, token, system) {
            Ok(snapshot) => {
                let snapshot = snapshot.for_currency(context.engine.shown_currency());
                show(&options.draw(&snapshot, None, None, system.now))
            }
            Err(error) if error.is::<BadRequest>() => Err(error),
            Err(error) => {
                let now = system.now;
                context.out.warn(&Problem::new("serve", format_args!("{error:#}")));
                show(&options.draw(&Snapshot::unknown(), Some("serve?"), None, now))
            }
        }
    }

    fn options(&self, context: &Context) -> Result<(BarOptions, Option<ReceivedStatusline>)> {
        let theme = match context.theme()? {
            Some(theme) => theme,
            None => BUILT_IN[0].clone(),
        };
        let name = self.style.as_deref().or(self.format.as_deref());
        let style = STYLES.iter().find(|style| name.is_none_or(|name| style.name() == name));
        let style = *style.ok_or_else(|| anyhow!("unknown style"))?;
        let template = self.template.as_deref().map(Template::parse).transpose();
        let listens = style.needs() == Needs::StatuslineInput && !self.print_config;
        let received = listens.then(statusline::listen).flatten();
        // Its own path, so that clicks work where PATH is another one.
        let program = (!context.engine.is_sample())
            .then(|| std::env::current_exe().ok()?.to_str().map(str::to_owned))
            .flatten();
        let options = BarOptions {
            style,
            template: template.map_err(|error| BadRequest::new(format!("--template: {error}")))?,
            segments: segments_of(&self.segments, style),
            max_width: self.max_width,
            icons: self.icons,
            program: program.unwrap_or_else(|| "ttop".to_owned()),
            theme,
            statusline: received.as_ref().map(|received| received.input.clone()),
        };
        Ok((options, received))
    }

    /// Prints the snapshot and starts a sync for the next call.
    fn glance(&self, options: &BarOptions, received: Option<&ReceivedStatusline>, context: &mut Context) -> Result<()> {
        let Context { engine, out } = context;
        let now = engine.system.now;
        if engine.is_sample() {
            let snapshot = engine.live_snapshot()?;
            return show(&options.draw(&snapshot, None, None, now));
        }
        if let Some(received) = received
            && let Err(error) = statusline::spool(received, &engine.system)
        {
            out.warn(&Problem::new("plan limits", format_args!("are not saved: {error}")));
        }
        let seen = engine.glance(!self.no_sync, out.global.tz.as_deref());
        seen.problems.iter().for_each(|problem| out.warn(problem));
        show(&options.draw(&seen.snapshot, seen.trouble, seen.age, now))
    }
}

/// Prints a line, and another whenever it is a different one.
fn follow(options: &BarOptions, context: &mut Context) -> Result<()> {
    let mut feed = SnapshotFeed::start(&mut context.engine, is_abandoned)?;
    let mut last = String::new();
    while feed.wait()? {
        let now = feed.engine.system.now;
        let line = if feed.has_ledger()? {
            options.draw(feed.snapshot()?.0, None, None, now)
        } else {
            options.draw(&Snapshot::unknown(), Some("ledger?"), None, now)
        };
        for problem in feed.engine.take_problems() {
            context.out.warn(&problem);
        }
        if line != last {
            let between = if last.is_empty() { "" } else { options.style.between() };
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

/// Prints the placeholder, and the reason on stderr.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn print_placeholder(reason: &str) -> Result<()> {
    crate::render::print_encoded(PUZZLED.as_bytes())?;
    eprint_line(&format!("ttop: error: {}", text::strip_control(reason)));
    Ok(())
}
