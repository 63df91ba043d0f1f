//! Homes with plugins: a theme, and an agent plugin over transcripts of 40,000 replies.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// At 100 %: 20 files, 36 MB.
const REPLIES: u64 = 40_000;
const FILES: u64 = 20;

const THEME: &str = r##"import { createThemePlugin } from '@tokentop/plugin-sdk';
export default createThemePlugin({ id: 'ink', type: 'theme', name: 'Ink', version: '1.0.0', permissions: {}, colorScheme: 'dark',
  colors: { background: '#101010', text: '#eeeeee' } });
"##;

const AGENT: &str = r"import { createAgentPlugin } from '@tokentop/plugin-sdk';
import { readdir, readFile, stat } from 'fs/promises';
import { homedir } from 'os';
const HOME = `${homedir()}/.acme`;
export default createAgentPlugin({
  id: 'acme', type: 'agent', name: 'Acme', version: '1.0.0', permissions: { filesystem: { read: true, paths: ['~/.acme'] } },
  agent: { name: 'Acme' }, capabilities: { sessionParsing: true, authReading: false, realTimeTracking: false, multiProvider: false },
  isInstalled: async () => true,
  async parseSessions() {
    const rows = [];
    for (const name of await readdir(HOME)) {
      await stat(`${HOME}/${name}`);
      for (const line of (await readFile(`${HOME}/${name}`, 'utf8')).split(/\r?\n/)) {
        if (!line) continue;
        const { message, timestamp } = JSON.parse(line);
        rows.push({ sessionId: name, providerId: 'anthropic', modelId: message.model,
          tokens: { input: message.usage.input_tokens, output: message.usage.output_tokens }, timestamp: Date.parse(timestamp) });
      }
    }
    return rows;
  },
});
";

/// A home with an agent plugin that has one row.
pub fn with_one_row(home: &Path) -> PathBuf {
    write(&home.join(".config/tokentop/plugins/acme.ts"), AGENT);
    write(&home.join(".acme/00.jsonl"), &reply(0, 0, ""));
    home.to_path_buf()
}

/// A home whose one row is read by ttop itself: what a ledger costs without a plugin.
pub fn with_one_reply(home: &Path) -> PathBuf {
    write(
        &home.join(".claude/projects/-work/s.jsonl"),
        r#"{"type":"assistant","sessionId":"s","requestId":"r","timestamp":"2026-11-01T08:00:00.000Z","message":{"id":"m","model":"claude-sonnet-4-5","usage":{"input_tokens":1,"output_tokens":20}}}
"#,
    );
    home.to_path_buf()
}

fn reply(file: u64, reply: u64, filler: &str) -> String {
    let (minute, second) = (reply / 60 % 60, reply % 60);
    format!(
        r#"{{"type":"assistant","timestamp":"2026-11-{:02}T08:{minute:02}:{second:02}.{:03}Z","message":{{"model":"claude-sonnet-4-5","usage":{{"input_tokens":{reply},"output_tokens":20}},"content":"{filler}"}}}}
"#,
        1 + file,
        reply % 1000,
    )
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

/// A home with one plugin in its folder.
pub fn with_theme(home: &Path) -> PathBuf {
    write(&home.join(".config/tokentop/plugins/ink.ts"), THEME);
    home.to_path_buf()
}

/// A home with an agent plugin and its transcripts.
pub fn with_agent(home: &Path, percent: u64) -> PathBuf {
    write(&home.join(".config/tokentop/plugins/acme.ts"), AGENT);
    let filler = "x".repeat(640);
    for file in 0..FILES {
        let path = home.join(format!(".acme/{file:02}.jsonl"));
        if path.exists() {
            continue;
        }
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let mut out = BufWriter::new(std::fs::File::create(&path).expect("a file"));
        for number in 0..REPLIES * percent / 100 / FILES {
            out.write_all(reply(file, number, &filler).as_bytes()).expect("written");
        }
    }
    home.to_path_buf()
}
