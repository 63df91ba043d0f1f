//! Cuts the texts of a column so that different ones stay different.

use super::column::Align;
use super::text::{ELLIPSIS, cut_end, cut_middle, width};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A text in at most so many columns.
type Cut = fn(&str, usize) -> Cow<'_, str>;

/// The texts in at most `limit` columns. Texts that would look the same are cut where they do not differ: model ids keep
/// their end where their beginnings are equal.
pub(super) fn cut_column(texts: &[&str], align: Align, limit: usize) -> Vec<String> {
    let usual: Cut = if align == Align::Path { cut_middle } else { cut_end };
    let mut cut: Vec<String> = texts.iter().map(|text| usual(text, limit).into_owned()).collect();
    let mut alike: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (text, cut) in texts.iter().zip(&cut) {
        alike.entry(cut.clone()).or_default().insert(text);
    }
    for (look, group) in alike.into_iter().filter(|(_, group)| group.len() > 1) {
        let shared = shared_beginning(&group);
        let candidates = [
            group
                .iter()
                .map(|text| without_shared(text, shared, limit))
                .collect::<Vec<_>>(),
            group.iter().map(|text| cut_middle(text, limit).into_owned()).collect(),
        ];
        let distinct = |shown: &Vec<String>| shown.iter().collect::<BTreeSet<_>>().len();
        let Some(best) = candidates
            .into_iter()
            .rev()
            .max_by_key(distinct)
            .filter(|best| distinct(best) > 1)
        else {
            continue;
        };
        let best: BTreeMap<&str, String> = group.into_iter().zip(best).collect();
        for (text, cut) in texts.iter().zip(&mut cut).filter(|(_, cut)| **cut == look) {
            if let Some(better) = best.get(text) {
                cut.clone_from(better);
            }
        }
    }
    cut
}

/// Bytes that all texts begin with, up to the last border between words.
fn shared_beginning(group: &BTreeSet<&str>) -> usize {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return 0;
    };
    let same = first.char_indices().zip(last.chars()).take_while(|((_, a), b)| a == b);
    let border = same.filter(|((_, character), _)| !character.is_alphanumeric()).last();
    border.map_or(0, |((at, character), _)| at + character.len_utf8())
}

/// `us.an…sonnet-4-5`: some of the shared beginning, then what follows it.
fn without_shared(text: &str, shared: usize, limit: usize) -> String {
    let (beginning, rest) = text.split_at(shared);
    let head = cut_end(beginning, (limit / 3).max(2)).into_owned();
    let head = head.trim_end_matches(ELLIPSIS);
    let room = limit.saturating_sub(width(head) + width(ELLIPSIS));
    format!("{head}{ELLIPSIS}{}", cut_end(rest, room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_look_different() {
        let models = [
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "us.anthropic.claude-opus-4-1-20250805-v1:0",
            "us.anthropic.claude-sonnet-4-20250514-v1:0",
            "gpt-5.5",
        ];
        let cut = cut_column(&models, Align::Left, 20);
        assert_eq!(cut[3], "gpt-5.5");
        assert_eq!(cut.iter().collect::<BTreeSet<_>>().len(), 4, "{cut:?}");
        assert!(cut.iter().all(|cut| width(cut) <= 20), "{cut:?}");
        assert!(cut[1].contains("opus"), "{cut:?}");
        let titles = [
            "Explain the build pipeline",
            "Explain the build pipeline (fork #1)",
            "Fix it",
        ];
        let cut = cut_column(&titles, Align::Left, 16);
        assert_ne!(cut[0], cut[1], "{cut:?}");
        let paths = [
            "/home/dev/work/a/very/long/backend",
            "/home/dev/play/b/very/long/backend",
        ];
        let cut = cut_column(&paths, Align::Path, 18);
        assert_ne!(cut[0], cut[1], "{cut:?}");
    }

    #[test]
    fn equal_texts_stay_equal_and_short_ones_whole() {
        assert_eq!(cut_column(&["abc", "abc"], Align::Left, 10), ["abc", "abc"]);
        assert_eq!(
            cut_column(&["abcdefghijkl", "abcdefghijkl"], Align::Left, 6),
            ["abcde…", "abcde…"]
        );
    }
}
