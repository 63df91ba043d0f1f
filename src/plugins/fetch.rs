//! A package of npm, fetched and unpacked.

use super::discover;
use super::host::{Source, Way};
use super::message::Refused;
use super::net::Net;
use super::npm::{self, Package};
use super::ops::http::{Request, Transport};
use crate::system::System;
use anyhow::{Result, anyhow, bail};
use std::sync::atomic::AtomicBool;
use url::Url;

const REGISTRY: &str = "registry.npmjs.org";

/// Fetches a package, checks that it is the one that was promised, and unpacks it.
///
/// # Errors
/// When the network is off, the registry lacks the package, or its archive is another than promised.
pub fn fetch(system: &System, package: &Package) -> Result<Source> {
    if system.offline {
        bail!("{} cannot be fetched: the network is switched off", package.name);
    }
    let net = Net::own();
    let get = |address: &str| -> Result<Vec<u8>> {
        let request = Request {
            url: Url::parse(address)?,
            method: "GET".to_owned(),
            headers: Vec::new(),
            body: None,
            may_be_local: false,
        };
        let answer = net.send(&request, &AtomicBool::new(false));
        let answer = answer.map_err(|refused: Refused| anyhow!("{}", refused.message().to_owned()))?;
        match answer.status {
            200 => Ok(answer.body),
            404 => bail!("the registry has no package {}", package.name),
            status => bail!("the registry answers HTTP {status}"),
        }
    };
    let document = get(&format!("https://{REGISTRY}/{}", package.name.replace('/', "%2f")))?;
    let release = npm::release(&document, package, REGISTRY).map_err(|error| anyhow!(error))?;
    let archive = get(&release.archive)?;
    if !npm::is_intact(&archive, &release.integrity) {
        bail!(
            "the archive of {} {} is not the one that the registry promises",
            package.name,
            release.version
        );
    }
    let label = format!("{}@{}", package.name, release.version);
    let home = npm::home_of(&discover::data(system), &label);
    npm::unpack(&archive, &home).map_err(|error| anyhow!("{label}: {error}"))?;
    Ok(Source {
        path: home,
        label,
        way: Way::Npm,
    })
}
