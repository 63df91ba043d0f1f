//! Examples of the actions of commands that have several.

use super::{Examples, of};

pub(super) const NESTED: &[Examples] = &[
    of(
        "config path",
        &[("Open the configuration in an editor", "$EDITOR \"$(ttop config path)\"")],
    ),
    of("config show", &[("Every setting in force", "ttop config show")]),
    of(
        "config init",
        &[("Write a configuration with every key explained", "ttop config init")],
    ),
    of(
        "config get",
        &[
            ("The daily budget", "ttop config get budgets.daily"),
            ("Who pays for Claude Code", "ttop config get billing.claude-code"),
        ],
    ),
    of(
        "config set",
        &[
            ("A daily budget of 20 dollars", "ttop config set budgets.daily 20"),
            (
                "A command of your own: ttop acme",
                "ttop config set aliases.acme 'cost --project ~/acme --by day'",
            ),
            (
                "The price of a model that no list has, per million tokens",
                "ttop config set prices.overrides.acme/coder-1 '{\"input\": 0.5, \"output\": 2}'",
            ),
        ],
    ),
    of(
        "config unset",
        &[("No daily budget", "ttop config unset budgets.daily")],
    ),
    of(
        "ledger status",
        &[
            ("Turns and sessions of each agent", "ttop ledger status"),
            (
                "The oldest turn of each, as CSV",
                "ttop ledger status --fields agentId,start -o csv",
            ),
        ],
    ),
    of(
        "ledger forget",
        &[
            ("Erase a session", "ttop ledger forget --session 0a0a"),
            ("Erase a project", "ttop ledger forget --project ~/acme"),
            ("Erase everything before this year", "ttop ledger forget --before year"),
        ],
    ),
    of("export csv", &[("A folder of CSV files", "ttop export csv usage")]),
    of(
        "export parquet",
        &[("A folder of Parquet files", "ttop export parquet usage")],
    ),
    of(
        "export sqlite",
        &[
            (
                "A database, brought up to date by each run",
                "ttop export sqlite usage.db",
            ),
            (
                "The same without titles and paths",
                "ttop export sqlite usage.db --private",
            ),
        ],
    ),
    of(
        "export duckdb",
        &[(
            "A database, brought up to date by each run",
            "ttop export duckdb usage.duckdb",
        )],
    ),
    of(
        "export postgres",
        &[(
            "Bring the database usage up to date",
            "ttop export postgres | psql usage",
        )],
    ),
    of(
        "export clickhouse",
        &[("Bring tables up to date", "ttop export clickhouse | clickhouse-client")],
    ),
    of(
        "export focus",
        &[(
            "Charges of this month for a cost tool",
            "ttop export focus --since month > charges.csv",
        )],
    ),
    of(
        "export otlp",
        &[("Send today's turns to a collector", "ttop export otlp --since today")],
    ),
    of("ledger rebuild", &[("Read every file again", "ttop ledger rebuild")]),
    of(
        "ledger export",
        &[
            ("Keep a copy of the history", "ttop ledger export > laptop.ndjson"),
            (
                "Add the history of another machine",
                "ssh desk ttop ledger export | ttop ledger import - --name desk",
            ),
        ],
    ),
    of(
        "ledger import",
        &[
            (
                "Show what an import would change",
                "ttop ledger import laptop.ndjson --dry-run",
            ),
            ("Add it under the name laptop", "ttop ledger import laptop.ndjson"),
        ],
    ),
    of("plugin list", &[("Every plugin, and its state", "ttop plugin list")]),
    of(
        "plugin info",
        &[("What a plugin may do, and where it is", "ttop plugin info acme")],
    ),
    of(
        "plugin new",
        &[
            (
                "Start an agent plugin in ./tokentop-agent-acme",
                "ttop plugin new agent acme",
            ),
            ("Start a theme", "ttop plugin new theme dusk"),
        ],
    ),
    of(
        "plugin add",
        &[
            ("Add a package from npm", "ttop plugin add @tokentop/agent-opencode"),
            (
                "Add a folder, and consent at once",
                "ttop plugin add ./tokentop-agent-acme --yes",
            ),
        ],
    ),
    of(
        "plugin remove",
        &[
            ("Remove a plugin", "ttop plugin remove acme"),
            (
                "The same, but keep what it stored",
                "ttop plugin remove acme --keep-data",
            ),
        ],
    ),
    of(
        "plugin trust",
        &[(
            "Consent without a question, for scripts",
            "ttop plugin trust acme --yes",
        )],
    ),
    of(
        "plugin untrust",
        &[("Stop a plugin from running", "ttop plugin untrust acme")],
    ),
    of(
        "plugin test",
        &[("Run the cases of a plugin", "ttop plugin test ./tokentop-agent-acme")],
    ),
    of(
        "plugin doctor",
        &[
            ("What protects this machine from plugins", "ttop plugin doctor"),
            ("Why a plugin does not work", "ttop plugin doctor acme"),
        ],
    ),
    of(
        "prices show",
        &[
            ("What a model costs, and has cost", "ttop prices show claude-sonnet-4-6"),
            ("The same at one provider", "ttop prices show openai/gpt-5.5"),
        ],
    ),
    of(
        "prices update",
        &[(
            "Fetch the newest price list, for example from cron",
            "ttop prices update",
        )],
    ),
    of("theme list", &[("Every theme, with its contrast", "ttop theme list")]),
    of("theme show", &[("The colors of a theme", "ttop theme show nord")]),
];
