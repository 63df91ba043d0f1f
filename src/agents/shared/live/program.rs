//! An agent's command line: identifies its processes, their roles, and the requested session.

use super::helpers::{HELPERS, INFORMING};
use crate::core::process::{Process, Role, file_name};
use crate::core::status::Reported;

/// Runtimes that an agent's script may run in; Python's carry a version.
const RUNTIMES: [&str; 6] = ["node", "nodejs", "bun", "deno", "tsx", "python"];

/// The command-line interface of an agent.
#[derive(Debug)]
pub struct Program {
    pub agent_id: &'static str,
    /// File names of its command.
    pub commands: &'static [&'static str],
    /// How the paths of its scripts end, where a runtime runs them; with a slash at the end, the folder of its package.
    pub scripts: &'static [&'static str],
    /// Names for `python -m`.
    pub modules: &'static [&'static str],
    /// Parts of the path of its executable, where that has another name.
    pub folders: &'static [&'static str],
    /// What a subcommand makes of it, beside `HELPERS`; without one it is a [`Role::Tui`].
    pub subcommands: &'static [(&'static str, Role)],
    /// Options that make it something else.
    pub options: &'static [(&'static str, Role)],
    /// Options that name the session to show.
    pub session_options: &'static [&'static str],
    /// Subcommands whose argument names it.
    pub session_subcommands: &'static [&'static str],
    /// Options that show the session of the folder that was used last.
    pub continues: &'static [&'static str],
    /// What makes the process go on in a copy: then the session named is not the one it shows.
    pub forks: &'static [&'static str],
    /// Whether a text can be a session's id: `--resume 3` and `--resume latest` name none.
    pub is_session_id: fn(&str) -> bool,
    /// What it writes on the terminal's title, where that reports more than its records.
    pub titles: &'static [(&'static str, Reported)],
    /// Whether its records are silent while it asks for a permission: then a reply that ended may as well be a question.
    pub asks_in_secret: bool,
    /// Options with which it never asks.
    pub never_asks: &'static [&'static str],
    /// What `ps` knows of it, for `doctor`.
    pub knows: &'static str,
}

impl Program {
    /// Options of most agents that answer one prompt.
    pub const PRINTS: &[(&str, Role)] = &[("-p", Role::Run), ("--print", Role::Run)];

    /// The usual values.
    pub const PLAIN: Self = Self {
        agent_id: "",
        commands: &[],
        scripts: &[],
        modules: &[],
        folders: &[],
        subcommands: &[],
        options: &[],
        session_options: &["--resume", "--session", "--session-id"],
        session_subcommands: &[],
        continues: &["--continue", "-c"],
        forks: &["--fork"],
        is_session_id: is_uuid,
        titles: &[],
        asks_in_secret: false,
        never_asks: &[],
        knows: "its sessions and questions, from its records; a permission only where it is recorded",
    };
}

/// The parsed command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    pub role: Role,
    /// The session it names.
    pub session_id: Option<String>,
    /// Whether it asks for the session of its folder that was used last.
    pub continues: bool,
    /// The arguments behind the program, and behind its script where a runtime runs it.
    pub arguments: Vec<String>,
}

impl Program {
    /// What a process's command line says, if it is this agent's.
    pub fn invocation(&self, process: &Process) -> Option<Invocation> {
        let arguments = self.arguments(process)?.to_vec();
        let role = match self.role(&arguments) {
            // Node programs take a title in place of their arguments: without a terminal, it is none to type in.
            Role::Tui if has_title_only(process) && process.tty.is_none() && cfg!(target_os = "linux") => Role::Run,
            role => role,
        };
        Some(Invocation {
            role,
            session_id: self.session_id(&arguments),
            continues: own(&arguments).any(|arg| self.continues.contains(&arg))
                && !own(&arguments).any(|arg| self.forks.contains(&arg)),
            arguments,
        })
    }

    fn arguments<'a>(&self, process: &'a Process) -> Option<&'a [String]> {
        let names = |name: &str| self.commands.contains(&Self::command_of(name));
        if process.names().any(names) {
            return Some(without_shell(process));
        }
        if !runs_script(process) {
            return self.has_folder_of(process).then(|| without_shell(process));
        }
        // `node --max-old-space-size=8192 /usr/bin/gemini -p x`, `python3 -m kimi_cli --print`
        let at = process.args.iter().skip(1).position(|arg| !arg.starts_with('-'))? + 1;
        let script = process.args[at].replace('\\', "/");
        let is_module = process.args[at - 1] == "-m";
        let is_script = match is_module {
            true => self.modules.contains(&script.split('.').next().unwrap_or(&script)),
            false => names(file_name(&script)) || self.scripts.iter().any(|end| is_script_of(end, &script)),
        };
        is_script.then(|| &process.args[at + 1..])
    }

    /// The command that a file's name stands for: a hidden one is a package manager's wrapped program.
    pub fn command_of(name: &str) -> &str {
        name.trim_start_matches('.')
    }

    /// Whether the executable of a process is in a folder of this program's.
    pub fn has_folder_of(&self, process: &Process) -> bool {
        let exe = process.exe.as_deref().and_then(std::path::Path::to_str);
        exe.is_some_and(|exe| {
            let is_in = |folder: &&str| match exe.contains('\\') {
                true => exe.replace('\\', "/").contains(*folder),
                false => exe.contains(*folder),
            };
            self.folders.iter().any(is_in)
        })
    }

    fn role(&self, arguments: &[String]) -> Role {
        let by_option = own(arguments).find_map(|arg| find(self.options, arg.split('=').next().unwrap_or(arg)));
        let by_option = by_option.or_else(|| own(arguments).find_map(|arg| find(INFORMING, arg)));
        let by_subcommand = self.subcommand(arguments).and_then(|(at, name)| {
            // `app-server daemon`
            let next = arguments.get(at + 1).map(|next| format!("{name} {next}"));
            next.and_then(|pair| find(self.subcommands, &pair))
                .or_else(|| self.role_of_subcommand(name))
        });
        let helper = [by_option, by_subcommand]
            .into_iter()
            .flatten()
            .find(|role| *role == Role::Helper);
        helper
            .or(by_subcommand.filter(|role| *role != Role::Tui))
            .or(by_option)
            .or(by_subcommand)
            .unwrap_or(Role::Tui)
    }

    fn role_of_subcommand(&self, name: &str) -> Option<Role> {
        let own = find(self.subcommands, name);
        own.or_else(|| HELPERS.contains(&name).then_some(Role::Helper))
    }

    /// The subcommand and where it stands: the first argument, behind options and what may be their values.
    fn subcommand<'a>(&self, arguments: &'a [String]) -> Option<(usize, &'a str)> {
        let mut may_be_value = false;
        for (at, arg) in own(arguments).enumerate() {
            let is_known = self.role_of_subcommand(arg).is_some();
            if is_known {
                return Some((at, arg));
            }
            if !arg.starts_with('-') && !may_be_value {
                return None;
            }
            may_be_value = arg.starts_with('-') && !arg.contains('=');
        }
        None
    }

    fn session_id(&self, arguments: &[String]) -> Option<String> {
        if own(arguments).any(|arg| self.forks.contains(&arg)) {
            return None;
        }
        let is_id = |text: &&str| (self.is_session_id)(text);
        let args: Vec<&str> = own(arguments).collect();
        let by_option = args.iter().enumerate().find_map(|(at, arg)| {
            self.session_options
                .iter()
                .find_map(|option| match arg.strip_prefix(option)? {
                    "" => args.get(at + 1).copied(),
                    // `--session=x`; `-sx` for one letter.
                    rest if option.starts_with("--") => rest.strip_prefix('='),
                    rest => Some(rest.strip_prefix('=').unwrap_or(rest)),
                })
                .filter(is_id)
        });
        let by_subcommand = || {
            let (at, _) = args
                .iter()
                .enumerate()
                .find(|(_, arg)| self.session_subcommands.contains(arg))?;
            args[at + 1..].iter().copied().find(is_id)
        };
        by_option.or_else(by_subcommand).map(str::to_owned)
    }
}

/// Arguments up to `--`: what follows is a prompt.
fn own(arguments: &[String]) -> impl Iterator<Item = &str> {
    arguments.iter().map(String::as_str).take_while(|arg| *arg != "--")
}

fn find(table: &[(&str, Role)], name: &str) -> Option<Role> {
    table.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
}

/// The arguments without `-c script` where a shell goes by an agent's name (`exec -a`): those are the shell's own.
fn without_shell(process: &Process) -> &[String] {
    const SHELLS: [&str; 5] = ["sh", "bash", "dash", "zsh", "busybox"];
    let exe = process
        .exe
        .as_deref()
        .and_then(std::path::Path::file_name)
        .and_then(|name| name.to_str());
    match process.arguments() {
        [flag, _, rest @ ..] if flag == "-c" && exe.is_some_and(|exe| SHELLS.contains(&exe)) => rest,
        arguments => arguments,
    }
}

/// Whether a process is a runtime, by its own name: then it runs some script.
pub fn runs_script(process: &Process) -> bool {
    process.args.first().is_some_and(|arg| names_runtime(arg))
}

fn names_runtime(path: &str) -> bool {
    let name = file_name(path);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    // `python3.12`
    RUNTIMES.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
}

/// Whether a script wrote a title over its command line: Pi's is `pi`.
fn has_title_only(process: &Process) -> bool {
    let exe = process.exe.as_deref().and_then(std::path::Path::to_str);
    let has_arguments = process.args.iter().skip(1).any(|arg| !arg.trim().is_empty());
    exe.is_some_and(names_runtime) && !runs_script(process) && !has_arguments
}

/// Whether a script's path ends so, or is in the folder of this package.
fn is_script_of(end: &str, script: &str) -> bool {
    match end.strip_suffix('/') {
        Some(package) => script.contains(&format!("/{package}/")),
        None => script.ends_with(end),
    }
}

/// `0a0a0a0a-0000-4000-8000-00000000000a`
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Leaves out processes that only started another of the same kind with the same arguments: npm's `node …/bin/x` that runs the
/// native program, or a runtime that starts itself again with more memory.
pub fn without_wrappers(found: Vec<(&Process, Invocation)>) -> Vec<(&Process, Invocation)> {
    let is_wrapper = |outer: &(&Process, Invocation)| {
        found.iter().any(|(inner, invocation)| {
            inner.parent == Some(outer.0.pid) && inner.pid != outer.0.pid && invocation.arguments == outer.1.arguments
        })
    };
    let wrappers: Vec<bool> = found.iter().map(is_wrapper).collect();
    let kept = found.into_iter().zip(wrappers).filter(|(_, is_wrapper)| !is_wrapper);
    kept.map(|(found, _)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: Program = Program {
        agent_id: "acme",
        commands: &["acme"],
        scripts: &["@acme/cli/index.js", "@acme/tool/"],
        modules: &["acme_cli"],
        folders: &["/acme/versions/"],
        subcommands: &[
            ("exec", Role::Run),
            ("resume", Role::Tui),
            ("serve", Role::Server),
            ("serve loop", Role::Helper),
        ],
        options: &[("--daemon", Role::Helper), ("-p", Role::Run), ("--print", Role::Run)],
        session_options: &["--resume", "-r", "-s"],
        session_subcommands: &["resume"],
        forks: &["--fork"],
        ..Program::PLAIN
    };
    const ID: &str = "0a0a0a0a-0000-4000-8000-00000000000a";

    fn process(args: &[&str]) -> Process {
        Process {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Process::default()
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn without_a_terminal_a_program_that_wrote_over_its_arguments_answers_one_prompt() {
        let role = |exe: &str, args: &[&str], tty: Option<&str>| {
            let process = Process {
                exe: Some(exe.into()),
                tty: tty.map(str::to_owned),
                ..process(args)
            };
            PROGRAM.invocation(&process).map(|found| found.role)
        };
        assert_eq!(role("/usr/bin/node", &["acme", "", ""], None), Some(Role::Run));
        assert_eq!(role("/usr/bin/node", &["acme"], Some("pts/1")), Some(Role::Tui));
        assert_eq!(role("/usr/bin/acme", &["acme"], None), Some(Role::Tui));
        assert_eq!(role("/usr/bin/node", &["acme", "serve"], None), Some(Role::Server));
    }

    fn invoked(args: &[&str]) -> Option<(Role, Option<String>)> {
        let invocation = PROGRAM.invocation(&process(args))?;
        Some((invocation.role, invocation.session_id))
    }

    #[test]
    fn knows_its_processes_however_they_are_started() {
        for args in [
            &["acme"][..],
            &["/opt/my tools/acme", "fix it"],
            &["node", "/usr/bin/acme"],
            &["node", "--max-old-space-size=8192", "/n/@acme/cli/index.js"],
            &["bun", "/x/.acme"],
            &["node", "/n/node_modules/@acme/tool/dist/start.mjs"],
            &["python3.12", "/usr/local/bin/acme"],
            &["/usr/bin/python3", "-m", "acme_cli.main"],
        ] {
            assert_eq!(invoked(args), Some((Role::Tui, None)), "{args:?}");
        }
        for args in [
            &["vim", "acme"][..],
            &["node", "/x/acme-tools.js"],
            &["bash", "-c", "acme"],
            &["acme-mcp"],
            &["python3", "-m", "other", "acme"],
            &["node", "/n/@acme/tools/x.js"],
            &[],
        ] {
            assert_eq!(invoked(args), None, "{args:?}");
        }
        let native = Process {
            exe: Some("/home/dev/.local/share/acme/versions/2.1.63".into()),
            ..process(&["anything", "-p"])
        };
        assert_eq!(PROGRAM.invocation(&native).map(|seen| seen.role), Some(Role::Run));
    }

    #[test]
    fn tells_the_role_from_subcommand_and_options() {
        for (args, role) in [
            (&["acme", "exec", "x"][..], Role::Run),
            (&["acme", "-m", "gpt", "exec"], Role::Run),
            (&["acme", "--print", "x"], Role::Run),
            (&["acme", "--print=x"], Role::Run),
            (&["acme", "serve"], Role::Server),
            (&["acme", "login"], Role::Helper),
            (&["acme", "serve", "loop"], Role::Helper),
            (&["acme", "serve", "--listen", "x", "--daemon"], Role::Helper),
            (&["acme", "--version"], Role::Helper),
            (&["acme", "fix", "serve"], Role::Tui),
            (&["acme", "--", "serve"], Role::Tui),
            (&["acme", "resume", "-p"], Role::Run),
        ] {
            assert_eq!(invoked(args).map(|seen| seen.0), Some(role), "{args:?}");
        }
    }

    #[test]
    fn finds_the_session_that_is_named_in_every_spelling() {
        let equals = format!("--resume={ID}");
        let short = format!("-s{ID}");
        for args in [
            &["acme", "--resume", ID][..],
            &["acme", "x", &equals],
            &["acme", "-r", ID, "go on"],
            &["acme", &short],
            &["acme", "resume", ID],
            &["acme", "exec", "resume", "--json", ID],
        ] {
            assert_eq!(invoked(args).and_then(|seen| seen.1).as_deref(), Some(ID), "{args:?}");
        }
        for args in [
            &["acme", "--resume", "3"][..],
            &["acme", "--resume", ID, "--fork"],
            &["acme", "--", "--resume", ID],
            &["acme", ID],
        ] {
            assert_eq!(invoked(args).and_then(|seen| seen.1), None, "{args:?}");
        }
    }

    #[test]
    fn knows_who_asked_for_the_latest_session() {
        let continues = |args: &[&str]| PROGRAM.invocation(&process(args)).is_some_and(|seen| seen.continues);
        assert!(continues(&["acme", "--continue"]) && continues(&["acme", "-c", "go on"]));
        let shell = Process {
            exe: Some("/usr/bin/dash".into()),
            ..process(&["acme", "-c", "read wait", "-p"])
        };
        let seen = PROGRAM.invocation(&shell).map(|seen| (seen.continues, seen.role));
        assert_eq!(seen, Some((false, Role::Run)));
        assert!(!continues(&["acme", "-c", "--fork"]) && !continues(&["acme", "--", "-c"]));
    }

    #[test]
    fn a_wrapper_is_not_a_second_agent() {
        let at = |pid: u32, parent: u32, args: &[&str]| Process {
            pid,
            parent: Some(parent),
            ..process(args)
        };
        let table = [
            at(1, 0, &["node", "/usr/bin/acme", "-p", "x"]),
            at(2, 1, &["/opt/acme", "-p", "x"]),
            at(3, 2, &["/opt/acme", "serve"]),
        ];
        let found = table
            .iter()
            .filter_map(|process| Some((process, PROGRAM.invocation(process)?)));
        let kept: Vec<u32> = without_wrappers(found.collect())
            .iter()
            .map(|(process, _)| process.pid)
            .collect();
        assert_eq!(kept, [2, 3]);
    }
}
