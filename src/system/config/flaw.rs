//! A mistake in the configuration: its place, what ttop does about it, and the command that repairs it.

use crate::core::problem::Problem;
use std::fmt;

/// A wrong value or an unknown key of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The names of the key; none for the complete file.
    pub path: Vec<String>,
    /// The place with line and column, and what is wrong there.
    pub problem: Problem,
    /// What ttop does instead; empty for an unknown key.
    pub consequence: String,
    /// A command, or another way to repair it.
    pub repair: String,
    /// For an unknown key: the known one that it resembles; empty without one.
    pub meant: Option<Vec<String>>,
}

impl Flaw {
    /// Whether it is a key that ttop does not know and may leave alone.
    pub fn is_unknown(&self) -> bool {
        self.meant.is_some() && self.consequence.is_empty()
    }

    /// Whether the value of a key, or of anything below it, may be missing because of this.
    pub fn concerns(&self, key: &str) -> bool {
        let path = match &self.meant {
            Some(meant) if self.is_unknown() && meant.is_empty() => return false,
            Some(meant) if !meant.is_empty() => meant,
            _ => &self.path,
        };
        path.iter().zip(key.split('.')).all(|(name, known)| name == known)
    }

    /// The problem with its consequence.
    pub fn problem(&self) -> Problem {
        let mut problem = self.problem.clone();
        if !self.consequence.is_empty() {
            problem.reason = format!("{}; {}", problem.reason, self.consequence);
        }
        problem
    }
}

/// On one line, with the repair.
impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; to repair it, run: {}", self.problem(), self.repair)
    }
}

#[cfg(test)]
mod tests {
    use crate::system::config::Config;

    #[test]
    fn a_flaw_concerns_its_key_and_those_above_and_below() {
        let concerned = |text: &str, key: &str| Config::parse(text, "x").flaws().iter().any(|flaw| flaw.concerns(key));
        for (text, key, expected) in [
            (r#"{"budgets": {"daily": "x"}}"#, "budgets", true),
            (r#"{"budgets": {"daily": "x"}}"#, "budgets.daily", true),
            (r#"{"budgets": {"daily": "x"}}"#, "budgets.weekly", false),
            (r#"{"budgets": {"daily": "x"}}"#, "prices", false),
            (r#"{"budgets": 5}"#, "budgets.daily", true),
            (r#"{"budgets": {"dayly": 5}}"#, "budgets", true),
            (r#"{"budget": {"daily": 5}}"#, "budgets", true),
            (r#"{"budgets": {"comment": "mine"}}"#, "budgets", false),
            (
                r#"{"budgets": {"rules": [{"every": "day", "usd": 1, "comment": 1}]}}"#,
                "budgets",
                true,
            ),
            ("{", "budgets", true),
        ] {
            assert_eq!(concerned(text, key), expected, "{text} {key}");
        }
    }
}
