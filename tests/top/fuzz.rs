//! Random keys, clicks and sizes: nothing panics, and whatever is open can be left.

use crate::demo::{Demo, event};
use proptest::prelude::*;
use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ttop::top::keys::{Key, TABLE};
use ttop::top::update::{Effect, Event, update};

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Click(u16, u16),
    Wheel(bool),
    Size(u16, u16),
    Paste(String),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let bound: Vec<String> = TABLE
        .iter()
        .flat_map(|binding| binding.keys)
        .map(|key| (*key).to_owned())
        .filter(|key| key != "q")
        .collect();
    let step = prop_oneof![
        8 => proptest::sample::select(bound).prop_map(Step::Key),
        2 => "[a-z$>:1-9]".prop_map(Step::Key),
        1 => proptest::sample::select(vec!["backspace", "delete", "home", "left"]).prop_map(|key| Step::Key(key.to_owned())),
        2 => (0..320_u16, 0..110_u16).prop_map(|(x, y)| Step::Click(x, y)),
        1 => any::<bool>().prop_map(Step::Wheel),
        2 => (0..320_u16, 0..110_u16).prop_map(|(width, height)| Step::Size(width, height)),
        1 => "\\PC{0,12}".prop_map(Step::Paste),
    ];
    proptest::collection::vec(step, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_typed_breaks_the_screen(steps in steps()) {
        let mut demo = Demo::new();
        for step in steps {
            let mouse = |kind, column, row| MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
            let input = match step {
                Step::Key(name) => Event::Key(event(Key::parse(&name).expect("a key"))),
                Step::Click(x, y) => Event::Mouse(mouse(MouseEventKind::Down(MouseButton::Left), x, y)),
                Step::Wheel(true) => Event::Mouse(mouse(MouseEventKind::ScrollDown, 1, 5)),
                Step::Wheel(false) => Event::Mouse(mouse(MouseEventKind::ScrollUp, 1, 5)),
                Step::Size(width, height) => Event::Resize(width, height),
                Step::Paste(text) => Event::Paste(text),
            };
            let before = demo.state.wanted();
            update(&mut demo.state, input);
            if demo.state.wanted() != before {
                demo.feed();
            }
            demo.shown();
        }
        // However deep: a few Esc lead back to a view, from which q quits.
        demo.press(&["esc", "esc", "esc", "esc", "esc", "esc"]);
        prop_assert_eq!(demo.press(&["q"]), [Effect::Quit]);
    }
}
