//! The state of the screen: rows as they came, and what the user chose.

use super::keys::Keys;
use super::list::{List, Listed, Words};
use super::look::Look;
use super::prompt::{self, Line};
use super::rows::{CostRows, Data, DetailRows, PlanRows, ProjectRows, Setting, Today, TrendRows};
use super::view::View;
use super::wanted::{DetailWanted, Wanted};
use super::window::Window;
use crate::core::filter_text::FilterText;
use crate::core::process::Todo;
use crate::core::rows::{CostRow, McpRow, ProviderRow, PsRow, SessionRow};
use crate::render::View as Reader;
use std::collections::VecDeque;
use std::time::Instant;

/// Lines that the log keeps.
const MOST_LOGGED: usize = 500;

/// Everything the screen is drawn from.
pub struct State {
    pub width: u16,
    pub height: u16,
    pub keys: Keys,
    pub look: Look,
    /// The zone and the home that cells are made for, and the time of the rows.
    pub reader: Reader,
    pub view: View,
    /// The window of each view.
    pub windows: [Window; 5],
    /// The filter of the command line, to which the prompt adds.
    pub base_filter: FilterText,
    pub filter: Line,
    pub is_typing: bool,
    /// Why the filter cannot be used here.
    pub bad_filter: Option<String>,
    pub overlay: Option<Overlay>,
    pub detail: Option<Detail>,
    pub lists: [List; 5],
    pub days: u16,
    /// The day of the trend under the cursor, from the newest on.
    pub day: usize,
    pub is_split: bool,
    pub is_tokens: bool,
    pub has_previous: bool,
    pub has_year: bool,
    pub drivers: Drivers,
    pub budget: usize,
    pub has_helpers: bool,
    pub has_todo: bool,
    pub has_mcp: bool,
    pub has_unconfigured: bool,
    pub log: VecDeque<String>,
    pub is_log_read: bool,
    pub flash: Option<(String, Instant)>,
    pub is_reading: bool,
    pub live: Option<Vec<PsRow>>,
    pub cost: Option<Box<CostRows>>,
    pub plans: Option<PlanRows>,
    pub trends: Option<Box<TrendRows>>,
    pub projects: Option<ProjectRows>,
    pub today: Option<Box<Today>>,
    pub mcp: Vec<McpRow>,
    /// The plan of the session with this id.
    pub todos: Option<(String, Vec<Todo>)>,
    pub settings: Vec<Setting>,
}

/// What the largest costs are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drivers {
    Models,
    Projects,
    Agents,
}

impl Drivers {
    pub const ALL: [Self; 3] = [Self::Models, Self::Projects, Self::Agents];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Models => "models",
            Self::Projects => "projects",
            Self::Agents => "agents",
        }
    }
}

/// A window over the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    Help { scroll: usize },
    Log { scroll: usize },
    Sort { cursor: usize },
    Palette { line: Line, cursor: usize },
    Settings { cursor: usize, edited: Option<Line> },
}

/// The turns behind a row.
pub struct Detail {
    pub title: String,
    pub wanted: DetailWanted,
    pub tab: Tab,
    pub list: List,
    /// The process that shows the session.
    pub pid: Option<u32>,
    /// How far the text of a tab is scrolled.
    pub scroll: usize,
    pub rows: Option<Box<DetailRows>>,
}

/// A part of the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Turns,
    Messages,
    Terminal,
    Todo,
    Models,
    Origin,
}

impl Tab {
    pub const ALL: [Self; 6] = [
        Self::Turns,
        Self::Messages,
        Self::Terminal,
        Self::Todo,
        Self::Models,
        Self::Origin,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Turns => "turns",
            Self::Messages => "messages",
            Self::Terminal => "terminal",
            Self::Todo => "todo",
            Self::Models => "models",
            Self::Origin => "where numbers come from",
        }
    }
}

impl Detail {
    /// The tabs that there are: a group of turns has no messages.
    pub fn tabs(&self) -> impl Iterator<Item = Tab> {
        let (is_session, has_pane) = (self.wanted.session.is_some(), self.wanted.pane.is_some());
        Tab::ALL.into_iter().filter(move |tab| match tab {
            Tab::Turns | Tab::Origin => true,
            Tab::Messages | Tab::Todo | Tab::Models => is_session,
            Tab::Terminal => has_pane,
        })
    }
}

impl State {
    pub fn new(reader: Reader, look: Look, keys: Keys) -> Self {
        let mut windows = [Window::Today; 5];
        windows[View::Projects as usize] = Window::Month;
        Self {
            width: 80,
            height: 24,
            keys,
            look,
            reader,
            view: View::Live,
            windows,
            base_filter: FilterText::default(),
            filter: Line::default(),
            is_typing: false,
            bad_filter: None,
            overlay: None,
            detail: None,
            lists: View::ALL.map(first_list),
            days: 30,
            day: 0,
            is_split: false,
            is_tokens: false,
            has_previous: true,
            has_year: true,
            drivers: Drivers::Models,
            budget: 0,
            has_helpers: false,
            has_todo: true,
            has_mcp: true,
            has_unconfigured: false,
            log: VecDeque::new(),
            is_log_read: true,
            flash: None,
            is_reading: false,
            live: None,
            cost: None,
            plans: None,
            trends: None,
            projects: None,
            today: None,
            mcp: Vec::new(),
            todos: None,
            settings: Vec::new(),
        }
    }

    pub fn window(&self) -> Window {
        self.windows[self.view as usize]
    }

    pub fn list(&self) -> &List {
        &self.lists[self.view as usize]
    }

    /// The rows that the screen needs now.
    pub fn wanted(&self) -> Wanted {
        let (typed, _) = prompt::parse(self.filter.text());
        Wanted {
            view: self.view,
            window: self.window(),
            filter: merged(&self.base_filter, typed),
            days: self.days,
            is_split: self.is_split,
            has_helpers: self.has_helpers,
            has_unconfigured: self.has_unconfigured,
            agent: self
                .agent()
                .filter(|row| self.view == View::Live && self.has_todo && row.host.is_none())
                .and_then(|row| Some((row.agent_id.clone(), row.session_id.clone()?))),
            detail: self.detail.as_ref().map(|detail| detail.wanted.clone()),
        }
    }

    pub fn words(&self) -> Words {
        prompt::parse(self.filter.text()).1
    }

    /// The agent under the cursor.
    pub fn agent(&self) -> Option<&PsRow> {
        self.lists[View::Live as usize].selected(self.live.as_deref()?)
    }

    /// How many rows pass the filter, and how many there are.
    pub fn counts(&self) -> (usize, usize) {
        let all = match self.view {
            View::Live => self.live.as_ref().map_or(0, Vec::len),
            View::Cost => self.cost.as_ref().map_or(0, |rows| rows.sessions.len()),
            View::Plans => self.plans.as_ref().map_or(0, |rows| rows.providers.len()),
            View::Projects => self.projects.as_ref().map_or(0, |rows| rows.projects.len()),
            View::Trends => return (0, 0),
        };
        (self.list().order.len(), all)
    }

    /// Puts the rows of the view in order again.
    pub fn arrange(&mut self) {
        let words = self.words();
        let list = &mut self.lists[self.view as usize];
        match self.view {
            View::Live => list.arrange(self.live.as_deref().unwrap_or_default(), &words),
            View::Cost => list.arrange(self.cost.as_ref().map_or(&[][..], |rows| &rows.sessions), &words),
            View::Plans => list.arrange(self.plans.as_ref().map_or(&[][..], |rows| &rows.providers), &words),
            View::Projects => list.arrange(self.projects.as_ref().map_or(&[][..], |rows| &rows.projects), &words),
            View::Trends => {}
        }
        if let Some(detail) = &mut self.detail {
            let turns = detail.rows.as_ref().map_or(&[][..], |rows| &rows.turns);
            detail.list.arrange(turns, &Words::default());
        }
    }

    pub fn note(&mut self, line: String) {
        if self.log.back() == Some(&line) {
            return;
        }
        if self.log.len() == MOST_LOGGED {
            self.log.pop_front();
        }
        self.log.push_back(line);
        self.is_log_read = matches!(self.overlay, Some(Overlay::Log { .. }));
    }

    /// Takes rows that came in.
    pub fn take(&mut self, data: Data) {
        match data {
            Data::Live(rows) => self.live = Some(rows),
            Data::Cost(rows) => self.cost = Some(rows),
            Data::Plans(rows) => self.plans = Some(rows),
            Data::Trends(rows) => self.trends = Some(rows),
            Data::Projects(rows) => self.projects = Some(rows),
            Data::Today(today) => self.today = Some(today),
            Data::Mcp(rows) => self.mcp = rows,
            Data::Todos { session_id, todos } => self.todos = Some((session_id, todos)),
            Data::Detail(rows) => {
                if let Some(detail) = &mut self.detail {
                    detail.rows = Some(rows);
                }
            }
            Data::Log(line) => return self.note(line),
            Data::Flash(text) => return self.flash(text),
            Data::BadFilter(why) => self.bad_filter = why,
            Data::Reading(is_reading) => self.is_reading = is_reading,
            Data::Settings(settings) => self.settings = settings,
            Data::Now(now) => self.reader.now = now,
        }
        self.arrange();
    }

    /// Shows a line for a moment.
    pub fn flash(&mut self, text: impl Into<String>) {
        self.flash = Some((text.into(), Instant::now()));
    }
}

/// The list of a view at first: the most urgent, expensive or used row comes first.
pub fn first_list(view: View) -> List {
    fn by<R: Listed>(key: &str, is_descending: bool) -> List {
        let column = R::COLS.iter().position(|col| col.key == key);
        List::new(column.unwrap_or_default(), is_descending)
    }
    match view {
        View::Live => by::<PsRow>("status", false),
        View::Cost => by::<SessionRow>("cost", true),
        View::Plans => by::<ProviderRow>("usedPercent", true),
        View::Trends | View::Projects => by::<CostRow>("cost", true),
    }
}

/// The filter of the command line with what was typed; of a time, the typed one.
fn merged(base: &FilterText, typed: FilterText) -> FilterText {
    let mut merged = base.clone();
    if typed.has_time() {
        (merged.since, merged.until, merged.on) = (typed.since, typed.until, typed.on);
    }
    merged.agent.extend(typed.agent);
    merged.provider.extend(typed.provider);
    merged.model.extend(typed.model);
    merged.project.extend(typed.project);
    merged.session.extend(typed.session);
    merged.branch.extend(typed.branch);
    merged.subagent.extend(typed.subagent);
    merged.presence.extend(typed.presence);
    merged
}
