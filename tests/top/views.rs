//! Every view, its details and its windows at five sizes, as committed in `fixtures/top`.

use crate::demo::Demo;
use crate::support;
use ttop::top::view::View;

const SIZES: [(u16, u16); 5] = [(40, 10), (80, 24), (120, 40), (200, 60), (300, 100)];

/// Keys that lead to each screen, and its name.
const SCREENS: [(&str, &[&str]); 24] = [
    ("live", &["1"]),
    ("live, without plan and servers", &["1", "t", "m"]),
    ("live, details of an agent", &["1", "enter"]),
    ("live, messages of an agent", &["1", "enter", "tab"]),
    ("live, plan of an agent", &["1", "enter", "tab", "tab"]),
    ("live, models of an agent", &["1", "enter", "tab", "tab", "tab"]),
    ("cost", &["2"]),
    ("cost by project", &["2", "p"]),
    ("cost by agent", &["2", "a"]),
    ("cost, numbers of a turn", &["2", "enter", "enter"]),
    ("cost, what is typed", &["2", "/", "o", "p"]),
    (
        "cost, a filter that cannot be used",
        &["2", "/", "$", ">", "x", "enter"],
    ),
    ("plans", &["3"]),
    ("plans, also those without a login", &["3", "j", "u"]),
    ("trends", &["4"]),
    ("trends by model, tokens", &["4", "b", "m"]),
    ("trends, a day", &["4", "j", "enter"]),
    ("projects", &["5", "j"]),
    ("projects, turns of one", &["5", "enter"]),
    ("help", &["2", "?"]),
    ("sort", &["2", "s"]),
    ("palette", &["1", ":", "c", "o"]),
    ("settings", &["1", ",", "down", "enter"]),
    ("log", &["1", "L"]),
];

#[test]
fn screens_are_as_committed() {
    for (width, height) in SIZES {
        let mut all = String::new();
        for (name, keys) in SCREENS {
            let mut demo = Demo::new();
            demo.resize(width, height);
            for key in keys {
                demo.press(&[key]);
                demo.feed();
            }
            all.push_str(&format!("── {name} ──\n{}\n", demo.shown()));
        }
        let path = support::fixtures().join(format!("top/{width}x{height}.txt"));
        support::same_as_committed(&path, all.as_bytes());
    }
}

#[test]
fn every_line_fits_and_says_what_the_size_is_when_it_does_not_do() {
    for (width, height) in SIZES {
        let mut demo = Demo::new();
        demo.resize(width, height);
        for view in ["1", "2", "3", "4", "5"] {
            demo.press(&[view]);
            let shown = demo.shown();
            assert_eq!(shown.lines().count(), usize::from(height));
            for line in shown.lines() {
                assert!(ttop::render::text::width(line) <= usize::from(width), "{line}");
            }
        }
    }
    let mut demo = Demo::new();
    demo.resize(38, 9);
    assert!(demo.shown().contains("ttop top needs 40x10, this is 38x9"));
}

#[test]
fn hostile_titles_are_harmless_and_wide_ones_keep_the_columns() {
    let titles = [
        "\u{1b}[2J\u{1b}]0;owned\u{7}gone",
        "日本語のタイトルと👨‍👩‍👧‍👦の家族",
        "a | b\tc\nd",
        "\u{202e}reversed\u{2066}",
        &format!("a{}", "\u{301}".repeat(4000)),
    ];
    for title in titles {
        let mut demo = Demo::new();
        demo.resize(100, 30);
        for row in demo.state.live.iter_mut().flatten() {
            row.session_name = Some(title.into());
            row.activity = Some(title.to_owned());
            row.last_text = Some(title.to_owned());
        }
        for row in demo.state.cost.iter_mut().flat_map(|rows| &mut rows.sessions) {
            row.session_name = Some(title.into());
        }
        for view in View::ALL {
            demo.state.view = view;
            let shown = demo.shown();
            let is_steering = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!shown.contains(is_steering), "{shown}");
            assert!(
                shown.lines().all(|line| ttop::render::text::width(line) <= 100),
                "{shown}"
            );
        }
    }
}

#[test]
fn ten_thousand_sessions_are_drawn_a_page_at_a_time() {
    let mut demo = Demo::new();
    demo.press(&["2"]);
    let rows = demo.state.cost.as_mut().expect("rows");
    let row = rows.sessions[0].clone();
    rows.sessions = (0..10_000)
        .map(|at| {
            let mut row = row.clone();
            row.session_id = format!("ses_{at:05}").into();
            row.session_name = Some(format!("session {at:05}").into());
            row
        })
        .collect();
    demo.state.arrange();
    demo.press(&["end"]);
    assert!(demo.shown().contains("session 09999"), "{}", demo.shown());
    demo.press(&["/", "0", "0", "0", "4", "2", "enter"]);
    assert!(demo.shown().contains("1 of 10000"), "{}", demo.shown());
}

#[test]
fn agents_of_other_machines_stay_together_after_those_of_this_one() {
    let mut demo = Demo::new();
    demo.press(&["1"]);
    let rows = demo.state.live.as_mut().expect("rows");
    let own = rows.len();
    let remote: Vec<_> = rows
        .iter()
        .flat_map(|row| ["build", "air"].map(|host| (row, host)))
        .map(|(row, host)| {
            let mut row = row.clone();
            row.host = Some(host.to_owned());
            (row.pane, row.tmux_pane) = (None, None);
            row
        })
        .collect();
    // As they may come: mixed.
    rows.splice(0..0, remote);
    for _ in 0..26 {
        demo.press(&[">"]);
        demo.state.arrange();
        let rows = demo.state.live.as_deref().expect("rows");
        let hosts: Vec<_> = demo
            .state
            .list()
            .order
            .iter()
            .map(|&at| rows[at].host.as_deref())
            .collect();
        let expected = [vec![None; own], vec![Some("air"); own], vec![Some("build"); own]].concat();
        assert_eq!(hosts, expected);
    }
    demo.resize(120, 40);
    assert!(demo.shown().contains("@build"), "{}", demo.shown());
    demo.press(&["end", "enter"]);
    assert!(
        demo.state.detail.is_none() && demo.shown().contains("build has the turns"),
        "{}",
        demo.shown()
    );
    assert!(demo.press(&["g"]).is_empty(), "no pane of another machine is gone to");
}

#[test]
fn few_agents_have_a_second_line_and_clicks_still_hit_them() {
    use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    use ttop::top::update::{Event, update};
    let mut demo = Demo::new();
    demo.press(&["1"]);
    demo.resize(200, 60);
    let shown = demo.shown();
    let first = shown.lines().position(|line| line.contains("ASKS")).expect("who waits");
    assert!(
        shown.lines().nth(first + 1).is_some_and(|line| line.contains("turns")),
        "{shown}"
    );
    let row = u16::try_from(first + 3).expect("a line");
    update(
        &mut demo.state,
        Event::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: 30,
            row,
            modifiers: KeyModifiers::NONE,
        }),
    );
    assert_eq!(demo.state.list().cursor, 1, "the second line of the second row");
}

#[test]
fn the_next_run_shows_the_views_as_the_last_one_left_them() {
    use ttop::top::remembered::{Remembered, file};
    let home = support::Home::new();
    let system = ttop::system::System::new(ttop::system::Os::Linux, home.path(), Default::default());
    let mut demo = Demo::new();
    let before = Remembered::of(&demo.state);
    assert_eq!(Remembered::load(&system).view(), None);
    demo.press(&["2", "t", "p", ">", "S", "4", "h", "b", "y", "1", "m", "2"]);
    let left = Remembered::of(&demo.state);
    assert_ne!(left, before);
    left.save(&system).expect("saved");
    let kept = Remembered::load(&system);
    let mut next = Demo::new();
    kept.restore(&mut next.state);
    next.state.view = kept.view().expect("a view");
    assert_eq!(Remembered::of(&next.state), left);
    for damaged in [
        "",
        "[]",
        r#"{"view": "gone", "sorts": {"cost": "-nothing"}, "days": 5000}"#,
    ] {
        std::fs::write(file(&system), damaged).expect("written");
        let mut state = Demo::new().state;
        Remembered::load(&system).restore(&mut state);
        assert_eq!(Remembered::of(&state), before, "{damaged}");
    }
}

#[test]
fn settings_add_an_alias_and_leave_alone_what_was_not_changed() {
    use ttop::top::rows::Request;
    use ttop::top::update::Effect;
    let mut demo = Demo::new();
    demo.press(&["1", ","]);
    demo.feed();
    let at = demo
        .state
        .settings
        .iter()
        .position(|setting| setting.key == "aliases.*");
    let downs = vec!["down"; at.expect("a line for aliases")];
    demo.press(&downs);
    demo.press(&["enter"]);
    update_text(&mut demo, "td cost --on today");
    let asked = demo.press(&["enter"]);
    let set = Request::Set {
        key: "aliases.*".to_owned(),
        value: "td cost --on today".to_owned(),
    };
    assert_eq!(asked, [Effect::Ask(set)]);
    demo.press(&["home", "enter"]);
    assert_eq!(demo.press(&["enter"]), [], "nothing was changed");
}

fn update_text(demo: &mut Demo, text: &str) {
    ttop::top::update::update(&mut demo.state, ttop::top::update::Event::Paste(text.to_owned()));
}
