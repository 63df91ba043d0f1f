//! Examples of the commands.

use super::{Examples, of};

pub(super) const COMMANDS: &[Examples] = &[
    of(
        "",
        &[
            ("Today's tokens and cost, by model", "ttop"),
            ("The same for this week, by project", "ttop --since week --by project"),
            ("A sample, on a machine without agents", "ttop --demo"),
        ],
    ),
    of(
        "sessions",
        &[
            (
                "Today's sessions, most expensive first",
                "ttop sessions --since today --sort cost:desc",
            ),
            (
                "Sessions of this project, with their subagents",
                "ttop sessions --project . --tree",
            ),
            ("Ids and costs for a script", "ttop sessions --jq '[.sessionId, .cost]'"),
        ],
    ),
    of(
        "turns",
        &[
            ("The 20 newest turns", "ttop turns -n 20"),
            (
                "Turns of the latest session, as CSV",
                "ttop turns --session latest -o csv",
            ),
            ("The output tokens of each turn", "ttop turns --jq .tokens.output"),
        ],
    ),
    of(
        "show",
        &[
            ("The latest session", "ttop show latest"),
            ("Where each of its numbers comes from", "ttop show latest --explain"),
        ],
    ),
    of(
        "cost",
        &[
            ("Cost per day of the last 30 days", "ttop cost --by day --since 30d"),
            ("Cost per week and agent, as CSV", "ttop cost --by week,agent -o csv"),
            (
                "The last 30 days as a column chart",
                "ttop cost --by day --since 30d --plot",
            ),
            (
                "Fail if today's cost exceeds 20 dollars",
                "ttop cost --since today --max 20 -q",
            ),
        ],
    ),
    of(
        "trends",
        &[
            ("The last 30 days against the 30 before", "ttop trends"),
            ("A year of one project", "ttop trends --days 365 --project ."),
            (
                "A chart and the year's heat map, as a picture",
                "ttop trends --days 90 --plot trends.png",
            ),
            (
                "Where this month ends, and how certain that is",
                "ttop trends --kind forecast --jq '[.cost, .costLow, .costHigh]'",
            ),
        ],
    ),
    of(
        "insights",
        &[
            ("What would have saved the most in the last 30 days", "ttop insights"),
            (
                "The sessions to inspect, for a script",
                "ttop insights --jq '[.insight, .saved, .sessionIds[0]]'",
            ),
        ],
    ),
    of(
        "diff",
        &[
            (
                "What differs from ccusage, by day and model, and why",
                "ccusage daily --json | ttop diff -",
            ),
            (
                "A bill of the Anthropic console, with equal lines",
                "ttop diff claude_api_cost_2026_11.csv --all",
            ),
            (
                "Fail if a cost differs by a cent or more",
                "ttop diff usage.csv --check -q",
            ),
        ],
    ),
    of(
        "ps",
        &[
            ("Running agents, refreshed every 2 seconds", "ttop ps --watch"),
            ("Exit 3 while an agent waits for you", "ttop ps --check -q"),
            ("Switch to the tmux pane of a session", "ttop ps --jump ses_demo_01"),
        ],
    ),
    of(
        "mcp",
        &[
            ("All configured MCP servers", "ttop mcp"),
            ("The servers of one agent, as JSON", "ttop mcp --agent opencode -o json"),
        ],
    ),
    of(
        "alert",
        &[
            ("Deliver new alerts; for cron", "ttop alert -q"),
            ("Show what would be delivered", "ttop alert --dry-run"),
            ("Test a sink of the configuration", "ttop alert --test team"),
        ],
    ),
    of(
        "providers",
        &[
            ("The limits of each plan", "ttop providers"),
            (
                "Exit 3 if a limit is 90 percent used",
                "ttop providers --check --at 90 -q",
            ),
            ("How usage grew in the last 7 days", "ttop providers --history 7d"),
        ],
    ),
    of(
        "top",
        &[
            ("The screen of this machine", "ttop top"),
            ("The screen on a machine without agents", "ttop --demo top"),
            ("The rows of a view for a script", "ttop top --once --view cost -o json"),
        ],
    ),
    of(
        "theme",
        &[
            ("Every theme", "ttop theme list"),
            ("The colors of one theme", "ttop theme show nord"),
            ("Use a theme from now on", "ttop config set display.theme nord"),
        ],
    ),
    of(
        "watch",
        &[
            ("Tokens and cost as agents work", "ttop watch"),
            (
                "Also budgets, limits and waiting sessions",
                "ttop watch --events all --heartbeat 1min",
            ),
            (
                "One line per step, formatted by jq",
                "ttop watch --jq '\"\\(.modelId) \\(.tokens.output)\"' -r",
            ),
        ],
    ),
    of(
        "creds",
        &[
            ("Credentials and their state", "ttop creds"),
            (
                "Exit 3 if a credential expired or is readable by others",
                "ttop creds --check -q",
            ),
        ],
    ),
    of(
        "bar-status",
        &[
            (
                "The lines to paste into tmux.conf",
                "ttop bar-status tmux --print-config",
            ),
            (
                "Only today's cost and waiting sessions",
                "ttop bar-status --segments today,waiting",
            ),
            (
                "A template",
                "ttop bar-status --template '{today.cost} {session.model}'",
            ),
        ],
    ),
    of(
        "budgets",
        &[
            ("Spend against each budget", "ttop budgets"),
            (
                "Check a monthly budget of a project",
                "ttop budgets --usd 100 --every month --project . --check",
            ),
        ],
    ),
    of(
        "guard",
        &[
            ("Exit 3 once today's cost exceeds 20 dollars", "ttop guard --daily 20"),
            (
                "The hook for Claude Code's settings",
                "ttop guard --daily 20 --print-config claude-code",
            ),
            (
                "The plugin for OpenCode",
                "ttop guard --daily 20 --weekly 80 --print-config opencode",
            ),
        ],
    ),
    of(
        "plugin",
        &[
            ("Every plugin, and its state", "ttop plugin list"),
            ("Start a new agent plugin", "ttop plugin new agent acme"),
            ("Let a plugin run with the rights it declares", "ttop plugin trust acme"),
        ],
    ),
    of(
        "prices",
        &[
            (
                "What a model costs, and since when",
                "ttop prices show claude-sonnet-4-6",
            ),
            ("The price list of a provider", "ttop prices --provider openai"),
            ("Fetch the newest price list", "ttop prices update"),
        ],
    ),
    of(
        "sync",
        &[("Update the ledger, for example every hour from cron", "ttop sync -q")],
    ),
    of(
        "ledger",
        &[
            ("What the ledger stores of each agent", "ttop ledger"),
            ("Erase everything before this year", "ttop ledger forget --before year"),
            ("Add the history of another machine", "ttop ledger import laptop.ndjson"),
        ],
    ),
    of(
        "export",
        &[
            ("Everything as Parquet files", "ttop export parquet usage"),
            (
                "Bring a PostgreSQL database up to date",
                "ttop export postgres | psql usage",
            ),
            (
                "Tables without titles and paths",
                "ttop export sqlite usage.db --private",
            ),
        ],
    ),
    of(
        "merge",
        &[
            (
                "Merge the history of two machines",
                "ttop merge laptop build.example.org",
            ),
            (
                "Exchange histories through a synced folder",
                "ttop merge --folder ~/Sync/ttop",
            ),
        ],
    ),
    of(
        "schema",
        &[
            ("The JSON Schema of a turn", "ttop schema turn"),
            ("Column types for DuckDB", "ttop schema turn --as duckdb"),
        ],
    ),
    of(
        "setup",
        &[
            ("Go through completions, bars, budgets and consents", "ttop setup"),
            ("Show every change without making it", "ttop setup --print"),
            (
                "Make every change, with a daily budget of 20 dollars",
                "ttop setup --yes --daily 20",
            ),
        ],
    ),
    of(
        "doctor",
        &[
            ("Agents on this machine and what needs repair", "ttop doctor"),
            ("Every path that ttop read, as JSON", "ttop doctor --jq .paths"),
            ("An anonymous report for an issue", "ttop doctor --report"),
        ],
    ),
    of(
        "config",
        &[
            ("Write a commented configuration", "ttop config init"),
            ("Set a daily budget of 20 dollars", "ttop config set budgets.daily 20"),
            (
                "Allow requests with the login of Claude Code",
                "ttop config set providers.anthropic.login true",
            ),
        ],
    ),
    of(
        "serve",
        &[
            ("Serve this machine's rows on 127.0.0.1:8390", "ttop serve"),
            (
                "The same, on a socket that only you can use",
                "ttop serve --listen unix:$XDG_RUNTIME_DIR/ttop.sock",
            ),
            (
                "For other machines, with a token",
                "ttop serve --listen 0.0.0.0:8390 --token-file ~/.config/tokentop/token",
            ),
        ],
    ),
    of(
        "completions",
        &[("Completions for the current bash", "source <(ttop completions bash)")],
    ),
    of("man", &[("Read the manual of a command", "ttop man cost | man -l -")]),
];
