//! The ledger's own place: links there are followed or refused, never written through, and an open folder is remarked on.

use crate::support::Home;
use std::os::unix::fs::{PermissionsExt, symlink};

const LEDGER: &str = ".local/share/tokentop/ledger.db";
const TRANSCRIPTS: &str = ".claude";

/// A home with one agent, and a link in the place of a file of ttop's.
fn with_link(file: &str, target: &str) -> Home {
    let home = Home::of("agents/claude-code/made/home");
    let link = home.path().join(file);
    std::fs::create_dir_all(link.parent().expect("a folder")).expect("made");
    symlink(target, link).expect("a link");
    home
}

fn stderr(home: &Home, args: &[&str]) -> String {
    let output = home.ttop().args(args).output().expect("runs");
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{args:?}: {}",
        output.status
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_link_to_a_ledger_that_is_not_there_yet_is_followed_where_its_folder_exists() {
    let home = with_link(LEDGER, "../../../dotfiles/ledger.db");
    std::fs::create_dir(home.path().join("dotfiles")).expect("made");
    let turns = home.rows(&["turns"]).len();
    assert!(turns > 0 && home.path().join("dotfiles/ledger.db").is_file());
    assert!(home.path().join(LEDGER).is_symlink(), "the link stays");
    std::fs::remove_dir_all(home.path().join(TRANSCRIPTS)).expect("removed");
    assert_eq!(home.rows(&["turns"]).len(), turns, "history is kept");
}

#[test]
fn a_link_to_nowhere_is_refused_with_the_reason_and_reports_go_on() {
    let home = with_link(LEDGER, "nowhere/ledger.db");
    assert!(stderr(&home, &["sync"]).contains("is a link to nowhere/ledger.db"));
    assert!(!home.rows(&["turns"]).is_empty());
    assert!(!home.path().join(".local/share/tokentop/nowhere").exists());
}

#[test]
fn a_snapshot_is_never_written_through_a_link() {
    let home = with_link(&format!("{LEDGER}.bar"), "../../../mine");
    home.write("mine", "my own words");
    home.stdout(&["sync"]);
    assert_eq!(
        std::fs::read_to_string(home.path().join("mine")).expect("there"),
        "my own words"
    );
    let snapshot = home.path().join(format!("{LEDGER}.bar"));
    assert!(snapshot.is_file() && !snapshot.is_symlink());
}

#[test]
fn doctor_remarks_on_a_data_folder_that_others_can_write_to() {
    let home = Home::of("agents/claude-code/made/home");
    home.stdout(&["sync"]);
    let folder = home.path().join(".local/share/tokentop");
    let remarks = |mode| {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).expect("set");
        let output = home.ttop().args(["doctor", "-t"]).output().expect("runs");
        let bytes = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&bytes).contains("others can write to")
    };
    assert!(!remarks(0o700));
    for mode in [0o777, 0o770, 0o702] {
        assert!(remarks(mode), "{mode:o}");
    }
}
