//! Agents that write in a process of their own, which can be killed: `programs/agent_writer.rs`.

use super::Home;
use std::process::{Child, Command, Stdio};

/// A writing process; killed when dropped.
pub struct Writer(Child);

impl Writer {
    pub fn start(home: &Home) -> Self {
        let child = Command::new(assert_cmd::cargo::cargo_bin("agent-writer"))
            .arg(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(child.expect("started"))
    }

    pub fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("a child");
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.kill();
    }
}
