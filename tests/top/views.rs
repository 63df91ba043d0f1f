//! Every view, its details and its windows at five sizes, as committed in `fixtures/top`.

use crate::demo::Demo;
use crate::support;
use ttop::top::view::View;

const SIZES: [(u16, u16); 5] = [(40, 10), (80, 24), (120, 40), (200, 60), (300, 100)];

/// Keys that lead to each screen, and its name.
const SCREENS: [(&str, &[&str]); 12] = [
    ("live", &["1"]),
    ("live, details of an agent", &["1", "enter"]),
    ("cost", &["2"]),
    ("cost by project", &["2", "p"]),
    ("cost, numbers of a turn", &["2", "enter", "enter"]),
    ("plans", &["3"]),
    ("trends", &["4"]),
    ("trends by model, tokens", &["4", "b", "m"]),
    ("projects", &["5", "j"]),
    ("help", &["2", "?"]),
    ("sort", &["2", "s"]),
    ("palette", &["1", ":", "c", "o"]),
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
