//! The words with which a user began a session, without what programs put before them.

use super::lenient::{Text, part};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Tags around the user's own words.
const OWN: [&str; 5] = [
    "user_input",
    "user_message",
    "user_prompt",
    "user_query",
    "user_request",
];
/// Tags of programs whose names could be anybody's: with attributes, and with a second word.
const WITH_ATTRIBUTES: [&str; 1] = ["channel"];
const WITH_WORD: [&str; 1] = ["permissions"];
/// How texts begin that programs write in the user's place.
const NOTICES: [&str; 3] = ["# AGENTS.md instructions", "Caveat:", "[Request interrupted by user"];

/// The first words in a message's content: a string, `{"text":…}`, or an array of such parts.
pub fn first_words(content: Option<&RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Part<'a> {
        #[serde(borrow, default)]
        text: Option<Text<'a>>,
    }
    let of_part = |raw| part::<Part>(Some(raw)).and_then(|part| part.text);
    let texts = match content?.get().as_bytes().first()? {
        b'"' => vec![part::<Text>(content)],
        b'{' => vec![content.and_then(of_part)],
        _ => part::<Vec<&RawValue>>(content)
            .unwrap_or_default()
            .into_iter()
            .map(of_part)
            .collect(),
    };
    let mut texts = texts.into_iter().flatten();
    texts.find_map(|text| words(&text).map(str::to_owned))
}

/// The words of a text behind the elements that programs put before them: `<bash-input>…</bash-input>`,
/// `<ide_opened_file>…</ide_opened_file>`, `<teammate-message teammate_id="lead">…`. `None` where nothing is left.
pub fn words(text: &str) -> Option<&str> {
    let mut text = text.trim();
    while let Some(tag) = Tag::at_start(text) {
        let behind = &text[tag.end..];
        let Some((inside, rest)) = behind.split_once(&format!("</{}>", tag.name)) else {
            // Cut off, it hides what follows. Words that only begin with a tag go on in its line.
            let is_program = behind.is_empty() || behind.starts_with(['\n', '\r']);
            text = if is_program { "" } else { text };
            break;
        };
        let (inside, rest) = (inside.trim(), rest.trim_start());
        if OWN.contains(&tag.name) && !inside.is_empty() {
            if !(rest.is_empty() || rest.starts_with('<')) {
                break;
            }
            text = inside;
        } else {
            text = rest;
        }
    }
    let is_notice = NOTICES.iter().any(|notice| text.starts_with(notice));
    (!text.is_empty() && !is_notice).then_some(text)
}

/// The first tag of an element that a program wrote.
struct Tag<'a> {
    name: &'a str,
    /// Behind its `>`.
    end: usize,
}

impl<'a> Tag<'a> {
    /// Programs name theirs with two words, as in `<bash-input>`; with `<div>` users begin, too.
    fn at_start(text: &'a str) -> Option<Self> {
        let (tag, _) = text.strip_prefix('<')?.split_once('>')?;
        let is_word = |word: &str| {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            !word.is_empty() && word.bytes().all(is_plain)
        };
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let has_word = WITH_WORD.contains(&name) && is_word(attributes);
        let is_of_two = name.contains(['-', '_']) || WITH_ATTRIBUTES.contains(&name) && attributes.contains('=');
        let is_tag = (has_word || is_of_two) && name.split(['-', '_']).all(is_word) && !tag.ends_with('/');
        is_tag.then_some(Self {
            // Codex repeats the word when it closes its tag.
            name: if has_word { tag } else { name },
            end: tag.len() + 2,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_write_before_the_words_is_left_out() {
        for (text, expected) in [
            ("fix <bash-input>", Some("fix <bash-input>")),
            ("<div>", Some("<div>")),
            ("<a href=\"x\">", Some("<a href=\"x\">")),
            ("< 3 files", Some("< 3 files")),
            ("<Foo-Bar>", Some("<Foo-Bar>")),
            ("a-b>", Some("a-b>")),
            ("<->", Some("<->")),
            ("  \n", None),
            ("<bash-input>ls</bash-input>", None),
            ("  <task-notification>\n<task-id>", None),
            ("<environment_context>", None),
            ("<permissions instructions>", None),
            ("<permissions instructions>x</permissions instructions>", None),
            (
                "<ide_opened_file>a.rs</ide_opened_file>\nExplain it",
                Some("Explain it"),
            ),
            (
                "<ide_selection>1</ide_selection><system-reminder>2</system-reminder> Go",
                Some("Go"),
            ),
            (
                "<teammate-message teammate_id=\"lead\" summary=\"a > b\">do</teammate-message>",
                None,
            ),
            ("<channel source=\"x\">hi</channel>", None),
            ("<user_input mode=\"act\">Fix it</user_input>", Some("Fix it")),
            ("<user_query>\nFix it\n</user_query>", Some("Fix it")),
            (
                "<user_message>x</user_message> is what it sends",
                Some("<user_message>x</user_message> is what it sends"),
            ),
            ("<foo_bar> is broken, fix it", Some("<foo_bar> is broken, fix it")),
            (
                "<my-button type=\"submit\"> does nothing",
                Some("<my-button type=\"submit\"> does nothing"),
            ),
            (
                "<app-icon icon=\"x\"/> is missing\n</app-icon>",
                Some("<app-icon icon=\"x\"/> is missing\n</app-icon>"),
            ),
            ("<script setup> does not work", Some("<script setup> does not work")),
            (
                "<t extends object> as generic fails",
                Some("<t extends object> as generic fails"),
            ),
            ("[Request interrupted by user for tool use]", None),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn tags_in_tags_take_little_time() {
        let many = |open: &str, close: &str| format!("{}hi{}", open.repeat(100_000), close.repeat(100_000));
        for (open, close) in [
            ("<user_query>", ""),
            ("<user_query>", "</user_query>"),
            ("<a-b>", ""),
            ("<a-b>\n", "</a-b>"),
            ("<a-b></a-b>", ""),
        ] {
            let text = many(open, close);
            let started = std::time::Instant::now();
            let _ = words(&text);
            assert!(started.elapsed().as_secs() < 5, "{open}");
        }
    }

    #[test]
    fn the_first_part_with_words_counts() {
        let first = |json: &str| first_words(Some(&*RawValue::from_string(json.to_owned()).expect("JSON")));
        for (content, expected) in [
            (r#""Do it""#, Some("Do it")),
            (r#"{"text":"Do it"}"#, Some("Do it")),
            (
                r#"[{"type":"image"},{"text":" "},{"text":"<system-reminder>x</system-reminder>"},{"text":"Do it"}]"#,
                Some("Do it"),
            ),
            (
                r#"[{"functionResponse":{}},7,{"text":" "},{"text":"Do it"}]"#,
                Some("Do it"),
            ),
            (r#"[{"text":"<system-reminder>x</system-reminder>"}]"#, None),
            ("[]", None),
            ("7", None),
        ] {
            assert_eq!(first(content).as_deref(), expected, "{content}");
        }
    }
}
