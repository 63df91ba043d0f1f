//! `ttop setup` on a real terminal: every change is shown, and only those that a person agrees to are made.

use crate::support::clock::eventually;
use crate::support::tmux::Tmux;
use crate::support::{Home, program};

#[cfg(feature = "plugins")]
const PLUGIN: &str = r#"
import { createAgentPlugin } from '@tokentop/plugin-sdk';
export default createAgentPlugin({
  id: 'acme', type: 'agent', name: 'Acme', version: '1.0.0',
  permissions: { filesystem: { read: true, paths: ['~/.acme'] } },
  agent: { name: 'Acme Code' },
  capabilities: { sessionParsing: true, authReading: false, realTimeTracking: false, multiProvider: false },
  isInstalled: async () => true,
  async parseSessions() { return []; },
});
"#;

/// A terminal in which `ttop setup` runs.
struct Terminal {
    tmux: Tmux,
    home: Home,
}

impl Terminal {
    fn start(home: Home) -> Option<Self> {
        program("tmux")?;
        let tmux = Tmux {
            socket: home.path().join("tmux.sock"),
        };
        let ttop = home.ttop();
        let shell = format!(
            "env -i HOME={} PATH={} TERM=screen TZ=UTC TTOP_OFFLINE=1 SHELL=/usr/bin/fish DISPLAY=:0 {} setup; \
             echo it ended; exec sleep 600",
            home.path().display(),
            std::env::var("PATH").expect("a PATH"),
            ttop.get_program().to_string_lossy(),
        );
        tmux.run(&["new-session", "-d", "-s", "setup", "-x", "150", "-y", "1500", &shell]);
        Some(Self { tmux, home })
    }

    fn shown(&self) -> String {
        self.tmux.text(&["capture-pane", "-p", "-t", "setup:0.0"])
    }

    /// Answers the question that follows this text.
    fn answer(&self, after: &str, reply: &str) {
        eventually(&format!("a question after '{after}'"), || {
            let shown = self.shown();
            let asked = shown.rsplit_once(after).map(|(_, rest)| rest.trim_end().to_owned());
            let is_question = |rest: &str| ["[y/N]", "none):"].iter().any(|end| rest.ends_with(end));
            asked.is_some_and(|rest| is_question(&rest) && rest.matches("[y/N]").count() <= 1)
        });
        self.tmux.run(&["send-keys", "-t", "setup:0.0", reply, "Enter"]);
    }

    fn config(&self, key: &str) -> String {
        self.home.stdout(&["config", "get", key]).trim().to_owned()
    }
}

fn home() -> Home {
    let home = Home::new();
    home.write(".tmux.conf", "set -g status-right '#H'\n");
    home.copy("credentials/claude-code/home", "");
    #[cfg(feature = "plugins")]
    home.write(".config/tokentop/plugins/acme.js", PLUGIN);
    home
}

#[test]
fn yes_and_no_decide_about_each_change_by_itself() {
    let Some(terminal) = Terminal::start(home()) else {
        return;
    };
    terminal.answer("completions for fish", "y");
    terminal.answer("a segment in tmux", "n");
    terminal.answer("A daily", "20");
    terminal.answer("A weekly", "");
    terminal.answer("A monthly", "$300.50");
    terminal.answer("a daily budget", "y");
    terminal.answer("a monthly budget", "yes");
    terminal.answer("desktop notifications", "n");
    terminal.answer("consent to download", "n");
    terminal.answer("no download of prices", "y");
    terminal.answer("consent to ask", "y");
    if cfg!(feature = "plugins") {
        terminal.answer("asks for:", "y");
    }
    eventually("the end", || terminal.shown().contains("it ended"));
    let shown = terminal.shown();
    let home = terminal.home.path();
    assert!(home.join(".config/fish/completions/ttop.fish").exists(), "{shown}");
    let tmux = std::fs::read_to_string(home.join(".tmux.conf")).expect("there");
    assert!(!tmux.contains("ttop"), "{tmux}");
    assert!(
        shown.contains("+set -ag status-right"),
        "what is declined was shown: {shown}"
    );
    assert_eq!(terminal.config("budgets.daily"), "20");
    assert_eq!(terminal.config("budgets.monthly"), "300.5");
    assert_eq!(terminal.config("prices.autoUpdate"), "false");
    assert_eq!(terminal.config("providers.anthropic.login"), "true");
    let config = std::fs::read_to_string(home.join(".config/tokentop/config.json")).expect("there");
    assert!(!config.contains("weekly") && !config.contains("desktop"), "{config}");
    #[cfg(feature = "plugins")]
    {
        let plugins = terminal.home.rows(&["plugin"]);
        assert_eq!(plugins[0]["state"], "loaded", "{plugins:#?}");
    }
}

#[test]
fn a_person_who_declines_everything_changes_nothing() {
    let Some(terminal) = Terminal::start(home()) else {
        return;
    };
    for after in ["completions for fish", "a segment in tmux"] {
        terminal.answer(after, "n");
    }
    for after in ["A daily", "A weekly", "A monthly"] {
        terminal.answer(after, "");
    }
    for after in [
        "desktop notifications",
        "consent to download",
        "no download of prices",
        "consent to ask",
    ] {
        terminal.answer(after, "");
    }
    if cfg!(feature = "plugins") {
        terminal.answer("asks for:", "n");
    }
    eventually("the end", || terminal.shown().contains("it ended"));
    let home = terminal.home.path();
    let tmux = std::fs::read_to_string(home.join(".tmux.conf")).expect("there");
    assert_eq!(tmux, "set -g status-right '#H'\n");
    for path in [".config/tokentop/config.json", ".config/fish"] {
        assert!(!home.join(path).exists(), "{path}: {}", terminal.shown());
    }
    #[cfg(feature = "plugins")]
    {
        let plugins = terminal.home.rows(&["plugin"]);
        assert_eq!(plugins[0]["state"], "untrusted", "{plugins:#?}");
    }
}
