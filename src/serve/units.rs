//! Unit files that start the server at login: a service and a socket for systemd, an agent for launchd.

use crate::system::{Os, System};
use std::path::{Path, PathBuf};

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub path: PathBuf,
    pub text: String,
}

/// The unit files of this system, and the command that starts them; `None` where there is neither systemd nor launchd.
/// `flags` are those of `ttop serve`, in their order.
pub(crate) fn units(program: &Path, flags: &[String], system: &System) -> Option<(Vec<Unit>, &'static str)> {
    match system.os {
        Os::Linux => Some((
            systemd(program, flags, system),
            "systemctl --user daemon-reload && systemctl --user enable --now ttop.socket",
        )),
        Os::MacOs => Some((
            vec![launchd(program, flags, system)],
            "launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/tokentop.serve.plist",
        )),
        Os::Windows => None,
    }
}

fn systemd(program: &Path, flags: &[String], system: &System) -> Vec<Unit> {
    let folder = system.config_dir().join("systemd/user");
    let (mut places, mut rest) = (Vec::new(), Vec::new());
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        match (flag.as_str(), flags.as_slice().first()) {
            ("--listen", Some(place)) => {
                places.push(place.strip_prefix("unix:").unwrap_or(place).to_owned());
                flags.next();
            }
            _ => rest.push(quoted(flag)),
        }
    }
    if places.is_empty() {
        places.push("127.0.0.1:8390".to_owned());
    }
    let listen: String = places
        .iter()
        .map(|place| format!("ListenStream={}\n", specifiers(place)))
        .collect();
    let mut command = vec![quoted(&program.to_string_lossy()), "serve".to_owned()];
    command.extend(rest);
    let service = format!(
        "[Unit]\n\
         Description=ttop: what AI coding agents use\n\
         Requires=ttop.socket\n\n\
         [Service]\n\
         ExecStart={}\n\
         Restart=on-failure\n\
         RestartSec=5\n\
         NoNewPrivileges=yes\n",
        command.join(" ")
    );
    let socket = format!(
        "[Unit]\n\
         Description=Socket of ttop\n\n\
         [Socket]\n\
         {listen}SocketMode=0600\n\n\
         [Install]\n\
         WantedBy=sockets.target\n"
    );
    vec![
        Unit {
            path: folder.join("ttop.service"),
            text: service,
        },
        Unit {
            path: folder.join("ttop.socket"),
            text: socket,
        },
    ]
}

fn launchd(program: &Path, flags: &[String], system: &System) -> Unit {
    let own = [program.to_string_lossy().into_owned(), "serve".to_owned()];
    let words: String = own
        .iter()
        .chain(flags)
        .map(|word| format!("    <string>{}</string>\n", escaped(word)))
        .collect();
    Unit {
        path: system.home.join("Library/LaunchAgents/tokentop.serve.plist"),
        text: format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
             <plist version=\"1.0\">\n<dict>\n\
             \x20 <key>Label</key>\n  <string>tokentop.serve</string>\n\
             \x20 <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n\
             \x20 <key>RunAtLoad</key>\n  <true/>\n\
             \x20 <key>KeepAlive</key>\n  <dict><key>SuccessfulExit</key><false/></dict>\n\
             </dict>\n</plist>\n"
        ),
    }
}

/// A word of `ExecStart`: systemd splits at blanks, and expands `%` and `$`.
fn quoted(word: &str) -> String {
    let plain = specifiers(word).replace('$', "$$");
    let is_plain = !plain.is_empty() && !plain.contains([' ', '\t', '"', '\'', '\\', ';']);
    match is_plain {
        true => plain,
        false => format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

fn specifiers(word: &str) -> String {
    word.replace('%', "%%")
}

fn escaped(word: &str) -> String {
    word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(os: Os, flags: &[&str]) -> Vec<String> {
        let system = System::new(os, "/home/dev", Default::default());
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let (units, _) = units(Path::new("/opt/my tools/ttop"), &flags, &system).expect("units");
        units.into_iter().map(|unit| unit.text).collect()
    }

    #[test]
    fn the_socket_listens_and_the_service_has_the_other_flags() {
        let flags = [
            "--no-titles",
            "--listen",
            "unix:/run/user/1/t.sock",
            "--listen",
            "[::1]:9",
            "--allow-host",
            "a%b",
        ];
        let texts = texts(Os::Linux, &flags);
        assert!(
            texts[0].contains("ExecStart=\"/opt/my tools/ttop\" serve --no-titles --allow-host a%%b\n"),
            "{}",
            texts[0]
        );
        assert!(
            texts[1].contains("ListenStream=/run/user/1/t.sock\nListenStream=[::1]:9\nSocketMode=0600\n"),
            "{}",
            texts[1]
        );
        assert!(super::tests::texts(Os::Linux, &[])[1].contains("ListenStream=127.0.0.1:8390\n"));
    }

    #[test]
    fn the_launch_agent_has_every_flag_as_a_word() {
        let text = &texts(Os::MacOs, &["--allow-host", "a&b"])[0];
        assert!(
            text.contains("    <string>--allow-host</string>\n    <string>a&amp;b</string>\n"),
            "{text}"
        );
        assert!(text.starts_with("<?xml") && text.ends_with("</plist>\n"), "{text}");
    }
}
