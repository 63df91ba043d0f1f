//! Roo Code, its command and its successor Zoo Code: the Cline family with folders of their own.

use super::cline::TaskAgent;

pub(super) static ROO_CODE: TaskAgent = TaskAgent {
    id: "roo-code",
    name: "Roo Code",
    extensions: &["rooveterinaryinc.roo-cline", "zoocodeorganization.zoo-code"],
    settings: &["roo-cline.customStoragePath", "zoo-code.customStoragePath"],
    commands: &["roo"],
    own_dir: |system| {
        let storage = system.home.join(".vscode-mock/global-storage");
        Some((storage, "default of the command-line tool".to_owned()))
    },
    limits: LIMITS,
    program: None,
};

/// What neither Roo Code nor Kilo Code writes down.
pub(super) const LIMITS: &[&str] = &[
    "reasoning tokens are included in output",
    "the provider is derived from the model's name",
    "a restored checkpoint replaces the requests it removed by one sum",
    "a customStoragePath that is set for one project or on a remote machine is not followed",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Agent;
    use crate::system::{Os, System};
    use std::collections::BTreeMap;

    #[test]
    fn finds_the_tasks_of_editors_of_the_command_and_of_its_successor() {
        let dir = tempfile::tempdir().expect("a folder");
        let storages = [
            ".config/Code/User/globalStorage/rooveterinaryinc.roo-cline",
            ".config/Code/User/globalStorage/zoocodeorganization.zoo-code",
            ".vscode-mock/global-storage",
        ];
        for storage in storages {
            let task = dir.path().join(storage).join("tasks/1772442000000");
            std::fs::create_dir_all(&task).expect("folders");
            std::fs::write(task.join("ui_messages.json"), "[]").expect("written");
        }
        let found = ROO_CODE.sources(&System::new(Os::Linux, dir.path(), BTreeMap::new()));
        assert_eq!((found.sources.len(), found.roots.len()), (3, 3), "{found:?}");
    }
}
