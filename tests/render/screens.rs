//! Whole screens of the sample home, as people see them in 120 columns.

use crate::support::Home;

/// A table without the blanks that end its lines.
fn screen(args: &[&str]) -> String {
    let text = Home::new().stdout(&[args, &["--demo", "-o", "table"]].concat());
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_bare_command_shows_today_by_model() {
    insta::assert_snapshot!(screen(&[]), @r#"
    Model              Sessions  Turns   Input  Output  Reason  Cache R  Cache W  Tokens      Cost
    claude-sonnet-4-6         2     23   61.8K   22.0K       0     1.2M    65.3K    1.4M    ~$1.17
    gpt-5.4                   2     15   33.4K   16.6K    8.1K   397.0K        0  455.1K  ~$0.5536
    claude-opus-4-6           1      5   12.6K    3.5K       0   294.4K    15.6K  326.0K  ~$0.4229
    claude-haiku-4-5          1      5   18.7K    5.8K       0   123.3K    16.8K  164.6K   $0.0810
    Total                     4     48  126.5K   47.9K    8.1K     2.0M    97.7K    2.3M    ~$2.23
    "#);
}

#[test]
fn sessions_list_the_latest_first() {
    insta::assert_snapshot!(screen(&["sessions", "-n", "6"]), @r#"
    Session                                   Project     Agent        Model              Tokens      Cost  Updated
    Port the payment service to async         ~/acme-api  opencode     claude-sonnet-4-6  608.6K   $0.5516  2026-11-20 15:50
    Find every caller of charge()             ~/acme-api  opencode     claude-haiku-4-5   164.6K   $0.0810  2026-11-20 15:43
    Fix the flaky checkout test               ~/acme-web  claude-code  claude-sonnet-4-6    1.2M    ~$1.18  2026-11-20 14:15
    Add rate limiting to the gateway          ~/acme-api  codex        gpt-5.4            300.4K  ~$0.4134  2026-11-20 10:49
    Explain the build pipeline 構築           ~/acme-web  opencode     gpt-5.4            258.2K   $0.3246  2026-11-19 15:40
    Explain the build pipeline 構築 (fork #…  ~/acme-web  opencode                             0        $0  2026-11-19 15:20
    "#);
}

#[test]
fn turns_are_one_line_each() {
    insta::assert_snapshot!(screen(&["turns", "-n", "5"]), @r#"
    Time              Session                    Agent     Model              Input  Output  Reason  Cache R  Total     Cost
    2026-11-20 15:40  Port the payment service…  opencode  claude-sonnet-4-6   1.3K    1.2K       0    56.2K  62.1K  $0.0522
    2026-11-20 15:43  Find every caller of cha…  opencode  claude-haiku-4-5    4.4K    1.9K       0    40.9K  50.9K  $0.0225
    2026-11-20 15:45  Port the payment service…  opencode  claude-sonnet-4-6   1.8K     291       0    62.1K  66.6K  $0.0375
    2026-11-20 15:49  Port the payment service…  opencode  gpt-5.4             1.1K    1.2K     729    66.6K  69.6K  $0.0484
    2026-11-20 15:50  Port the payment service…  opencode  claude-sonnet-4-6   4.9K     202       0    68.9K  76.6K  $0.0482
    "#);
}

#[test]
fn cost_adds_up_by_day() {
    insta::assert_snapshot!(screen(&["cost", "--by", "day"]), @r#"
    Period      Sessions  Turns   Input  Output  Reason  Cache R  Cache W  Tokens      Cost
    2026-11-07         1      8   18.2K    7.2K    3.9K   112.1K        0  141.5K  ~$0.2409
    2026-11-12         1      5    8.1K    6.4K    1.9K    68.9K        0   85.4K         —
    2026-11-13         1      6   16.5K    5.4K       0   157.5K    18.3K  197.7K  ~$0.0889
    2026-11-16         1      7   22.7K    7.1K    3.6K   170.7K        0  204.1K  ~$0.1568
    2026-11-17         1     16   35.5K   14.5K       0   798.4K    51.6K  900.0K  ~$0.8151
    2026-11-18         1      4   11.0K    5.5K       0    33.8K        0   50.4K        $0
    2026-11-19         2     12   34.6K   12.4K    4.5K   227.3K        0  278.8K  ≥$0.3998
    2026-11-20         4     48  126.5K   47.9K    8.1K     2.0M    97.7K    2.3M    ~$2.23
    Total             12    106  273.1K  106.5K   22.1K     3.6M   167.6K    4.2M    ≥$3.93
    of which $0.0752 covered by plans
    85.4K tokens have no price: lab-coder-7b (lab)
    your own price: ttop config set 'prices.overrides.lab/lab-coder-7b' '{"input": 1, "output": 2}'
    "#);
}

#[test]
fn ps_shows_who_waits() {
    insta::assert_snapshot!(screen(&["ps"]), @r#"
     Pid  Agent        Status              Doing     Since  Session                           Folder          Cost  Pane
    4101  opencode     waiting_permission  bash       3min  Port the payment service to asy…  ~/acme-api   $0.5516  work:1.0
    4230  claude-code  working             Edit       1min  Fix the flaky checkout test       ~/acme-web    ~$1.18  work:1.1
    4377  codex        idle                       7h 11min  Add rate limiting to the gateway  ~/acme-api  ~$0.4134
    4410  opencode     unknown                                                                ~/docs                work:2.0
    "#);
}

#[test]
fn providers_show_windows_and_resets() {
    insta::assert_snapshot!(screen(&["providers"]), @r#"
    Provider        Plan                   Used  Limits                                          Credits   Spend   Age
    anthropic       Max 5x      ████▉░░░  61.5%  5h 37% 3h 00min, 7d 61.5% 4d 0h, 7d Sonnet 12%                   1min
    codex           Plus        ████████   100%  5h 11% 3h 00min, 7d 100% 4d 0h                                   1min
    github-copilot  Individual  ███▍░░░░  42.3%  30d Premium 42.3% 10d 0h                                         1min
    openrouter                                                                                    $74.75  $25.50  1min
    "#);
}

#[test]
fn budgets_project_to_the_end_of_the_period() {
    insta::assert_snapshot!(screen(&["budgets"]), @r#"
    Budget   Period      Provider    Spent   Budget    Left   Used  Projected  Level
    daily    2026-11-20             ~$2.23    $5.00   $2.77  44.6%     ~$2.97  fine
    monthly  2026-11                ≥$3.86  $100.00  $96.14   3.9%     ≥$5.86  fine
    claude   2026-W47    anthropic  ~$2.49   $25.00  $22.51    10%     ~$3.67  fine
    "#);
}

#[test]
fn creds_show_no_secret() {
    insta::assert_snapshot!(screen(&["creds"]), @r#"
    Provider        Used  State      Kind   Where                                         Expires           Fingerprint
    anthropic             expired    oauth  ~/.local/share/opencode/auth.json anthropic   2026-11-17 18:00  326d8c22d48a8ecf
    anthropic       used  valid      oauth  ~/.claude/.credentials.json claudeAiOauth     2026-11-20 23:00  ae3d3be74dc2cf8b
    codex           used  valid      oauth  ~/.codex/auth.json tokens.access_token        2026-11-26 18:00  3f0685192ee7c527
    github-copilot  used  no_expiry  oauth  ~/.local/share…code/auth.json github-copilot                    f8bd7e9547b06c36
    openrouter      used  no_expiry  api    $OPENROUTER_API_KEY                                             29de593442c6f282
    "#);
}

#[test]
fn events_are_a_line_each() {
    insta::assert_snapshot!(screen(&["watch", "--once", "--events", "all"]), @r#"
    Time      Event                     What                      More                         Tokens       Cost      Total
    18:00:00  app.started               ttop started              version 0.1.0
    18:00:00  provider.limitReached     Codex (ChatGPT plan): W…  100 % of the Weekly win…
    18:00:00  session.waiting           Session waits for you     Port the payment servic…
    "#);
}

#[test]
fn show_explains_one_session() {
    insta::assert_snapshot!(screen(&["show", "ses_demo_01", "--messages", "2"]), @r#"
    Session      Title                              Agent     Project     Turns  Tokens     Cost
    ses_demo_01  Port the payment service to async  opencode  ~/acme-api     14  608.6K  $0.5516
    started 2026-11-20 15:00, last activity 2026-11-20 15:50
    anthropic/claude-sonnet-4-6: 10 turns, 453.9K tokens, $0.4114
    openai/gpt-5.4: 4 turns, 154.7K tokens, $0.1402
    started ses_demo_02 Find every caller of charge(): 5 turns, $0.0810
    "#);
}
