//! Projects: paths that count as one, and paths below a path.

use std::borrow::Cow;

/// Several paths that count as one project: `projects.<name>` of the config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projects {
    groups: Vec<(String, Vec<String>)>,
}

impl Projects {
    /// From names and their paths; a name without paths is no project.
    pub fn new(groups: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let groups = groups
            .into_iter()
            .map(|(name, paths)| {
                (
                    name,
                    paths.iter().map(|path| canonical(trim(path)).into_owned()).collect(),
                )
            })
            .filter(|(_, paths): &(String, Vec<String>)| !paths.is_empty())
            .collect();
        Self { groups }
    }

    /// The path that a recorded one is counted under: the first of its group, else itself.
    pub fn counted_as<'a>(&'a self, path: &'a str) -> &'a str {
        let group = self
            .groups
            .iter()
            .find(|(_, paths)| paths.iter().any(|root| is_below(path, root)));
        group.map_or(path, |(_, paths)| &paths[0])
    }

    /// The roots of a named project.
    pub fn named(&self, name: &str) -> Option<&[String]> {
        self.groups
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, paths)| paths.as_slice())
    }

    /// The roots that asking for a path means: all of its group when it is one of a group, else itself.
    pub fn roots(&self, path: &str) -> Vec<String> {
        let path = canonical(trim(path));
        let group = self
            .groups
            .iter()
            .find(|(_, paths)| paths.iter().any(|root| *root == path));
        group.map_or_else(|| vec![path.into_owned()], |(_, paths)| paths.clone())
    }
}

/// A path as all that name it on Windows do: programs write `c:\`, `C:\` and `C:/` for one drive. Folders stay as they are
/// written.
pub fn canonical(path: &str) -> Cow<'_, str> {
    let [drive, b':', rest @ ..] = path.as_bytes() else {
        return Cow::Borrowed(path);
    };
    let is_absolute = drive.is_ascii_alphabetic() && matches!(rest, [] | [b'/' | b'\\', ..]);
    if !is_absolute || (drive.is_ascii_uppercase() && !rest.contains(&b'/')) {
        return Cow::Borrowed(path);
    }
    let (drive, rest) = path.split_at(1);
    Cow::Owned(drive.to_ascii_uppercase() + &rest.replace('/', "\\"))
}

/// Whether a path is another one or lies below it, both as written but for the drive.
pub fn is_below(path: &str, root: &str) -> bool {
    let (path, root) = (canonical(path), canonical(trim(root)));
    let (path, root) = (&*path, &*root);
    match path.strip_prefix(root) {
        Some(rest) => rest.is_empty() || rest.starts_with(is_separator) || root.ends_with(is_separator),
        None => false,
    }
}

/// The known project that holds a path and is nearest to it.
pub fn nearest<'a>(path: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .filter(|root| is_below(path, root))
        .max_by_key(|root| trim(root).len())
}

/// Without separators at its end, except where nothing else is left.
fn trim(path: &str) -> &str {
    let trimmed = path.trim_end_matches(is_separator);
    if trimmed.is_empty() || trimmed.ends_with(':') {
        &path[..path.len().min(trimmed.len() + 1)]
    } else {
        trimmed
    }
}

/// Paths are compared as recorded, wherever that was: homes are copied between systems.
fn is_separator(character: char) -> bool {
    matches!(character, '/' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_means_whole_names() {
        assert!(is_below("/home/dev/app", "/home/dev/app/"));
        assert!(is_below("/home/dev/app/src", "/home/dev/app"));
        assert!(!is_below("/home/dev/application", "/home/dev/app"));
        assert!(is_below("/home/dev", "/"));
        assert!(is_below("C:\\work\\app", "C:\\"));
        assert!(is_below("c:\\work\\app", "C:/work"));
        assert!(!is_below("C:\\work\\app", "C:\\Work"));
        assert!(!is_below("/home/dev", "/home/dev/app"));
    }

    #[test]
    fn a_drive_is_one_whatever_its_case_and_separators() {
        for path in ["C:\\work\\App", "c:\\work\\App", "C:/work/App", "c:/work\\App"] {
            assert_eq!(canonical(path), "C:\\work\\App", "{path}");
        }
        assert_eq!(canonical("c:"), "C:");
        for path in ["/home/c:/app", "c:app", "1:/app", "\\\\wsl$\\c:/app", ""] {
            assert_eq!(canonical(path), path);
        }
        let projects = Projects::new([("app".to_owned(), vec!["c:/app/".to_owned(), "/b".to_owned()])]);
        assert_eq!(projects.counted_as("/b/worktree"), "C:\\app");
        assert_eq!(projects.roots("C:\\app"), ["C:\\app", "/b"]);
    }

    #[test]
    fn the_nearest_project_is_the_deepest_above() {
        let known = ["/", "/home/dev", "/home/dev/app", "/home/dev/app2"];
        assert_eq!(nearest("/home/dev/app/src", known), Some("/home/dev/app"));
        assert_eq!(nearest("/home", known), Some("/"));
        assert_eq!(nearest("/home", ["/home/dev"]), None);
    }

    #[test]
    fn a_group_counts_as_its_first_path() {
        let projects = Projects::new([("app".to_owned(), vec!["/a/".to_owned(), "/b".to_owned()])]);
        assert_eq!(projects.counted_as("/b/worktree"), "/a");
        assert_eq!(projects.counted_as("/c"), "/c");
        assert_eq!(projects.roots("/b"), ["/a", "/b"]);
        assert_eq!(projects.roots("/b/worktree"), ["/b/worktree"]);
        assert_eq!(projects.named("app").map(<[_]>::len), Some(2));
    }
}
