//! Parses, runs, and turns the outcome into an exit code.

use std::process::ExitCode;
use ttop::core::bad_request::BadRequest;
use ttop::exit::{Exit, hint_of};
use ttop::render::{OutputError, eprint_line};

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
            eprint_line(&format!("ttop: error: {error:#}"));
            if let Some(hint) = hint_of(&error) {
                eprint_line(&format!("hint: {hint}"));
            }
            match error.is::<BadRequest>() {
                true => Exit::Usage,
                false => Exit::Failed,
            }
        }
    };
    ExitCode::from(exit.code())
}
