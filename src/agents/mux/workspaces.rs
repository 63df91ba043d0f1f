//! The workspaces that Mux lists in `config.json`: their projects, titles and ages.

use crate::agents::Batch;
use crate::agents::shared::lenient::{Text, When, part, title};
use crate::core::turn::{Project, SessionInfo, Title};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;

/// `{"projects":[["/home/dev/acme",{"workspaces":[{"id":"a1b2c3d4e5","title":"…","createdAt":"…"}]}]]}`
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    projects: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Workspaces<'a> {
    #[serde(borrow, default)]
    workspaces: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Workspace<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    title: Option<&'a RawValue>,
    #[serde(default)]
    created_at: When,
    #[serde(borrow, default)]
    parent_workspace_id: Option<&'a RawValue>,
}

impl Config {
    /// Hands out each workspace with the path of its project.
    fn each(&self, mut take: impl FnMut(&str, Workspace<'_>)) {
        for project in &self.projects {
            let Some((path, listed)) = part::<(Text<'_>, Workspaces<'_>)>(Some(project)) else {
                continue;
            };
            let listed = listed.workspaces.into_iter();
            listed
                .filter_map(|raw| part::<Workspace<'_>>(Some(raw)))
                .filter(|workspace| !workspace.id.is_empty())
                .for_each(|workspace| take(&path, workspace));
        }
    }

    /// When each workspace was made.
    pub(super) fn created(&self) -> FxHashMap<String, i64> {
        let mut created = FxHashMap::default();
        self.each(|_, workspace| {
            if let Some(at) = workspace.created_at.0 {
                created.insert(workspace.id.0.into_owned(), at);
            }
        });
        created
    }

    /// Adds what it says of the sessions of some workspaces.
    pub(super) fn describe(&self, is_wanted: impl Fn(&str) -> bool, into: &mut Batch) {
        self.each(|project, workspace| {
            if !is_wanted(&workspace.id) {
                return;
            }
            let text = |raw| part::<Text<'_>>(raw).filter(|text| !text.is_empty());
            let parent_id = text(workspace.parent_workspace_id).map(|parent| parent.0.into_owned());
            let named = text(workspace.title).and_then(|words| title(&words));
            // `_multi` and the like are no folders.
            let is_path = !project.is_empty() && !project.starts_with('_');
            into.session(SessionInfo {
                title: named.map(|words| Title::from_agent(0, words)),
                project: is_path.then(|| Project::repository(0, project)),
                interactive: parent_id.as_ref().map(|_| false),
                parent_id,
                ..SessionInfo::new(workspace.id.0)
            });
        });
    }
}
