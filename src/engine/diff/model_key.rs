//! Model keys: equal for every spelling of a model that programs and bills use.

/// The words and numbers of a model's name. `claude-sonnet-4-5-20250929`, `anthropic/claude-4.5-sonnet` and `Claude Sonnet
/// 4.5` have the same key; `gpt-5.4` and `gpt-4.5` do not, because numbers keep their order.
pub(super) fn model_key(name: &str) -> String {
    // ccusage marks the models of an agent: `[pi] claude-haiku-4-5`.
    let name = name
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .map_or(name, |(_, name)| name);
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    // A variant of a router, as in `model:free` and `model@region`, is no part of the name.
    let name = name.split([':', '@']).next().unwrap_or(&name).to_owned();
    let parts: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty() && *part != "latest")
        .collect();
    let (mut words, mut numbers) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < parts.len() {
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        match &parts[at..] {
            [date, ..] if is_number(date) && date.len() == 8 && date.starts_with("20") => at += 1,
            [year, month, day, ..]
                if is_number(year)
                    && year.len() == 4
                    && year.starts_with("20")
                    && [month, day].iter().all(|part| is_number(part) && part.len() == 2) =>
            {
                at += 3;
            }
            [number, ..] if is_number(number) => {
                numbers.push(*number);
                at += 1;
            }
            [word, ..] => {
                words.push(*word);
                at += 1;
            }
            [] => break,
        }
    }
    words.sort_unstable();
    format!("{} {}", words.join(" "), numbers.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_model_share_a_key_and_models_do_not() {
        let same = [
            &[
                "claude-sonnet-4-5",
                "claude-sonnet-4-5-20250929",
                "anthropic/claude-4.5-sonnet-20250929",
                "Claude Sonnet 4.5",
                "[pi] claude-sonnet-4-5",
                "anthropic/claude-sonnet-4.5:beta",
            ][..],
            &[
                "Claude 3.5 Sonnet 2024-10-22",
                "claude-3-5-sonnet-20241022",
                "claude-3-5-sonnet-latest",
            ],
            &["gpt-5.4", "gpt-5.4-2026-03-05", "openai/gpt-5.4"],
            &["gpt-4.5"],
            &["gpt-5"],
            &["gpt-5-mini", "gpt-5-mini-2025-08-07"],
            &["gpt-4o"],
            &["kimi-k2-0905"],
        ];
        for (at, names) in same.iter().enumerate() {
            for name in *names {
                for (other, others) in same.iter().enumerate() {
                    for candidate in *others {
                        assert_eq!(
                            model_key(name) == model_key(candidate),
                            at == other,
                            "{name} and {candidate}"
                        );
                    }
                }
            }
        }
    }
}
