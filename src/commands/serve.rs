//! `ttop serve`: rows and events over HTTP, for bars, browsers and other programs.

use super::context::{Context, is_attended};
use super::dialog::has_agreed;
use crate::core::bad_request::BadRequest;
use crate::exit::Exit;
#[cfg(unix)]
use crate::serve::remove_sockets;
use crate::serve::{Guard, Listener, Place, Server, Settings, default_token_file, read_token, units};
use crate::system::System;
use crate::system::replace::replace;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::path::PathBuf;

/// Serve rows and events over HTTP on this machine
///
/// Answers GET requests only: /v1/sessions, /v1/turns, /v1/cost, /v1/trends, /v1/insights, /v1/ps, /v1/providers and
/// /v1/budgets with the filters of the commands as parameters, /sessions as otop does, and /api/stats for the GNOME
/// extension. Adds the sessions and turns of `remotes` in the configuration. Listens on 127.0.0.1:8390, or on the sockets that systemd hands over.
#[derive(Args, Debug, Default)]
pub struct ServeArgs {
    /// Listen on PORT, ADDRESS:PORT or unix:PATH; repeatable
    ///
    /// An address that other machines reach needs a token.
    #[arg(long, value_name = "PLACE")]
    pub listen: Vec<Place>,
    /// Listen on this port of 127.0.0.1, as otop spells it
    #[arg(short, long, value_name = "PORT", hide = true, conflicts_with = "listen")]
    pub port: Option<u16>,
    /// Require the token in this file, which only you may read
    ///
    /// Clients send it as 'Authorization: Bearer TOKEN'; browsers ask for it as a password. Without this flag, only
    /// addresses that other machines reach need a token: then the file is serve-token in ttop's data folder.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Also answer requests for this host name; repeatable
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// Leave out titles, tasks and texts of sessions
    #[arg(long)]
    pub no_titles: bool,
    /// Show the unit files that start the server at login, and write them if you agree
    #[arg(long)]
    pub install_unit: bool,
    /// Write the unit files without asking
    #[arg(long, requires = "install_unit")]
    pub yes: bool,
}

impl ServeArgs {
    /// # Errors
    /// When the place is taken, a token is missing, or the ledger cannot be used.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        if self.install_unit {
            return self.install(context);
        }
        let listeners = Listener::open(&self.listen, self.port)?;
        let is_local = listeners.iter().all(|listener| listener.place.is_local());
        let system = &context.engine.system;
        let file = match (&self.token_file, is_local) {
            (Some(file), _) => Some(system.cwd.join(system.expand(&file.to_string_lossy()))),
            (None, false) => Some(default_token_file(system)),
            (None, true) => None,
        };
        let guard = Guard {
            hosts: self.allow_host.clone(),
            is_local,
            token: file.map(|file| read_token(&file, system)).transpose()?,
        };
        let places: Vec<Place> = listeners.iter().map(|listener| listener.place.clone()).collect();
        let settings = Settings {
            listeners,
            guard,
            keeps_titles: !self.no_titles,
        };
        let Context { engine, out } = context;
        let mut server = Server::start(engine, settings)?;
        for place in &places {
            out.note(&format!("ttop: listening on {place}"));
        }
        let ended = server.run(&mut |problem| out.warn(problem));
        drop(server);
        #[cfg(unix)]
        remove_sockets(&places, &context.engine.system);
        Ok(match ended? {
            2 => Exit::Interrupted,
            _ => Exit::Terminated,
        })
    }

    /// Shows the unit files, and writes them with consent.
    fn install(&self, context: &mut Context) -> Result<Exit> {
        if context.engine.is_sample() {
            return Err(BadRequest::new("the demo has no login to start at").into());
        }
        let program = std::env::current_exe().context("the path of ttop is unknown")?;
        let system = &context.engine.system;
        let Some((units, start)) = units(&program, &self.flags(system), system) else {
            bail!("there are unit files for systemd and launchd only");
        };
        for unit in &units {
            context
                .out
                .text(&format!("# {}\n{}\n", unit.path.display(), unit.text))?;
        }
        let is_confirmed = self.yes || (is_attended() && has_agreed("Write these files?")?);
        if !is_confirmed {
            context
                .out
                .note("ttop: nothing is written; use --yes to write these files");
            return Ok(Exit::Ok);
        }
        for unit in &units {
            let written = replace(&unit.path, unit.text.as_bytes());
            written.with_context(|| format!("could not write {}", unit.path.display()))?;
        }
        context.out.note(&format!("ttop: start the server with: {start}"));
        Ok(Exit::Ok)
    }

    /// The flags of a server like this one, for its unit file.
    fn flags(&self, system: &System) -> Vec<String> {
        let mut flags = Vec::new();
        let mut add = |flag: &str, value: String| flags.extend([flag.to_owned(), value]);
        if let Some(port) = self.port {
            add("--listen", format!("127.0.0.1:{port}"));
        }
        self.listen.iter().for_each(|place| add("--listen", place.spelling()));
        if let Some(file) = &self.token_file {
            let file = system.cwd.join(system.expand(&file.to_string_lossy()));
            add("--token-file", file.display().to_string());
        }
        self.allow_host
            .iter()
            .for_each(|host| add("--allow-host", host.clone()));
        if self.no_titles {
            flags.push("--no-titles".to_owned());
        }
        flags
    }
}
