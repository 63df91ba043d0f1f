# Commands of ttop for Nushell: flags and values are completed, answers are tables with dates, durations and sizes.
#
#   use ttop.nu *
#   ttop sessions --since 7d | where cost != null | sort-by cost --reverse | first 5
#
# `^ttop` is the program itself. Generated from its command line; do not edit.

# What ttop offers for the last word of a line
def "nu-complete ttop" [context: string] {
    let told = (with-env {TTOP_COMPLETE: nushell} { ^ttop -- $context | complete })
    let offered = ($told.stdout | lines | each {|line|
        let parts = ($line | split row "\t")
        {value: $parts.0, description: ($parts | skip 1 | str join " ")}
    })
    # ttop has chosen, and quotes: what was typed need not be how a value begins.
    {options: {filter: false, sort: false}, completions: $offered}
}

# Flags that were given, as the program takes them
def flags [given: record]: nothing -> list<string> {
    $given | items {|flag, value|
        if $value == null or $value == false {
            []
        } else if $value == true {
            [$"--($flag)"]
        } else {
            [$"--($flag)" ($value | into string)]
        }
    } | flatten
}

# Changes the values of some keys, where they are there and known
def change [keys: list<string>, how: closure] {
    let row = $in
    $keys | reduce --fold $row {|key, row|
        if ($key in $row) and ($row | get $key) != null {
            $row | update $key (do $how ($row | get $key))
        } else {
            $row
        }
    }
}

# Rows with Nushell's own dates, durations and sizes
def typed [instants: list<string>, times: list<string>, spans: list<string>, sizes: list<string>] {
    from json --objects | each {|row|
        $row
        | change $instants {|ms| $ms * 1_000_000 | into datetime }
        | change $times {|text| $text | into datetime }
        | change $spans {|ms| $ms * 1_000_000 | into duration }
        | change $sizes {|bytes| $bytes | into filesize }
    }
}

# List sessions, newest first
export def "ttop sessions" [
    --tree  # Nest subagents under the session that started them
    --interactive  # Hide subagents and helpers
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --branch: string@"nu-complete ttop"  # Only include these branches
    --subagent: string@"nu-complete ttop"  # Only include turns of these kinds of subagent; `*` is any of them
    --presence: string@"nu-complete ttop"  # Only include turns in this state
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {tree: $tree, interactive: $interactive, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, branch: $branch, subagent: $subagent, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop sessions -o ndjson ...$flags | typed [startedAt sessionUpdatedAt] [time] [] []
}

# List turns (model replies), oldest first
export def "ttop turns" [
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --branch: string@"nu-complete ttop"  # Only include these branches
    --subagent: string@"nu-complete ttop"  # Only include turns of these kinds of subagent; `*` is any of them
    --presence: string@"nu-complete ttop"  # Only include turns in this state
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, branch: $branch, subagent: $subagent, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop turns -o ndjson ...$flags | typed [timestamp sessionUpdatedAt] [time] [] []
}

# Show one session or turn in depth
export def "ttop show" [
    id: string@"nu-complete ttop"  # A session or turn: its id or the short id in tables, or `latest`
    --explain  # Show the source, copies and price rule of each number
    --messages: int  # Show this many of the newest messages
    --full  # Show the complete text of each message
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {explain: $explain, messages: $messages, full: $full, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop show $id -o ndjson ...$flags | typed [] [] [] []
}

# Report tokens and cost, grouped by time, agent or model
export def "ttop cost" [
    --by: string@"nu-complete ttop"  # Group by these dimensions
    --breakdown  # Also group by model
    --last: int  # Only include this many of the latest periods
    --no-cost  # Leave costs out of tables
    --max: number  # Exit 3 if the total, including plan-covered cost, exceeds this many US dollars
    --roots  # Count subagents under the session that started them
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --branch: string@"nu-complete ttop"  # Only include these branches
    --subagent: string@"nu-complete ttop"  # Only include turns of these kinds of subagent; `*` is any of them
    --presence: string@"nu-complete ttop"  # Only include turns in this state
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --plot: string@"nu-complete ttop"  # Draw a plot instead of rows: in the terminal, or to a file that ends in .svg or .png
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {by: $by, breakdown: $breakdown, last: $last, no-cost: $no_cost, max: $max, roots: $roots, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, branch: $branch, subagent: $subagent, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, plot: $plot, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop cost -o ndjson ...$flags | typed [start end] [] [] []
}

# Compare usage with the period before, and forecast
export def "ttop trends" [
    --days: string@"nu-complete ttop"  # Cover this many days, including today, and compare with as many before [default: 30]
    --kind: string@"nu-complete ttop"  # Only print rows of these kinds
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --branch: string@"nu-complete ttop"  # Only include these branches
    --subagent: string@"nu-complete ttop"  # Only include turns of these kinds of subagent; `*` is any of them
    --presence: string@"nu-complete ttop"  # Only include turns in this state
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --plot: string@"nu-complete ttop"  # Draw a plot instead of rows: in the terminal, or to a file that ends in .svg or .png
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {days: $days, kind: $kind, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, branch: $branch, subagent: $subagent, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, plot: $plot, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop trends -o ndjson ...$flags | typed [start end] [] [] []
}

# Show how to spend less, with the numbers and sessions behind it
export def "ttop insights" [
    --days: string@"nu-complete ttop"  # Cover this many days, including today [default: 30]
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --branch: string@"nu-complete ttop"  # Only include these branches
    --subagent: string@"nu-complete ttop"  # Only include turns of these kinds of subagent; `*` is any of them
    --presence: string@"nu-complete ttop"  # Only include turns in this state
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {days: $days, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, branch: $branch, subagent: $subagent, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop insights -o ndjson ...$flags | typed [] [] [] []
}

# Compare with ccusage, tokscale or a provider's bill
export def "ttop diff" [
    file: string@"nu-complete ttop"  # File to compare with, or `-` for stdin
    --kind: string@"nu-complete ttop"  # Kind of file [default: what its content shows]
    --all  # Print lines that are equal, too
    --check  # Exit 3 if a cost differs by a cent or more
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --branch: string@"nu-complete ttop"  # Only include these branches
    --subagent: string@"nu-complete ttop"  # Only include turns of these kinds of subagent; `*` is any of them
    --presence: string@"nu-complete ttop"  # Only include turns in this state
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {kind: $kind, all: $all, check: $check, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, branch: $branch, subagent: $subagent, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop diff $file -o ndjson ...$flags | typed [start end] [] [] []
}

# List running agents, their sessions, and which one waits for you
export def "ttop ps" [
    --all  # Also list processes that agents started: language servers, MCP servers, tools, subagents
    --orphans  # Only list MCP servers whose agent has ended
    --waiting  # Only list agents that wait for you
    --check  # Only list agents that wait for you; exit 3 if any
    --text  # Show the last line of each agent's reply
    --watch: string@"nu-complete ttop"  # Refresh at this interval; on a terminal, in place
    --jump: string@"nu-complete ttop"  # Switch to the pane of this session or pid
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {all: $all, orphans: $orphans, waiting: $waiting, check: $check, text: $text, watch: $watch, jump: $jump, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop ps -o ndjson ...$flags | typed [startedAt] [] [sinceMs uptimeMs] [memoryBytes]
}

# List configured MCP servers and the processes that run them
export def "ttop mcp" [
    --agent: string@"nu-complete ttop"  # Only include these agents
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {agent: $agent, project: $project, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop mcp -o ndjson ...$flags | typed [] [] [] []
}

# Deliver new alerts once: budgets, plan limits, waiting sessions
export def "ttop alert" [
    --test: string@"nu-complete ttop"  # Deliver a test event to this sink and exit
    --dry-run  # Print new alerts without delivering or remembering them
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {test: $test, dry-run: $dry_run, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, project: $project, session: $session, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop alert -o ndjson ...$flags | typed [timestamp] [time] [] []
}

# Show plan limits, credits and spend, as the providers report them
export def "ttop providers" [
    --all  # Include providers without a credential
    --known-by: string@"nu-complete ttop"  # List the providers that this agent is configured with, by its own ids
    --check  # Only list providers whose usage is at or above --at percent; exit 3 if any
    --at: number  # Percentage at which a limit counts as reached
    --history: string@"nu-complete ttop"  # Show how usage of each limit developed since a time: 7d, 2026-11-01
    --keychain  # Read the macOS keychain even where its prompt may go unanswered
    --provider: string@"nu-complete ttop"  # Only include these providers
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --plot: string@"nu-complete ttop"  # Draw a plot instead of rows: in the terminal, or to a file that ends in .svg or .png
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {all: $all, known-by: $known_by, check: $check, at: $at, history: $history, keychain: $keychain, provider: $provider, grep: $grep, fields: $fields, sort: $sort, limit: $limit, plot: $plot, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop providers -o ndjson ...$flags | typed [resetsAt fetchedAt] [] [retryAfterMs] []
}

# Stream tokens and cost as agents work
export def "ttop watch" [
    --events: string@"nu-complete ttop"  # Print these kinds of lines
    --heartbeat: string@"nu-complete ttop"  # Print a heartbeat line at this interval
    --since: string@"nu-complete ttop"  # Replay from this event or time, then follow
    --once  # Print what is new, then exit
    --for: string@"nu-complete ttop"  # Exit after this long
    --idle-exit: string@"nu-complete ttop"  # Exit after this long without a line
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions, by a beginning of their id or the short id in tables
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {events: $events, heartbeat: $heartbeat, since: $since, once: $once, for: $for, idle-exit: $idle_exit, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop watch -o ndjson ...$flags | typed [timestamp observedAt] [time] [] []
}

# Show agents, cost, plans, trends and projects on one screen
export def "ttop top" [
    --view: string@"nu-complete ttop"  # Start with this view [default: that of the last run, else live if an agent runs, else cost]
    --window: string@"nu-complete ttop"  # Start with this window: 5min, 15min, 1h, today, 24h, 7d, 30d, all
    --once  # Print the rows of the view once, without a screen
    --reset  # Start with default views instead of those of the last run
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --branch: string@"nu-complete ttop"  # Only include these branches
    --subagent: string@"nu-complete ttop"  # Only include turns of these kinds of subagent; `*` is any of them
    --presence: string@"nu-complete ttop"  # Only include turns in this state
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {view: $view, window: $window, once: $once, reset: $reset, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, branch: $branch, subagent: $subagent, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop top -o ndjson ...$flags | typed [] [] [] []
}

# List themes, or show the colors of one
export def "ttop theme" [
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop theme -o ndjson ...$flags | typed [] [] [] []
}

# List every theme
export def "ttop theme list" [
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop theme list -o ndjson ...$flags | typed [] [] [] []
}

# Show the colors of a theme
export def "ttop theme show" [
    id: string@"nu-complete ttop"  # Theme, such as `nord`
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop theme show $id -o ndjson ...$flags | typed [] [] [] []
}

# List credentials with their place and state, never their values
export def "ttop creds" [
    --all  # Also list missing credentials, with how to get them
    --check  # Only list credentials that do not work; exit 3 if any
    --accounts  # Show account ids and addresses
    --keychain  # Read the macOS keychain even where its prompt may go unanswered
    --provider: string@"nu-complete ttop"  # Only include these providers
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {all: $all, check: $check, accounts: $accounts, keychain: $keychain, provider: $provider, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop creds -o ndjson ...$flags | typed [expiresAt] [] [] []
}

# Print one segment for a status bar or prompt
export def "ttop bar-status" [
    style?: string@"nu-complete ttop"  # Program to print for
    --segments: string@"nu-complete ttop"  # Show these segments, in this order
    --template: string@"nu-complete ttop"  # Show this template, such as '{today.cost} {session.model}'
    --max-width: int  # Use at most this many columns
    --icons: string@"nu-complete ttop"  # Use symbols that the font has
    --no-sync  # Do not start a sync in the background
    --follow  # Keep running, and print a line when something changes
    --print-config  # Print the lines to paste into the program's configuration
    --write: string@"nu-complete ttop"  # Write OpenCode's stats.json instead of printing it (gnome only)
    --from: string@"nu-complete ttop"  # Show the data of the 'ttop serve' at this URL instead of this machine's
    --token-file: string@"nu-complete ttop"  # Read the token for --from from this file
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {segments: $segments, template: $template, max-width: $max_width, icons: $icons, no-sync: $no_sync, follow: $follow, print-config: $print_config, write: $write, from: $from, token-file: $token_file, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop bar-status ...([$style] | compact) -o ndjson ...$flags | typed [] [] [] []
}

# Show spend against each budget
export def "ttop budgets" [
    --usd: number  # Add a budget of this many US dollars
    --tokens: number  # Add a budget of this many tokens
    --every: string@"nu-complete ttop"  # Set the period of the added budget
    --check  # Only list exceeded budgets; exit 3 if any
    --include-plan  # Also count turns that a subscription covers
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {usd: $usd, tokens: $tokens, every: $every, check: $check, include-plan: $include_plan, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop budgets -o ndjson ...$flags | typed [start end] [] [] []
}

# Show plugins, and add, trust, test and remove them
export def "ttop plugin" [
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop plugin -o ndjson ...$flags | typed [] [lastFailureAt] [] []
}

# List plugins with their state and rights
export def "ttop plugin list" [
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop plugin list -o ndjson ...$flags | typed [] [lastFailureAt] [] []
}

# Show one plugin: its place, rights, trust and last error
export def "ttop plugin info" [
    id: string@"nu-complete ttop"  # Id of the plugin
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop plugin info $id -o ndjson ...$flags | typed [] [lastFailureAt] [] []
}

# Write the files of a new plugin
export extern "ttop plugin new" [
    kind: string@"nu-complete ttop"  # Kind of plugin
    name: string@"nu-complete ttop"  # Id of the plugin: lowercase letters, digits and hyphens
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Add a plugin from npm or from a path
export extern "ttop plugin add" [
    what: string@"nu-complete ttop"  # Package or path, such as `@tokentop/agent-NAME`, `NAME@1.2.3` or `./folder`
    --yes  # Grant the rights it declares without asking
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Remove a plugin with its package, stored data and trust
export extern "ttop plugin remove" [
    what: string@"nu-complete ttop"  # Id, package or path of the plugin
    --keep-data  # Keep its stored data
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Trust a plugin: allow its code to run with the rights it declares
export extern "ttop plugin trust" [
    what: string@"nu-complete ttop"  # Id or path of the plugin
    --yes  # Trust it without asking
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Stop trusting a plugin, so that it no longer runs
export extern "ttop plugin untrust" [
    id: string@"nu-complete ttop"  # Id of the plugin
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Run the test cases of plugins; without cases, load a plugin and call it once
export extern "ttop plugin test" [
    ...paths: string@"nu-complete ttop"  # Folders with an expected.json, or folders of plugins
    --without: string@"nu-complete ttop"  # Switch off these layers of the sandbox, to test the others
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Check the sandbox on this machine, and each plugin
export def "ttop plugin doctor" [
    id?: string@"nu-complete ttop"  # Only check this plugin
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop plugin doctor ...([$id] | compact) -o ndjson ...$flags | typed [] [lastFailureAt] [] []
}

# Block an agent's prompts once a budget is exceeded
export extern "ttop guard" [
    --daily: number  # Block once a day costs more than this many US dollars
    --weekly: number  # Block once a week costs more than this many US dollars
    --monthly: number  # Block once a month costs more than this many US dollars
    --include-plan  # Also count turns that a subscription covers
    --project: string@"nu-complete ttop"  # Only count this project and folders below it
    --hook: string@"nu-complete ttop"  # Answer in this agent's hook protocol [default: that of the agent whose event is on stdin]
    --print-config: string@"nu-complete ttop"  # Print the lines to add to this agent's configuration
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Show the price list
export def "ttop prices" [
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {provider: $provider, model: $model, grep: $grep, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop prices -o ndjson ...$flags | typed [start end] [] [] []
}

# Fetch the newest price list and show the changes; past turns keep their prices
export def "ttop prices update" [
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop prices update -o ndjson ...$flags | typed [start end] [] [] []
}

# Show the prices of a model over time, and the name it is listed under
export def "ttop prices show" [
    model: string@"nu-complete ttop"  # Model, as `model` or `provider/model`
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop prices show $model -o ndjson ...$flags | typed [start end] [] [] []
}

# Serve rows and events over HTTP on this machine
export extern "ttop serve" [
    --listen: string@"nu-complete ttop"  # Listen on PORT, ADDRESS:PORT or unix:PATH; repeatable
    --token-file: string@"nu-complete ttop"  # Require the token in this file, which only you may read
    --allow-host: string@"nu-complete ttop"  # Also answer requests for this host name; repeatable
    --no-titles  # Leave out titles, tasks and texts of sessions
    --install-unit  # Show the unit files that start the server at login, and write them if you agree
    --yes  # Write the unit files without asking
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Update the ledger from the agents' files
export extern "ttop sync" [
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Show, erase, rebuild, export or import the ledger
export def "ttop ledger" [
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop ledger -o ndjson ...$flags | typed [start end] [] [] [sizeBytes]
}

# Show what the ledger stores of each agent
export def "ttop ledger status" [
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop ledger status -o ndjson ...$flags | typed [start end] [] [] [sizeBytes]
}

# Erase history permanently; a later sync does not bring it back
export extern "ttop ledger forget" [
    --session: string@"nu-complete ttop"  # Erase this session: its id or the short id in tables
    --project: string@"nu-complete ttop"  # Erase every session of this project and of folders below it
    --before: string@"nu-complete ttop"  # Erase every turn before this time
    --import: string@"nu-complete ttop"  # Erase an import, given its name; it can be imported again
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Read every source again; set a damaged ledger aside first
export extern "ttop ledger rebuild" [
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print every turn, one JSON object per line
export extern "ttop ledger export" [
    --own  # Leave out imported turns
    --since: string@"nu-complete ttop"  # Only include sessions with a turn at or after this time
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Add an export from another machine; each turn counts once
export extern "ttop ledger import" [
    file: string@"nu-complete ttop"  # File to import, or `-` for stdin
    --name: string@"nu-complete ttop"  # Name of the import; importing under the same name replaces it
    --dry-run  # Show what would change without changing it
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Write turns, sessions and prices into tables of other programs
export extern "ttop export" [
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Write CSV files into a folder
export extern "ttop export csv" [
    folder: string@"nu-complete ttop"  # Folder for the files; one per table and machine
    --table: string@"nu-complete ttop"  # Only export this table; repeatable
    --private  # Leave out titles, tasks, branches and message ids, and replace project paths by a hash
    --host: string@"nu-complete ttop"  # Name of this machine in the tables [default: its host name]
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Write Parquet files into a folder
export extern "ttop export parquet" [
    folder: string@"nu-complete ttop"  # Folder for the files; one per table and machine
    --table: string@"nu-complete ttop"  # Only export this table; repeatable
    --private  # Leave out titles, tasks, branches and message ids, and replace project paths by a hash
    --host: string@"nu-complete ttop"  # Name of this machine in the tables [default: its host name]
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Update the tables of an SQLite database
export extern "ttop export sqlite" [
    database: string@"nu-complete ttop"  # Database file, created if missing
    --table: string@"nu-complete ttop"  # Only export this table; repeatable
    --private  # Leave out titles, tasks, branches and message ids, and replace project paths by a hash
    --host: string@"nu-complete ttop"  # Name of this machine in the tables [default: its host name]
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Update the tables of a DuckDB database, with the duckdb program
export extern "ttop export duckdb" [
    database: string@"nu-complete ttop"  # Database file, created if missing
    --table: string@"nu-complete ttop"  # Only export this table; repeatable
    --private  # Leave out titles, tasks, branches and message ids, and replace project paths by a hash
    --host: string@"nu-complete ttop"  # Name of this machine in the tables [default: its host name]
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print SQL for psql that updates the tables of a PostgreSQL database
export extern "ttop export postgres" [
    --table: string@"nu-complete ttop"  # Only export this table; repeatable
    --private  # Leave out titles, tasks, branches and message ids, and replace project paths by a hash
    --host: string@"nu-complete ttop"  # Name of this machine in the tables [default: its host name]
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print SQL for clickhouse-client that updates the tables of a ClickHouse database
export extern "ttop export clickhouse" [
    --table: string@"nu-complete ttop"  # Only export this table; repeatable
    --private  # Leave out titles, tasks, branches and message ids, and replace project paths by a hash
    --host: string@"nu-complete ttop"  # Name of this machine in the tables [default: its host name]
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print charges in FOCUS columns, for cost tools
export extern "ttop export focus" [
    --host: string@"nu-complete ttop"  # Name of this machine in the tags [default: its host name]
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --branch: string@"nu-complete ttop"  # Only include these branches
    --subagent: string@"nu-complete ttop"  # Only include turns of these kinds of subagent; `*` is any of them
    --presence: string@"nu-complete ttop"  # Only include turns in this state
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Send spans and metrics to an OpenTelemetry collector
export extern "ttop export otlp" [
    --endpoint: string@"nu-complete ttop"  # URL of the collector [default: OTEL_EXPORTER_OTLP_ENDPOINT, else http://localhost:4318]
    --host: string@"nu-complete ttop"  # Name of this machine [default: its host name]
    --since: string@"nu-complete ttop"  # Only include rows at or after this time
    --until: string@"nu-complete ttop"  # Only include rows before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # Only include this day, week, month or year
    --agent: string@"nu-complete ttop"  # Only include these agents
    --provider: string@"nu-complete ttop"  # Only include these providers
    --model: string@"nu-complete ttop"  # Only include these models
    --project: string@"nu-complete ttop"  # Only include these projects and folders below them
    --session: string@"nu-complete ttop"  # Only include these sessions: an id, the short id in tables, or `latest`
    --branch: string@"nu-complete ttop"  # Only include these branches
    --subagent: string@"nu-complete ttop"  # Only include turns of these kinds of subagent; `*` is any of them
    --presence: string@"nu-complete ttop"  # Only include turns in this state
    --grep: string@"nu-complete ttop"  # Only include rows that contain this text, ignoring case
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Merge the ledgers of other machines, counting each turn once
export extern "ttop merge" [
    ...hosts: string@"nu-complete ttop"  # Machine to reach over ssh, as `HOST` or `USER@HOST`; repeatable
    --since: string@"nu-complete ttop"  # Only fetch sessions with a turn at or after this time; what was merged before stays
    --folder: string@"nu-complete ttop"  # Exchange ledgers through this folder [default: ledger.shared in the configuration]
    --name: string@"nu-complete ttop"  # Name of this machine in the folder [default: its host name]
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print the schema of a row kind or of the configuration
export extern "ttop schema" [
    row?: string@"nu-complete ttop"  # Kind of row, or `config`
    --as: string@"nu-complete ttop"  # Output language
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Check agents, files and settings, and suggest repairs
export def "ttop doctor" [
    --report  # Print an anonymous report for an issue: the shape of records, without text, ids or paths
    table?: string@"nu-complete ttop"  # Print a table: the same as `-o table`, for watch, less and head
    --fields: string@"nu-complete ttop"  # Print only these keys, in this order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key; `key:desc` sorts in descending order
    --limit(-n): int  # Print at most this many rows
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
] {
    let flags = (flags {report: $report, fields: $fields, sort: $sort, limit: $limit, theme: $theme, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, plugin: $plugin, tz: $tz})
    ^ttop doctor -o ndjson ...$flags | typed [] [] [] []
}

# Offer completions, a bar, budgets, alerts and consents
export extern "ttop setup" [
    --yes  # Make every change without asking
    --print  # Print every change as a patch without making it
    --daily: number  # Also set this daily budget, in US dollars
    --weekly: number  # Also set this weekly budget, in US dollars
    --monthly: number  # Also set this monthly budget, in US dollars
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Show or change the configuration
export extern "ttop config" [
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print the path of the configuration file
export extern "ttop config path" [
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print the effective configuration as JSON, with URLs reduced to scheme and host
export extern "ttop config show" [
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Write a commented configuration file, and ask for consent where a provider's terms require it
export extern "ttop config init" [
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print the value of a key
export extern "ttop config get" [
    key: string@"nu-complete ttop"  # Key, such as `budgets.daily` or `billing.claude-code`
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Change one value in the configuration file and keep its comments
export extern "ttop config set" [
    key: string@"nu-complete ttop"  # Key, such as `budgets.daily` or `prices.overrides.acme/coder-1`
    value: string@"nu-complete ttop"  # Value, as JSON, or plain text for a key that holds text
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Remove a key from the configuration file
export extern "ttop config unset" [
    key: string@"nu-complete ttop"  # Key, such as `budgets.daily`
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print the completion script of a shell
export extern "ttop completions" [
    shell: string@"nu-complete ttop"  # Shell to print completions for
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]

# Print a manual page
export extern "ttop man" [
    ...command: string@"nu-complete ttop"  # Command to describe [default: ttop itself]
    --color: string@"nu-complete ttop"  # Choose when to use color
    --theme: string@"nu-complete ttop"  # Use the colors of this theme; `ttop theme list` lists them
    --offline  # Never use the network
    --strict  # Exit 1 if anything was skipped
    --quiet(-q)  # Print nothing; only set the exit code
    --verbose(-v)  # Print more on stderr; repeat for more detail
    --cost-from: string@"nu-complete ttop"  # Choose where costs come from
    --demo  # Use a built-in sample instead of this machine
    --plugin: string@"nu-complete ttop"  # Load this plugin, a file or folder, for this run; repeatable
    --tz: string@"nu-complete ttop"  # Use this IANA time zone for days and times [default: TZ, else the system's]
]
