# Commands of ttop for Nushell: flags and values are completed, answers are tables with dates, durations and sizes.
#
#   use ttop.nu *
#   ttop sessions --since 7d | where cost != null | sort-by cost --reverse | first 5
#
# `^ttop` is the program itself. Generated from its command line; do not edit.

# What ttop offers for the last word of a line
def "nu-complete ttop" [context: string] {
    let words = ($context | split row --regex '[|;({]' | last | str trim --left | split row --regex '\s+')
    let told = (with-env {TTOP_COMPLETE: fish} { ^ttop -- ...$words | complete })
    $told.stdout | lines | each {|line|
        let parts = ($line | split row "\t")
        {value: $parts.0, description: ($parts | skip 1 | str join " ")}
    }
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
    --since: string@"nu-complete ttop"  # From this time on
    --until: string@"nu-complete ttop"  # Before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # On this day
    --agent: string@"nu-complete ttop"  # Of these agents
    --provider: string@"nu-complete ttop"  # Billed by these providers
    --model: string@"nu-complete ttop"  # By these models
    --project: string@"nu-complete ttop"  # In these projects and below
    --session: string@"nu-complete ttop"  # In these sessions: a unique prefix, or `latest`
    --presence: string@"nu-complete ttop"  # With this presence
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {tree: $tree, interactive: $interactive, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop sessions -o ndjson ...$flags | typed [startedAt sessionUpdatedAt] [time] [] []
}

# List model replies, oldest first
export def "ttop turns" [
    --since: string@"nu-complete ttop"  # From this time on
    --until: string@"nu-complete ttop"  # Before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # On this day
    --agent: string@"nu-complete ttop"  # Of these agents
    --provider: string@"nu-complete ttop"  # Billed by these providers
    --model: string@"nu-complete ttop"  # By these models
    --project: string@"nu-complete ttop"  # In these projects and below
    --session: string@"nu-complete ttop"  # In these sessions: a unique prefix, or `latest`
    --presence: string@"nu-complete ttop"  # With this presence
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop turns -o ndjson ...$flags | typed [timestamp sessionUpdatedAt] [time] [] []
}

# Show one session in depth, or one turn
export def "ttop show" [
    id: string@"nu-complete ttop"  # A session (a unique prefix of its id, or `latest`), or a `turnId`
    --explain  # Tell where each number comes from
    --messages: int  # The newest so many messages
    --full  # The whole text of each message
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {explain: $explain, messages: $messages, full: $full, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop show $id -o ndjson ...$flags | typed [] [] [] []
}

# Add up tokens and money
export def "ttop cost" [
    --by: string@"nu-complete ttop"  # What to group by
    --max: number  # Exit 3 when the total shown, plans included, is above this many dollars
    --roots  # Count subagents under the session that started them
    --since: string@"nu-complete ttop"  # From this time on
    --until: string@"nu-complete ttop"  # Before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # On this day
    --agent: string@"nu-complete ttop"  # Of these agents
    --provider: string@"nu-complete ttop"  # Billed by these providers
    --model: string@"nu-complete ttop"  # By these models
    --project: string@"nu-complete ttop"  # In these projects and below
    --session: string@"nu-complete ttop"  # In these sessions: a unique prefix, or `latest`
    --presence: string@"nu-complete ttop"  # With this presence
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {by: $by, max: $max, roots: $roots, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, presence: $presence, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop cost -o ndjson ...$flags | typed [start end] [] [] []
}

# Show running agents, the session each works on, and who waits for you
export def "ttop ps" [
    --all  # Show what agents started, too: language servers, MCP servers, tools, subagents
    --orphans  # Show only MCP servers whose agent is gone
    --waiting  # Show only those that wait for their human
    --check  # Print only those that wait, and exit 3 if any does
    --text  # Show the last line each agent said
    --watch: string@"nu-complete ttop"  # Look again every so often, on a terminal in the same place
    --jump: string@"nu-complete ttop"  # Go to the tmux pane of the agent that shows this session or has this pid
    --since: string@"nu-complete ttop"  # From this time on
    --until: string@"nu-complete ttop"  # Before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # On this day
    --agent: string@"nu-complete ttop"  # Of these agents
    --provider: string@"nu-complete ttop"  # Billed by these providers
    --model: string@"nu-complete ttop"  # By these models
    --project: string@"nu-complete ttop"  # In these projects and below
    --session: string@"nu-complete ttop"  # In these sessions: a unique prefix, or `latest`
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {all: $all, orphans: $orphans, waiting: $waiting, check: $check, text: $text, watch: $watch, jump: $jump, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop ps -o ndjson ...$flags | typed [startedAt] [] [sinceMs uptimeMs] [memoryBytes]
}

# List configured MCP servers and the processes that run them
export def "ttop mcp" [
    --agent: string@"nu-complete ttop"  # Of these agents
    --project: string@"nu-complete ttop"  # In these projects and below
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {agent: $agent, project: $project, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop mcp -o ndjson ...$flags | typed [] [] [] []
}

# Tell what is due, once: budgets, plan limits, sessions that wait; for hooks and cron
export def "ttop alert" [
    --test: string@"nu-complete ttop"  # Send a test event to one sink of the config, and nothing else
    --dry-run  # Print what is due without remembering or sending it
    --since: string@"nu-complete ttop"  # From this time on
    --until: string@"nu-complete ttop"  # Before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # On this day
    --agent: string@"nu-complete ttop"  # Of these agents
    --provider: string@"nu-complete ttop"  # Billed by these providers
    --project: string@"nu-complete ttop"  # In these projects and below
    --session: string@"nu-complete ttop"  # In these sessions: a unique prefix, or `latest`
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {test: $test, dry-run: $dry_run, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, project: $project, session: $session, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop alert -o ndjson ...$flags | typed [timestamp] [time] [] []
}

# Show plan limits, credits and spend, asked from the providers
export def "ttop providers" [
    --all  # List every known provider
    --known-by: string@"nu-complete ttop"  # List the providers that an agent knows, by its ids
    --check  # Print only providers with a window that is over, and exit 3 if there are any
    --at: number  # From how many per cent on a window is over
    --history: string@"nu-complete ttop"  # Show how windows filled, since a time or for a span: 7d, 2026-11-01
    --keychain  # Ask the macOS keychain even when nobody may be there to answer its dialog
    --provider: string@"nu-complete ttop"  # Billed by these providers
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {all: $all, known-by: $known_by, check: $check, at: $at, history: $history, keychain: $keychain, provider: $provider, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop providers -o ndjson ...$flags | typed [resetsAt fetchedAt] [] [retryAfterMs] []
}

# Stream what replies use, as it happens
export def "ttop watch" [
    --events: string@"nu-complete ttop"  # Which kinds of lines to print
    --heartbeat: string@"nu-complete ttop"  # Print a heartbeat line every so often
    --since: string@"nu-complete ttop"  # Replay from this event or time, then follow
    --once  # Print what is new, then end
    --for: string@"nu-complete ttop"  # End after this long
    --idle-exit: string@"nu-complete ttop"  # End when nothing happened for this long
    --agent: string@"nu-complete ttop"  # Of these agents
    --provider: string@"nu-complete ttop"  # Billed by these providers
    --model: string@"nu-complete ttop"  # By these models
    --project: string@"nu-complete ttop"  # In these projects and below
    --session: string@"nu-complete ttop"  # In these sessions: a prefix of their id
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {events: $events, heartbeat: $heartbeat, since: $since, once: $once, for: $for, idle-exit: $idle_exit, agent: $agent, provider: $provider, model: $model, project: $project, session: $session, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop watch -o ndjson ...$flags | typed [timestamp observedAt] [time] [] []
}

# Show where credentials are and in what state, never what they are
export def "ttop creds" [
    --all  # List missing ones too, with how to get them
    --check  # Print only what fails, and exit 3 if anything does
    --accounts  # Show account ids and addresses
    --keychain  # Ask the macOS keychain even when nobody may be there to answer its dialog
    --provider: string@"nu-complete ttop"  # Billed by these providers
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {all: $all, check: $check, accounts: $accounts, keychain: $keychain, provider: $provider, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop creds -o ndjson ...$flags | typed [expiresAt] [] [] []
}

# Print one segment for a status bar or prompt
export def "ttop bar-status" [
    style?: string@"nu-complete ttop"  # For which program
    --segments: string@"nu-complete ttop"  # What to show, in order
    --template: string@"nu-complete ttop"  # Show this text with its facts, such as '{today.cost} {session.model}'
    --max-width: int  # Take at most this many columns
    --icons: string@"nu-complete ttop"  # Which symbols the font has
    --no-sync  # Start no sync in the background
    --follow  # Stay, and print a line when something changes
    --print-config  # Print the lines to paste into the program's configuration
    --write: string@"nu-complete ttop"  # Write OpenCode's stats.json instead of printing it (gnome only)
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {segments: $segments, template: $template, max-width: $max_width, icons: $icons, no-sync: $no_sync, follow: $follow, print-config: $print_config, write: $write, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop bar-status ...([$style] | compact) -o ndjson ...$flags | typed [] [] [] []
}

# Show what is spent of each budget
export def "ttop budgets" [
    --usd: number  # Add a budget of so many dollars
    --tokens: number  # Add a budget of so many tokens
    --every: string@"nu-complete ttop"  # How often the added budget begins anew
    --check  # Print only budgets that are exceeded, and exit 3 if any is
    --include-plan  # Count turns that a subscription covers, too
    --since: string@"nu-complete ttop"  # From this time on
    --until: string@"nu-complete ttop"  # Before this time; a bare date includes that day
    --on: string@"nu-complete ttop"  # On this day
    --agent: string@"nu-complete ttop"  # Of these agents
    --provider: string@"nu-complete ttop"  # Billed by these providers
    --model: string@"nu-complete ttop"  # By these models
    --project: string@"nu-complete ttop"  # In these projects and below
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {usd: $usd, tokens: $tokens, every: $every, check: $check, include-plan: $include_plan, since: $since, until: $until, on: $on, agent: $agent, provider: $provider, model: $model, project: $project, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop budgets -o ndjson ...$flags | typed [start end] [] [] []
}

# Show what models cost
export def "ttop prices" [
    --provider: string@"nu-complete ttop"  # Of these providers
    --model: string@"nu-complete ttop"  # Of these models
    --grep: string@"nu-complete ttop"  # With this text in any text column
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {provider: $provider, model: $model, grep: $grep, fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop prices -o ndjson ...$flags | typed [start end] [] [] []
}

# Fetch the newest price list and show what changed; the past keeps its prices
export def "ttop prices update" [
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop prices update -o ndjson ...$flags | typed [start end] [] [] []
}

# Show every price a model has had, and under which name it was found
export def "ttop prices show" [
    model: string@"nu-complete ttop"  # `model` or `provider/model`
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop prices show $model -o ndjson ...$flags | typed [start end] [] [] []
}

# Read what changed now
export extern "ttop sync" [
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Show, erase, repair, export and merge what ttop remembers
export def "ttop ledger" [
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop ledger -o ndjson ...$flags | typed [start end] [] [] [sizeBytes]
}

# Show what is held of each agent
export def "ttop ledger status" [
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop ledger status -o ndjson ...$flags | typed [start end] [] [] [sizeBytes]
}

# Erase for good; what is read again later stays erased
export extern "ttop ledger forget" [
    --session: string@"nu-complete ttop"  # This session: a unique prefix of its id
    --project: string@"nu-complete ttop"  # Every session of this project and below
    --before: string@"nu-complete ttop"  # Every turn before this time
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Read every source again; a damaged ledger is set aside first
export extern "ttop ledger rebuild" [
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Print every turn, one JSON object a line
export extern "ttop ledger export" [
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Take in an export of another machine; nothing counts twice
export extern "ttop ledger import" [
    file: string@"nu-complete ttop"  # `-` for stdin
    --name: string@"nu-complete ttop"  # What to call it; the same name replaces what came before
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Show what a kind of row consists of; without one, list them all
export extern "ttop schema" [
    row?: string@"nu-complete ttop"  # The kind of row
    --as: string@"nu-complete ttop"  # In which words
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Tell what ttop sees on this machine, and what it cannot know
export def "ttop doctor" [
    --fields: string@"nu-complete ttop"  # Keys to print, in order; `help` lists them
    --sort: string@"nu-complete ttop"  # Sort by a key, `key:desc` for the other way
    --limit(-n): int  # At most this many rows
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
] {
    let flags = (flags {fields: $fields, sort: $sort, limit: $limit, offline: $offline, strict: $strict, cost-from: $cost_from, demo: $demo, tz: $tz})
    ^ttop doctor -o ndjson ...$flags | typed [] [] [] []
}

# Show or change the configuration
export extern "ttop config" [
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Print where the config file is, or would be
export extern "ttop config path" [
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Print what is in force as JSON; URLs only as scheme and host
export extern "ttop config show" [
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Write a commented config file, and ask for consent where a provider's terms want it
export extern "ttop config init" [
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Print the value of a key
export extern "ttop config get" [
    key: string@"nu-complete ttop"  # `budgets.daily`, `billing.claude-code`
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Change one value in the config file; comments stay
export extern "ttop config set" [
    key: string@"nu-complete ttop"  # `budgets.daily`, `prices.overrides.acme/coder-1`
    value: string@"nu-complete ttop"  # JSON, or plain text where text is wanted
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Take a key out of the config file
export extern "ttop config unset" [
    key: string@"nu-complete ttop"  # `budgets.daily`
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Print the completion script of a shell
export extern "ttop completions" [
    shell: string@"nu-complete ttop"  # 
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]

# Print a manual page: ttop man cost | man -l -
export extern "ttop man" [
    ...command: string@"nu-complete ttop"  # The command; without one, ttop as a whole
    --color: string@"nu-complete ttop"  # When to use colour
    --offline  # Never use the network
    --strict  # Exit 1 when anything had to be skipped
    --quiet(-q)  # Print nothing, only exit
    --verbose(-v)  # Say more on stderr
    --cost-from: string@"nu-complete ttop"  # Where costs come from
    --demo  # Answer from a built-in sample home
    --tz: string@"nu-complete ttop"  # Time zone of days and times: an IANA name; else TZ, else the system's
]
