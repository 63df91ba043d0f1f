//! Details: from a row down to the turns it is made of.

use super::Effect;
use crate::core::filter_text::FilterText;
use crate::core::rows::{SessionRow, Text};
use crate::core::time::Time;
use crate::top::list::{List, Listed};
use crate::top::rows::Request;
use crate::top::state::{Detail, Drivers, State, Tab};
use crate::top::view::View;
use crate::top::wanted::DetailWanted;

/// Opens what is under the cursor; in details, the numbers of a turn.
pub(super) fn open(state: &mut State) {
    if let Some(detail) = &mut state.detail {
        if detail.tab == Tab::Turns {
            detail.tab = Tab::Origin;
        }
        return explain(state);
    }
    if let (View::Live, Some(host)) = (state.view, remote_host(state)) {
        return state.flash(format!("{host} has the turns of this session"));
    }
    state.detail = match state.view {
        View::Live => of_agent(state),
        View::Cost => selected_session(state).map(|row| {
            let filter = FilterText {
                session: vec![row.session_id.to_string()],
                ..state.wanted().turns()
            };
            of_session(&row.agent_id, &row.session_id, row.session_name.as_deref(), filter)
        }),
        View::Plans => of_provider(state),
        View::Projects => of_project(state),
        View::Trends => of_day(state),
    };
}

/// The machine that runs the agent under the cursor, where it is another one.
fn remote_host(state: &State) -> Option<String> {
    state.agent()?.host.clone()
}

/// Asks where the numbers of the turn under the cursor come from.
pub(super) fn explain(state: &mut State) {
    let Some(detail) = &mut state.detail else { return };
    let turns = detail.rows.as_ref().map_or(&[][..], |rows| &rows.turns);
    detail.wanted.turn = detail
        .list
        .selected(turns)
        .map(Listed::id)
        .filter(|_| detail.tab == Tab::Origin);
    detail.scroll = 0;
}

/// The id under the cursor.
pub(super) fn id(state: &State) -> Option<String> {
    if let Some(detail) = &state.detail {
        let session = detail.wanted.session.as_ref().map(|(_, id)| id.to_string());
        let turns = detail.rows.as_ref().map_or(&[][..], |rows| &rows.turns);
        return session.or_else(|| detail.list.selected(turns).map(Listed::id));
    }
    match state.view {
        View::Live => state.agent().map(|row| match &row.session_id {
            Some(id) => id.to_string(),
            None => row.pid.to_string(),
        }),
        View::Cost => selected_session(state).map(|row| row.session_id.to_string()),
        View::Plans => {
            let rows = state.plans.as_ref()?;
            state
                .list()
                .selected(&rows.providers)
                .map(|row| row.provider_id.clone())
        }
        View::Projects => {
            let rows = state.projects.as_ref()?;
            let row = state.list().selected(&rows.projects)?;
            row.project_path.as_deref().map(str::to_owned)
        }
        View::Trends => None,
    }
}

/// Goes to the pane of the agent.
pub(super) fn jump(state: &mut State) -> Vec<Effect> {
    if let (None, Some(host)) = (&state.detail, remote_host(state)) {
        state.flash(format!("this agent runs on {host}"));
        return Vec::new();
    }
    let pid = match &state.detail {
        Some(detail) => detail.pid,
        None => state.agent().map(|row| row.pid),
    };
    match pid {
        Some(pid) => vec![Effect::Ask(Request::Jump(pid))],
        None => {
            state.flash("no running agent shows this");
            Vec::new()
        }
    }
}

fn selected_session(state: &State) -> Option<&SessionRow> {
    state.lists[View::Cost as usize].selected(&state.cost.as_ref()?.sessions)
}

fn new(title: String, wanted: DetailWanted) -> Detail {
    Detail {
        title,
        wanted,
        tab: Tab::Turns,
        // The newest first.
        list: List::new(0, true),
        pid: None,
        scroll: 0,
        rows: None,
    }
}

fn turns(title: String, filter: FilterText) -> Detail {
    new(
        title,
        DetailWanted {
            filter,
            session: None,
            turn: None,
            pane: None,
        },
    )
}

fn of_session(agent: &Text, id: &Text, name: Option<&str>, filter: FilterText) -> Detail {
    new(
        name.unwrap_or(id).to_owned(),
        DetailWanted {
            filter,
            session: Some((agent.clone(), id.clone())),
            turn: None,
            pane: None,
        },
    )
}

fn of_agent(state: &State) -> Option<Detail> {
    let row = state.agent()?;
    let id = row.session_id.as_ref()?;
    let filter = FilterText {
        session: vec![id.to_string()],
        ..FilterText::default()
    };
    let mut detail = of_session(&row.agent_id, id, row.session_name.as_deref(), filter);
    detail.pid = Some(row.pid);
    detail.wanted.pane.clone_from(&row.pane);
    Some(detail)
}

/// The turns that are charged to a plan.
fn of_provider(state: &State) -> Option<Detail> {
    let row = state.list().selected(&state.plans.as_ref()?.providers)?;
    let filter = FilterText {
        provider: vec![row.biller_id.clone()],
        since: Some("7d".to_owned()),
        ..FilterText::default()
    };
    Some(turns(format!("{}: turns of 7 days", row.name), filter))
}

fn of_project(state: &State) -> Option<Detail> {
    let row = state.list().selected(&state.projects.as_ref()?.projects)?;
    let path = row.project_path.as_ref()?;
    let mut filter = state.wanted().turns();
    filter.project = vec![path.to_string()];
    Some(turns(format!("{path}: turns of {}", state.window().name()), filter))
}

fn of_day(state: &State) -> Option<Detail> {
    let now = Time(state.reader.now).timestamp().to_zoned(state.reader.zone.clone());
    let back = i64::try_from(state.day).ok()?;
    let day = now
        .date()
        .checked_sub(jiff::Span::new().try_days(back).ok()?)
        .ok()?
        .to_string();
    let mut filter = state.wanted().filter;
    (filter.since, filter.until, filter.on) = (None, None, Some(day.clone()));
    Some(turns(format!("turns of {day}"), filter))
}

/// Opens the turns of one of the largest costs.
pub(super) fn of_driver(state: &State, at: usize) -> Option<Detail> {
    let rows = state.cost.as_ref()?;
    let mut filter = state.wanted().turns();
    let row = match state.drivers {
        Drivers::Models => rows.models.get(at)?,
        Drivers::Projects => rows.projects.get(at)?,
        Drivers::Agents => rows.agents.get(at)?,
    };
    let (name, into) = match state.drivers {
        Drivers::Models => (row.model_id.as_ref()?, &mut filter.model),
        Drivers::Projects => (row.project_path.as_ref()?, &mut filter.project),
        Drivers::Agents => (row.agent_id.as_ref()?, &mut filter.agent),
    };
    *into = vec![name.to_string()];
    Some(turns(format!("{name}: turns of {}", state.window().name()), filter))
}
