//! Mux: a session's totals include those of deleted subagents without telling them apart, so it is only detected.

use crate::agents::shared::detected::Detected;

pub static MUX: Detected = Detected {
    id: "mux",
    name: "Mux",
    commands: &["mux", "xum"],
    roots: |system| vec![system.home.join(".mux/sessions"), system.home.join(".xum/sessions")],
    limits: &["totals of a session include those of deleted subagents, which count elsewhere too: they are not read"],
};
