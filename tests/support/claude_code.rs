//! Transcripts of Claude Code, line by line.

/// A session of Claude Code.
pub const CLAUDE_SESSION: &str = "11111111-0000-4000-8000-000000000001";

/// A reply of Claude Code; the same id again is a later snapshot of it.
pub fn claude_reply(session: &str, id: &str, output: u64) -> String {
    format!(
        r#"{{"type":"assistant","isSidechain":false,"cwd":"/home/dev/acme","sessionId":"{session}","message":{{"model":"claude-sonnet-4-5","id":"{id}","type":"message","role":"assistant","content":[],"usage":{{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":5,"output_tokens":{output}}}}},"uuid":"u-{id}-{output}","timestamp":"2026-11-20T09:00:00.000Z"}}"#
    ) + "\n"
}
