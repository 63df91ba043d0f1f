//! Kilo CLI: made from OpenCode and storing its sessions as OpenCode does, in a folder of its own.

mod program;

use super::opencode::{Family, RULES_VERSION};
use super::{About, Root};
use crate::system::System;

/// Kilo CLI.
pub(super) static KILO_CLI: Family = Family {
    id: "kilo-cli",
    name: "Kilo CLI",
    about: About {
        commands: About::list(&["kilo", "kilocode"]),
        turns: "exact",
        limits: About::list(&[
            "requests for session titles are not stored",
            "replies have no counts if the provider reports no usage",
        ]),
        rules_version: RULES_VERSION + 1,
    },
    root: data_root,
    stem: "kilo",
    database_var: Some("KILO_DB"),
    adds_subagents: true,
    imports: &[],
    program: &program::PROGRAM,
};

fn data_root(system: &System) -> Root {
    match system.path_var("KILO_DATA_DIR") {
        Some(folder) => Root::new(folder, "$KILO_DATA_DIR"),
        None if system.path_var("XDG_DATA_HOME").is_some() => {
            Root::new(system.data_dir().join("kilo"), "$XDG_DATA_HOME")
        }
        None => Root::new(system.data_dir().join("kilo"), "default"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Agent;
    use crate::system::Os;

    #[test]
    fn honors_its_variables_on_every_system() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = dir.path();
        for file in [
            ".local/share/kilo/kilo.db",
            ".local/share/opencode/opencode.db",
            "data/kilo/kilo.db",
            "own/kilo.db",
            "own/kilo.db-wal",
            "named/a.db",
        ] {
            let path = home.join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, "").expect("a file");
        }
        let sources = |os, env: &[(&str, &str)]| {
            let value = |(name, value): &(&str, &str)| ((*name).to_owned(), home.join(value).display().to_string());
            let found = KILO_CLI.sources(&System::new(os, home, env.iter().map(value).collect()));
            let name = |source: &crate::agents::Source| source.path.strip_prefix(home).expect("below").to_owned();
            found.sources.iter().map(name).collect::<Vec<_>>()
        };
        let path = |parts: &str| parts.split('/').collect::<std::path::PathBuf>();
        for os in [Os::Linux, Os::MacOs, Os::Windows] {
            assert_eq!(sources(os, &[]), [path(".local/share/kilo/kilo.db")]);
            assert_eq!(sources(os, &[("XDG_DATA_HOME", "data")]), [path("data/kilo/kilo.db")]);
            assert_eq!(sources(os, &[("KILO_DATA_DIR", "own")]), [path("own/kilo.db")]);
            let named = [("KILO_DATA_DIR", "own"), ("KILO_DB", "named/a.db")];
            assert_eq!(sources(os, &named), [path("named/a.db"), path("own/kilo.db")]);
        }
    }
}
