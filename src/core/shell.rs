//! Words of a shell's command line, for hints and copied commands.

/// A word as every POSIX shell takes it unchanged.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_plain_words_go_without_quotes() {
        for (word, shown) in [
            ("opus-4.6", "opus-4.6"),
            ("~", "'~'"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("=x", "'=x'"),
            ("/w/a-b_1", "/w/a-b_1"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
