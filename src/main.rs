//! Parses, runs, and turns the outcome into an exit code.

use std::io::Write;
use std::process::ExitCode;
use ttop::core::bad_request::BadRequest;
use ttop::core::cannot_answer::CannotAnswer;
use ttop::exit::Exit;
use ttop::render::{OutputError, text};

fn main() -> ExitCode {
    // A plugin's process locks itself before anything else happens in it.
    #[cfg(feature = "plugins")]
    if let Some(exit) = ttop::run_plugin(&std::env::args_os().collect::<Vec<_>>()) {
        return exit;
    }
    ttop::system::ignore_sigxfsz();
    let exit = match ttop::run() {
        Ok(exit) => exit,
        // The reader has seen enough: `ttop turns | head`.
        Err(error) if error.downcast_ref::<OutputError>().is_some_and(OutputError::is_closed) => Exit::Ok,
        Err(error) => {
            let usage = error.downcast_ref::<BadRequest>();
            let mut stderr = std::io::stderr().lock();
            // A closed stderr is no reason to fail differently.
            let _ = writeln!(stderr, "ttop: error: {}", text::strip_control(&format!("{error:#}")));
            let failure = error.downcast_ref::<CannotAnswer>();
            let hint = usage.and_then(|usage| usage.hint.as_deref());
            if let Some(hint) = hint.or(failure.map(|failure| &*failure.hint)) {
                let _ = writeln!(stderr, "hint: {}", text::strip_control(hint));
            }
            if usage.is_some() { Exit::Usage } else { Exit::Failed }
        }
    };
    ExitCode::from(exit.code())
}
