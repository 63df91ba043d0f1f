//! Times whole runs of ttop on data of a stated size against a bare sequential scan of the same data.
//!
//! `cargo bench --bench jobs -- 20` makes a fifth of the full size (100: 200,000 messages of OpenCode in 2.4 GB, 2,000
//! transcripts of Claude Code in 1.2 GB and 20,000 short ones, a ledger of ten million turns); `-- 20 history` runs one
//! part: `opencode`, `claude-code`, `many`, `wide`, `bars`, `history`, `trends`, `plugins` or `start`. Prints, it never judges: machines differ, ratios less.

mod bars;
mod data;
mod history;
mod measure;
mod plugins;
mod wide;

use measure::Run;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each job is run so often; the median counts.
const RUNS: usize = 5;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [job, path] = &words[..]
        && job.starts_with("scan-")
    {
        return data::scan(job, Path::new(path));
    }
    let percent: u64 = words.first().and_then(|word| word.parse().ok()).unwrap_or(20);
    let folder = std::env::temp_dir().join(format!("ttop-bench-{percent}"));
    eprint(&format!("data of {percent} % in {}", folder.display()));
    let wants = |part: &str| words.get(1).is_none_or(|word| word == part);
    print(&format!(
        "{:<44} {:>9} {:>9} {:>9} {:>7}",
        "job", "cpu s", "wall s", "peak MiB", "ratio"
    ));
    let own = std::env::current_exe().expect("this program");
    type Make = fn(&Path, u64) -> PathBuf;
    let makers: [(_, _, Make, _); 2] = [
        ("OpenCode", "opencode", data::opencode, "scan-database"),
        ("Claude Code", "claude-code", data::claude, "scan-files"),
    ];
    for (title, agent, make, scan) in makers.into_iter().filter(|(_, agent, ..)| wants(agent)) {
        let home = &make(&folder.join(agent), percent);
        let floor = median(|| {
            let mut command = Command::new(&own);
            command.arg(scan).arg(home);
            command
        });
        report(&format!("{title}: bare scan"), &floor, &floor);
        let day = ["cost", "--by", "day", "--agent", agent, "-o", "json"];
        let first = median(|| {
            forget(home);
            ttop(home, &day)
        });
        report(&format!("{title}: first run, cost --by day"), &first, &floor);
        let warm = median(|| ttop(home, &day));
        report(&format!("{title}: nothing changed"), &warm, &floor);
        let sessions = median(|| ttop(home, &["sessions", "-n", "20"]));
        report(&format!("{title}: sessions -n 20"), &sessions, &floor);
        let turns = median(|| ttop(home, &["turns", "-o", "ndjson"]));
        report(&format!("{title}: turns of everything"), &turns, &floor);
        let grown = median(|| {
            data::grow(agent, home);
            ttop(home, &day)
        });
        report(&format!("{title}: a little more was written"), &grown, &floor);
    }
    if wants("many") {
        let home = &data::claude_many(&folder.join("many"), percent);
        let day = ["cost", "--by", "day", "--agent", "claude-code", "-o", "json"];
        let first = median(|| {
            forget(home);
            ttop(home, &day)
        });
        report("Claude Code, ten times the files: first run", &first, &first);
        let warm = median(|| ttop(home, &day));
        report("Claude Code, ten times the files: unchanged", &warm, &first);
    }
    if wants("wide") {
        wide_jobs(&folder, percent);
    }
    if wants("bars") {
        let home = &data::opencode(&folder.join("opencode"), percent);
        ttop(home, &["sync"]).status().expect("synced");
        let sync = median(|| {
            data::grow("opencode", home);
            ttop(home, &["sync"])
        });
        report("sync, a little more was written", &sync, &sync);
        let (median, late) = bars::calls(home);
        print(&format!(
            "bar-status, while an agent writes: median {median:.1} ms, 95th percentile {late:.1} ms"
        ));
    }
    if wants("history") {
        let home = history::home(&folder.join("history"), percent);
        let size = format!("{}.{} million turns", percent / 10, percent % 10);
        for words in [&["cost", "--by", "month"][..], &["sessions", "-n", "20"]] {
            let run = median(|| ttop(&home, words));
            report(&format!("{size}: {}", words.join(" ")), &run, &run);
        }
    }
    if wants("trends") {
        // A tenth of the history: a million turns of five years at 100 %.
        let home = history::home(&folder.join("trends"), percent / 10);
        let size = format!("{}.{:02} million turns", percent / 100, percent % 100);
        for words in [&["trends", "--days", "1825"][..], &["insights", "--days", "1825"]] {
            let run = median(|| ttop(&home, words));
            report(&format!("{size}: {}", words.join(" ")), &run, &run);
        }
    }
    if wants("plugins") {
        plugin_jobs(&folder.join("plugins"), percent);
    }
    if !wants("start") {
        return;
    }
    for words in [
        &["--version"][..],
        &["completions", "bash"],
        &["prices", "show", "claude-sonnet-4-5"],
    ] {
        let run = median(|| ttop(&folder, words));
        report(&format!("ttop {}", words.join(" ")), &run, &run);
    }
}

/// What plugins cost where there are none, where nothing changed, and where there is much to read.
fn plugin_jobs(folder: &Path, percent: u64) {
    let budgets = ["budgets"];
    let none = folder.join("none");
    std::fs::create_dir_all(&none).expect("made");
    let bare = median(|| ttop(&none, &budgets));
    report("no plugins: budgets", &bare, &bare);
    let home = plugins::with_theme(&folder.join("theme"));
    trust(&home, "ink");
    let run = median(|| ttop(&home, &budgets));
    report("a theme plugin: budgets", &run, &bare);
    let nothing = median(|| {
        forget(&none);
        ttop(&none, &["sync"])
    });
    report("no plugins, first run: sync", &nothing, &nothing);
    let one = plugins::with_one_row(&folder.join("one"));
    let row = first_sync(&one);
    // Both make a ledger, which waits for the disk.
    let built_in = plugins::with_one_reply(&folder.join("built-in"));
    let without = median(|| {
        forget(&built_in);
        ttop(&built_in, &["sync"])
    });
    report("a built-in agent of one row, first run: sync", &without, &nothing);
    report("an agent plugin of one row, first run: sync", &row, &without);
    print(&format!(
        "an agent plugin loaded, and its first row: {:.1} ms",
        (row.wall - without.wall) * 1000.0
    ));
    let home = plugins::with_agent(&folder.join("agent"), percent);
    let first = first_sync(&home);
    report("an agent plugin, first run: sync", &first, &nothing);
    print(&format!("its process: {:.0} MiB", first.child_mib));
    let unchanged = median(|| ttop(&home, &["sync"]));
    report("an agent plugin, unchanged roots: sync", &unchanged, &nothing);
    print(&format!(
        "unchanged roots: {} started a process; ttop itself has {:.1} MB",
        if unchanged.child_mib > 0.0 { "a run" } else { "no run" },
        std::fs::metadata(assert_cmd::cargo::cargo_bin("ttop"))
            .expect("a program")
            .len() as f64
            / 1e6
    ));
}

/// A sync of a home with the agent plugin `acme`, whose ledger is empty each time.
fn first_sync(home: &Path) -> Run {
    trust(home, "acme");
    let consents = home.join(".local/share/tokentop/plugins/trust.json");
    let kept = std::fs::read(&consents).expect("consents");
    median(|| {
        forget(home);
        std::fs::create_dir_all(consents.parent().expect("a folder")).expect("made");
        std::fs::write(&consents, &kept).expect("written");
        ttop(home, &["sync"])
    })
}

fn trust(home: &Path, id: &str) {
    let status = ttop(home, &["plugin", "trust", id, "--yes"]).status();
    assert!(status.expect("started").success(), "{id} is not trusted");
}

/// What grows with the whole instead of what changed shows here first.
fn wide_jobs(folder: &Path, percent: u64) {
    type Make = fn(&Path, u64) -> PathBuf;
    type Grow = Box<dyn FnMut(&Path)>;
    let mut next = 1 << 40;
    let mut grow: [(&str, Make, Grow); 3] = [
        ("100,000 sessions in a database", wide::sessions, Box::new(wide::add)),
        (
            "100,000 session ids in a file",
            wide::session_ids,
            Box::new(move |home| {
                next += 1;
                wide::append_reply(home, next);
            }),
        ),
        (
            "a last line of 600 MB",
            wide::endless_line,
            Box::new(|home| wide::append(home, b"xxxxxxxx")),
        ),
    ];
    for (at, (title, make, more)) in grow.iter_mut().enumerate() {
        let home = &make(&folder.join(format!("wide-{at}")), percent);
        let first = median(|| {
            forget(home);
            ttop(home, &["sync"])
        });
        report(&format!("{title}: first sync"), &first, &first);
        let grown = median(|| {
            more(home);
            ttop(home, &["sync"])
        });
        report(&format!("{title}: grown"), &grown, &first);
    }
}

fn ttop(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("ttop"));
    command
        .env_clear()
        .env("HOME", home)
        .env("TTOP_OFFLINE", "1")
        .env("TZ", "America/New_York")
        .args(words);
    command
}

/// The next run is the first one again.
fn forget(home: &Path) {
    let own = home.join(".local/share/tokentop");
    if own.exists() {
        std::fs::remove_dir_all(own).expect("removed");
    }
}

fn median(mut command: impl FnMut() -> Command) -> Run {
    // One run for the page cache.
    measure::run(command());
    let mut runs: Vec<Run> = (0..RUNS).map(|_| measure::run(command())).collect();
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let pick = |value: fn(&Run) -> f64, runs: &[Run]| middle(runs.iter().map(value).collect());
    Run {
        cpu: pick(|run| run.cpu, &runs),
        wall: pick(|run| run.wall, &runs),
        child_mib: runs.iter().map(|run| run.child_mib).fold(0.0, f64::max),
        peak_mib: runs.drain(..).map(|run| run.peak_mib).fold(0.0, f64::max),
    }
}

fn report(title: &str, run: &Run, floor: &Run) {
    let ratio = run.cpu / floor.cpu.max(0.001);
    print(&format!(
        "{title:<44} {:>9.3} {:>9.4} {:>9.0} {ratio:>7.2}",
        run.cpu, run.wall, run.peak_mib
    ));
}

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn print(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "a benchmark says what it does")]
fn eprint(line: &str) {
    eprintln!("{line}");
}
