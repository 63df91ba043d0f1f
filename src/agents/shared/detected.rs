//! Agents that are recognized on disk and named by `doctor`, although their records hold no counts that can be read.

use crate::agents::{About, Agent, Batch, Bookmark, Found, Root, Source};
use crate::system::System;
use anyhow::{Result, bail};
use std::path::PathBuf;

/// Such an agent.
pub struct Detected {
    pub id: &'static str,
    pub name: &'static str,
    pub commands: &'static [&'static str],
    /// Where it keeps what it keeps.
    pub roots: fn(&System) -> Vec<PathBuf>,
    pub limits: &'static [&'static str],
}

impl Agent for Detected {
    fn id(&self) -> &'static str {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(self.commands),
            turns: "none",
            limits: About::list(self.limits),
            rules_version: 1,
        }
    }

    fn sources(&self, system: &System) -> Found {
        let roots = (self.roots)(system);
        Found {
            roots: roots.into_iter().map(|path| Root::new(path, "default")).collect(),
            ..Found::default()
        }
    }

    fn read(&self, source: &Source, _: &Bookmark, _: &mut Batch) -> Result<Bookmark> {
        bail!("{} contains no readable counts", source.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::windsurf::WINDSURF;
    use crate::system::Os;
    use std::collections::BTreeMap;

    #[test]
    fn its_roots_are_found_on_each_system_and_nothing_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        for (os, folder) in [
            (Os::Linux, ".config/Windsurf"),
            (Os::MacOs, "Library/Application Support/Windsurf"),
            (Os::Windows, "AppData/Roaming/Windsurf"),
        ] {
            std::fs::create_dir_all(dir.path().join(folder)).expect("folders");
            let found = WINDSURF.sources(&System::new(os, dir.path(), BTreeMap::new()));
            let present: Vec<_> = found.roots.iter().filter(|root| root.exists).collect();
            assert_eq!(present.len(), 1, "{os:?}");
            assert!(found.sources.is_empty());
            assert_eq!(WINDSURF.about().turns, "none");
        }
    }
}
