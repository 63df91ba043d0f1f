//! The parameters of a query: the flags of the commands, under the same names.

use crate::core::bad_request::BadRequest;
use crate::core::filter_text::{FilterText, PresenceWanted};
use clap::ValueEnum;

/// Parameters that are read one after the other; those that are left over are errors.
pub(super) struct Params {
    left: Vec<(String, String)>,
    read: Vec<&'static str>,
}

/// How rows are chosen and written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RowParams {
    pub fields: Vec<String>,
    pub sort: Option<String>,
    pub limit: Option<usize>,
}

impl Params {
    pub(super) fn new(params: Vec<(String, String)>) -> Self {
        Self {
            left: params,
            read: Vec::new(),
        }
    }

    /// All values of a parameter.
    pub(super) fn all(&mut self, name: &'static str) -> Vec<String> {
        self.read.push(name);
        let mut values = Vec::new();
        self.left.retain(|(key, value)| {
            let is_it = key == name;
            if is_it {
                values.push(value.clone());
            }
            !is_it
        });
        values
    }

    /// All values of a filter.
    ///
    /// # Errors
    /// When one is empty: it could only match nothing.
    pub(super) fn wanted(&mut self, name: &'static str) -> Result<Vec<String>, BadRequest> {
        let values = self.all(name);
        match values.iter().any(String::is_empty) {
            true => Err(BadRequest::new(format!("{name} must not be empty"))),
            false => Ok(values),
        }
    }

    /// The values of a parameter that takes lists: `fields=a,b`.
    ///
    /// # Errors
    /// When it is empty.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Vec<String>, BadRequest> {
        let values = self.wanted(name)?;
        let split = values.iter().flat_map(|value| value.split(','));
        Ok(split.filter(|value| !value.is_empty()).map(str::to_owned).collect())
    }

    /// The value of a parameter that takes one.
    ///
    /// # Errors
    /// When it is given more than once, or empty.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, BadRequest> {
        match self.one(name)? {
            Some(value) if value.is_empty() => Err(BadRequest::new(format!("{name} must not be empty"))),
            value => Ok(value),
        }
    }

    /// # Errors
    /// When it is given more than once.
    fn one(&mut self, name: &'static str) -> Result<Option<String>, BadRequest> {
        let mut values = self.all(name);
        match values.len() {
            0 | 1 => Ok(values.pop()),
            _ => Err(BadRequest::new(format!("{name} can be given only once"))),
        }
    }

    /// `tree`, `tree=1`, `tree=true`; the opposite with `0` and `false`.
    ///
    /// # Errors
    /// When it has another value.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, BadRequest> {
        match self.one(name)?.as_deref() {
            None | Some("0" | "false") => Ok(false),
            Some("" | "1" | "true") => Ok(true),
            Some(_) => Err(BadRequest::new(format!("{name} must be true or false"))),
        }
    }

    /// Values of an enumeration.
    ///
    /// # Errors
    /// When a value is none of its names.
    pub(super) fn names<T: ValueEnum>(&mut self, name: &'static str) -> Result<Vec<T>, BadRequest> {
        let values = self.list(name)?.into_iter();
        let parse = |value: String| {
            T::from_str(&value, false).map_err(|_| {
                let known = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
                let known: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
                BadRequest::new(format!("'{value}' is no value of {name}")).with_hint(known.join(", "))
            })
        };
        values.map(parse).collect()
    }

    /// The filters of the commands.
    ///
    /// # Errors
    /// When one is given twice or has an unknown value.
    pub(super) fn filters(&mut self) -> Result<FilterText, BadRequest> {
        let filters = FilterText {
            since: self.text("since")?,
            until: self.text("until")?,
            on: self.text("on")?,
            agent: self.wanted("agent")?,
            provider: self.wanted("provider")?,
            model: self.wanted("model")?,
            project: self.wanted("project")?,
            session: self.wanted("session")?,
            branch: self.wanted("branch")?,
            subagent: self.wanted("subagent")?,
            presence: self.names::<PresenceWanted>("presence")?,
            grep: self.wanted("grep")?,
        };
        if filters.on.is_some() && (filters.since.is_some() || filters.until.is_some()) {
            return Err(BadRequest::new("on cannot be combined with since or until"));
        }
        Ok(filters)
    }

    /// # Errors
    /// When one is given twice or has a wrong value.
    pub(super) fn rows(&mut self) -> Result<RowParams, BadRequest> {
        let limit = self.text("limit")?;
        let count = |text: &String| {
            let parsed = text.parse();
            parsed.map_err(|_| BadRequest::new("limit must be a number of rows"))
        };
        let fields = self.list("fields")?;
        if fields.iter().any(|field| field == "help") {
            return Err(BadRequest::new("fields=help is for the command line").with_hint("use /v1/schema?row=KIND"));
        }
        Ok(RowParams {
            fields,
            sort: self.text("sort")?,
            limit: limit.as_ref().map(count).transpose()?,
        })
    }

    /// Refuses parameters that were not read: a filter that is lost would be a wrong number.
    ///
    /// # Errors
    /// When there are any.
    pub(super) fn finish(self) -> Result<(), BadRequest> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => {
                let known = match self.read.is_empty() {
                    true => "this path takes no parameters".to_owned(),
                    false => format!("known here: {}", self.read.join(", ")),
                };
                Err(BadRequest::new(format!("unknown parameter '{name}'")).with_hint(known))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Params::new(owned.collect())
    }

    #[test]
    fn parameters_are_flags_filters_and_lists() {
        let mut given = params(&[
            ("agent", "codex"),
            ("fields", "a,b"),
            ("agent", "pi"),
            ("tree", ""),
            ("limit", "3"),
            ("presence", "gone"),
        ]);
        assert!(given.flag("tree").expect("a flag"));
        let filters = given.filters().expect("filters");
        assert_eq!(filters.agent, ["codex", "pi"]);
        assert_eq!(filters.presence, [PresenceWanted::Gone]);
        let rows = given.rows().expect("rows");
        assert_eq!((rows.fields.len(), rows.limit), (2, Some(3)));
        given.finish().expect("nothing is left");
    }

    #[test]
    fn wrong_parameters_are_refused() {
        assert!(params(&[("sinse", "7d")]).finish().is_err());
        assert!(params(&[("limit", "-1")]).rows().is_err());
        assert!(params(&[("since", "7d"), ("since", "8d")]).filters().is_err());
        assert!(params(&[("presence", "elsewhere")]).filters().is_err());
        assert!(params(&[("on", "today"), ("since", "7d")]).filters().is_err());
        assert!(params(&[("tree", "maybe")]).flag("tree").is_err());
    }
}
