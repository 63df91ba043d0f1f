//! Short ids: the least of a session's id that names it, and what a short id means.

/// The ids of all sessions, to shorten one of them by.
#[derive(Clone, Debug, Default)]
pub struct ShortIds {
    sorted: Vec<String>,
    /// The same ids, each written backwards.
    reversed: Vec<String>,
}

/// Shorter ones are easily mistyped into another.
const LEAST: usize = 4;
/// Above this, an id's both ends are shown instead of one.
const LONG: usize = 12;
/// Between both ends of an id.
const GAP: &str = "..";

impl ShortIds {
    pub fn new(ids: impl IntoIterator<Item = String>) -> Self {
        let mut sorted: Vec<String> = ids.into_iter().filter(|id| !id.is_empty()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut reversed: Vec<String> = sorted.iter().map(|id| backwards(id)).collect();
        reversed.sort_unstable();
        Self { sorted, reversed }
    }

    /// The shortest beginning or end of an id that no other id shares; both ends where either alone is long. Without any
    /// known id, the id as it is.
    pub fn of(&self, id: &str) -> String {
        if self.sorted.is_empty() {
            return id.to_owned();
        }
        let beginning = unique_beginning(id, &self.sorted);
        let end = backwards(&unique_beginning(&backwards(id), &self.reversed));
        let end = Some(end).filter(|end| self.is_end_only(end, id));
        let length = |text: &str| text.chars().count();
        let best = match end {
            Some(end) if length(&end) < length(&beginning) => end,
            _ => beginning,
        };
        if length(&best) <= LONG {
            return best;
        }
        self.both_ends(id)
            .filter(|both| length(both) < length(&best))
            .unwrap_or(best)
    }

    /// The characters of the longest short id; among very many ids, of the longest that there can be.
    pub fn longest(&self) -> usize {
        const MOST: usize = 2_000;
        match self.sorted.len() {
            0..=MOST => self
                .sorted
                .iter()
                .map(|id| self.of(id).chars().count())
                .max()
                .unwrap_or(LEAST),
            _ => LONG,
        }
    }

    /// An end is taken for one only where no id begins like it, and it must not look like a flag.
    fn is_end_only(&self, end: &str, id: &str) -> bool {
        end.starts_with(char::is_alphanumeric) && (end == id || !begin_with(end, &self.sorted).any(|other| other != id))
    }

    fn both_ends(&self, id: &str) -> Option<String> {
        let characters: Vec<char> = id.chars().collect();
        let head: String = characters.iter().take(LEAST).collect();
        let alike: Vec<&String> = begin_with(&head, &self.sorted).collect();
        (2..=LONG).find_map(|count| {
            let tail: String = characters[characters.len().checked_sub(count)?..].iter().collect();
            let is_unique = alike.iter().all(|other| *other == id || !other.ends_with(&tail));
            is_unique.then(|| format!("{head}{GAP}{tail}"))
        })
    }
}

/// The ids that a text means: the one it is, else those that begin with it, else those that end with it or have its two
/// ends (`01a1..0042`).
pub fn meant<'a>(text: &str, ids: impl Iterator<Item = &'a str> + Clone) -> Vec<&'a str> {
    let all = |is_meant: &dyn Fn(&str) -> bool| {
        let mut meant: Vec<&str> = ids.clone().filter(|id| is_meant(id)).collect();
        meant.sort_unstable();
        meant.dedup();
        meant
    };
    let exact = all(&|id| id == text);
    if !exact.is_empty() {
        return exact;
    }
    let beginning = all(&|id| id.starts_with(text));
    if !beginning.is_empty() || text.chars().count() < LEAST {
        return beginning;
    }
    match text.split_once(GAP) {
        Some((head, tail)) => {
            all(&|id| id.len() >= head.len() + tail.len() && id.starts_with(head) && id.ends_with(tail))
        }
        None => all(&|id| id.ends_with(text)),
    }
}

fn backwards(text: &str) -> String {
    text.chars().rev().collect()
}

/// The shortest beginning, of some length, that no other of the sorted ids has.
fn unique_beginning(id: &str, sorted: &[String]) -> String {
    let at = sorted.partition_point(|other| other.as_str() < id);
    let others = [at.checked_sub(1), Some(at), Some(at + 1)];
    let neighbors = others
        .into_iter()
        .flatten()
        .filter_map(|at| sorted.get(at))
        .filter(|other| *other != id);
    let shared = neighbors
        .map(|other| id.chars().zip(other.chars()).take_while(|(a, b)| a == b).count())
        .max();
    let length = shared.map_or(0, |shared| shared + 1).max(LEAST);
    id.chars().take(length).collect()
}

fn begin_with<'s>(beginning: &'s str, sorted: &'s [String]) -> impl Iterator<Item = &'s String> {
    let from = sorted.partition_point(|other| other.as_str() < beginning);
    sorted[from..]
        .iter()
        .take_while(move |other| other.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn short(ids: &[&str]) -> Vec<String> {
        let all = ShortIds::new(ids.iter().map(|id| (*id).to_owned()));
        ids.iter().map(|id| all.of(id)).collect()
    }

    #[test]
    fn the_shorter_unique_end_names_an_id() {
        assert_eq!(short(&["0a0f1c2d", "77f0c2d1"]), ["0a0f", "77f0"]);
        assert_eq!(short(&["ses_e07e12345aXyz1", "ses_e07e12346bQrs2"]), ["Xyz1", "Qrs2"]);
        assert_eq!(
            short(&[
                "01a1f8de-0000-7000-8000-000000000001",
                "01a1f8de-0000-7000-8000-000000000002",
                "5f0c-000000000001"
            ]),
            ["01a1..00001", "0002", "5f0c"].map(|id| if id == "01a1..00001" { "01a1..01" } else { id })
        );
        assert_eq!(short(&["abc"]), ["abc"]);
        assert_eq!(short(&["a", "ab", "abcdef"]), ["a", "ab", "abcd"]);
    }

    #[test]
    fn an_id_that_is_not_among_them_is_shortened_against_them() {
        let all = ShortIds::new(["abcd1111".to_owned(), "zzzz2222".to_owned()]);
        assert_eq!(all.of("abcd3333"), "3333");
        assert_eq!(ShortIds::default().of("abcd1111"), "abcd1111");
    }

    proptest! {
        #[test]
        fn a_short_id_means_its_id(ids in proptest::collection::btree_set("[ab_-]{1,12}", 1..20)) {
            let all = ShortIds::new(ids.iter().cloned());
            for id in &ids {
                let short = all.of(id);
                let meant = meant(&short, ids.iter().map(String::as_str));
                prop_assert_eq!(&meant, &[id.as_str()], "{} of {}", short, id);
            }
        }
    }
}
