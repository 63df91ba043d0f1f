//! A price list that stays fresh in a process that lives long.

use super::{PriceBook, Refresh, refresh_if_due};
use crate::core::bad_request::BadRequest;
use crate::core::problem::Problem;
use crate::system::System;
use crate::system::config::Config;
use crate::system::http::loopback_url;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

/// How often to check whether a day has passed.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// What became of the list since the last look.
#[derive(Debug)]
pub enum Freshness {
    /// It was asked for: these are the prices now.
    Renewed(Box<PriceBook>),
    Failed(Problem),
}

/// Refreshes the list in the background whenever it is due. Ends with the receiver.
///
/// # Errors
///
/// A [`BadRequest`] for a foreign URL in the environment.
pub fn keep_fresh(system: &System, config: &Config) -> Result<Receiver<Freshness>, BadRequest> {
    loopback_url(system, "TTOP_PRICES_URL")?;
    let (sender, receiver) = sync_channel(1);
    let (mut system, config) = (system.clone(), config.clone());
    std::thread::spawn(move || {
        loop {
            system.now = system.now();
            let news = match refresh_if_due(&system, &config) {
                Ok(Refresh::NotDue) | Err(_) => None,
                Ok(Refresh::Done) => Some(Freshness::Renewed(Box::new(PriceBook::open(&system, &config).0))),
                Ok(Refresh::Failed(problem)) => Some(Freshness::Failed(problem)),
            };
            if news.is_some_and(|news| sender.send(news).is_err()) {
                return;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    });
    Ok(receiver)
}
