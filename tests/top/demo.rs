//! The state of a screen over the sample home.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ttop::core::process::DetailLimits;
use ttop::engine::Engine;
use ttop::engine::scan::ScanOptions;
use ttop::render::View as Reader;
use ttop::render::theme::{BUILT_IN, Depth};
use ttop::top::draw;
use ttop::top::feed;
use ttop::top::keys::{Key, Keys};
use ttop::top::look::Look;
use ttop::top::rows::{Data, PlanRows};
use ttop::top::settings::settings;
use ttop::top::state::State;
use ttop::top::update::{Effect, Event, update};
use ttop::top::view::View;

/// A screen of the sample home, without a terminal.
pub struct Demo {
    pub engine: Engine,
    pub state: State,
}

impl Demo {
    pub fn new() -> Self {
        let mut engine = Engine::demo().expect("a sample");
        engine.system.zone_name = Some("UTC".to_owned());
        let reader = Reader {
            zone: engine.system.zone().expect("a zone").clone(),
            now: engine.system.now,
            home: engine.system.home.to_string_lossy().into_owned(),
            ids: Default::default(),
            model_name: ttop::prices::model_name,
        };
        let state = State::new(reader, Look::new(&BUILT_IN[0], Depth::Rgb), Keys::default());
        let mut demo = Self { engine, state };
        demo.feed();
        demo
    }

    /// Sends what the worker would send for each view.
    pub fn feed(&mut self) {
        let scan = self.engine.scan(ScanOptions::default());
        let scanned = feed::listed(scan, false);
        let wanted = self.state.wanted();
        let of = |view| {
            let mut wanted = wanted.clone();
            wanted.view = view;
            wanted
        };
        let live = feed::live(&self.engine, &scanned, &[], &wanted.filter);
        let start = self.engine.system.now - 14 * 24 * 3_600_000;
        let history = self.engine.limit_history(start).expect("a history");
        let plans = feed::recalled(&mut self.engine, &of(View::Plans)).map(|providers| PlanRows {
            providers,
            history,
            ..PlanRows::default()
        });
        let engine = &self.engine;
        let today = feed::today(engine).expect("sums");
        self.state.take(Data::Today(Box::new(today)));
        if let Ok(rows) = live {
            self.state.take(Data::Live(rows));
        }
        if let Ok(rows) = plans {
            self.state.take(Data::Plans(rows));
        }
        if let Ok(rows) = feed::cost(engine, &of(View::Cost)) {
            self.state.take(Data::Cost(Box::new(rows)));
        }
        if let Ok(rows) = feed::trends(engine, &of(View::Trends)) {
            self.state.take(Data::Trends(Box::new(rows)));
        }
        let mut projects = of(View::Projects);
        projects.window = self.state.windows[View::Projects as usize];
        if let Ok(rows) = feed::projects(engine, &projects) {
            self.state.take(Data::Projects(rows));
        }
        self.state.take(Data::Mcp(engine.mcp_servers()));
        self.state.take(Data::Settings(settings(engine)));
        if let Some((agent, id)) = &wanted.agent {
            let limits = DetailLimits {
                messages: 0,
                text_chars: Some(0),
            };
            let detail = engine.session_detail(agent, id, &limits).expect("a plan");
            self.state.take(Data::Todos {
                session_id: id.to_string(),
                todos: detail.todos,
            });
        }
        if let Some(detail) = &wanted.detail
            && let Ok(rows) = feed::detail(engine, detail)
        {
            self.state.take(Data::Detail(Box::new(rows)));
        }
    }

    /// Presses keys by their names.
    pub fn press(&mut self, keys: &[&str]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for name in keys {
            let key = Key::parse(name).unwrap_or_else(|| panic!("no key {name}"));
            effects.extend(update(&mut self.state, Event::Key(event(key))));
        }
        effects
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        update(&mut self.state, Event::Resize(width, height));
    }

    /// The lines of the screen.
    pub fn shown(&self) -> String {
        let area = Rect::new(0, 0, self.state.width, self.state.height);
        let mut buffer = Buffer::empty(area);
        draw::screen(&self.state, &mut buffer);
        text(&buffer)
    }
}

pub fn event(key: Key) -> KeyEvent {
    let (code, has_control, has_alt) = key.parts();
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::CONTROL, has_control);
    modifiers.set(KeyModifiers::ALT, has_alt);
    KeyEvent::new(code, modifiers)
}

/// The text of a buffer; the second cell of a wide character is none.
pub fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut text = String::new();
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(ttop::render::text::width(symbol)).expect("narrow").max(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
