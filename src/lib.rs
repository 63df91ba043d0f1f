//! ttop reports what AI coding agents use, as a suite of small subcommands over one engine.
//!
//! The library exists for the binary, the tests and the benchmarks. Its interface is not stable: scripts rely on the rows
//! and exit codes in `docs/contract.md`.

// What only the crate uses says so.
#![warn(unreachable_pub)]

pub mod agents;
mod args;
pub mod cli;
mod commands;
pub mod core;
pub mod credentials;
pub mod engine;
pub mod exit;
mod export;
#[cfg(feature = "plugins")]
mod extend;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod ledger;
#[cfg(feature = "plugins")]
pub mod plugins;
pub mod prices;
mod processes;
pub mod providers;
pub mod render;
mod reports;
mod serve;
mod sinks;
pub mod system;
pub mod top;

use crate::core::bad_request::BadRequest;
use anyhow::Result;
use cli::parse::{Parsed, is_bar, parse_with};
use commands::Command;
use commands::bar_status;
use commands::context::Context;
use engine::Engine;
use engine::registry::Registry;
use exit::Exit;
use render::OutputError;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use system::System;
use system::config::Config;
use system::config::values::{NumberFormat, TimeFormat};

/// Runs as the process of a plugin when the command line asks for it; `None` for every other command.
#[cfg(feature = "plugins")]
pub fn run_plugin(words: &[OsString]) -> Option<std::process::ExitCode> {
    plugins::child::answer(words)
}

/// Parses the command line and runs the command.
///
/// # Errors
/// When the command could not answer.
pub fn run() -> Result<Exit> {
    let words: Vec<_> = std::env::args_os().collect();
    // Programs ask for the version before each use; the definition of all commands takes longer than everything else.
    if matches!(&words[..], [_, word] if word == "--version" || word == "-V") {
        render::print_encoded(concat!("ttop ", env!("CARGO_PKG_VERSION"), "\n").as_bytes())?;
        return Ok(Exit::Ok);
    }
    if let Some(told) = cli::answer::answer(&words, std::env::var_os(cli::answer::VARIABLE).as_deref(), || {
        own_aliases(&words)
    }) {
        render::print_encoded(&told)?;
        return Ok(Exit::Ok);
    }
    match run_words(&words) {
        // A bar shows whatever comes; what is wrong is for whoever looks at stderr.
        Err(error) if is_bar(&words) && !error.is::<OutputError>() => {
            let hint = error
                .downcast_ref::<BadRequest>()
                .and_then(|usage| usage.hint.as_deref());
            let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
            bar_status::print_placeholder(&format!("{error:#}{hint}"))?;
            Ok(Exit::Ok)
        }
        run => run,
    }
}

/// The aliases of the configuration; the sample home has none.
fn own_aliases(words: &[OsString]) -> BTreeMap<String, String> {
    if words.iter().any(|word| word == "--demo") {
        return BTreeMap::new();
    }
    // Without a home there is no configuration, and the run itself reports why.
    let system = System::from_process().ok();
    system
        .map(|system| Config::load(&system).aliases.clone())
        .unwrap_or_default()
}

fn run_words(words: &[OsString]) -> Result<Exit> {
    let var = |name: &str| std::env::var(name).ok();
    let cli = match parse_with(words, std::io::stdout().is_terminal(), var, || own_aliases(words))? {
        Parsed::Run(cli) => cli,
        Parsed::Text(text) => {
            render::print_encoded(text.as_bytes())?;
            return Ok(Exit::Ok);
        }
    };
    let mut engine = if cli.global.demo {
        Engine::demo()?
    } else {
        Engine::new(System::from_process()?, Config::default(), Registry::built_in())
    };
    if cli.global.tz.is_some() {
        engine.system.zone_name.clone_from(&cli.global.tz);
    }
    if let Some(zone) = &cli.global.tz
        && let Err(error) = engine.system.zone()
    {
        return Err(BadRequest::new(format!("--tz {zone}: {error}")).into());
    }
    if !engine.is_sample() {
        engine.config = Config::load(&engine.system);
    }
    let display = &engine.config.display;
    render::preferences::set(
        display.number_format == NumberFormat::Full,
        display.time_format == TimeFormat::Hours12,
    );
    if let Some(exchange) = prices::Exchange::open(&engine.system, display.currency.name()) {
        render::preferences::set_currency(exchange.currency, exchange.newest());
    }
    engine.system.agent_roots = engine.config.agent_roots();
    engine.system.offline |= cli.global.offline || engine.config.offline;
    #[cfg(feature = "plugins")]
    let (session, missing) = extend::extend(&mut engine, cli.command.as_ref(), &cli.global)?;
    #[cfg(not(feature = "plugins"))]
    let missing: [core::problem::Problem; 0] = [];
    let mut context = Context::new(engine, cli.global);
    if context.engine.system.var("TTOP_NOW").is_some() {
        let now = crate::core::time::Time(context.engine.system.now);
        context
            .out
            .note(&format!("ttop: the clock is fixed at {now} (TTOP_NOW)"));
    }
    if !cli.command.as_ref().is_some_and(Command::needs_no_config) {
        context.warn_of_flaws();
        if cli.command.as_ref().is_none_or(Command::uses_plugins) {
            context.warn_of_unknown_agents();
        }
    }
    missing.iter().for_each(|problem| context.out.warn(problem));
    let exit = match cli.command {
        Some(command) => command.run(&mut context),
        None => cli.bare.or_today_by_model().run(&mut context),
    };
    #[cfg(feature = "plugins")]
    if let Some(session) = &session {
        session.end();
    }
    let exit = exit?;
    // What was met after the rows were printed counts too.
    Ok(if exit == Exit::Ok { context.out.outcome() } else { exit })
}
