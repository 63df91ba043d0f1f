//! One line of a price file: the price of a model at a provider since a point in time.

use crate::core::price::{Price, Rate, Rates, Tier, rate_of_dollars};
use crate::core::time::Time;
use crate::core::turn::Mode;
use crate::system::parse_instant;
use std::fmt::Write;

/// A line without the provider and model it prices.
///
/// `anthropic␉claude-opus-5␉␉5␉25␉0.5␉6.25␉-␉>200000=10,37.5,1,12.5,- fast=10,50,1,12.5,-`: provider, model, since
/// (empty: as far back as known), dollars for a million tokens of input, output, cache read, cache write, reasoning
/// (`-`: not listed), then tiers and modes with their five prices, and why the price changed where that was reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Epoch milliseconds.
    pub since: Option<i64>,
    pub standard: Price,
    pub modes: Vec<(Mode, Price)>,
    /// Why it changed, where the step was reviewed.
    pub why: Option<String>,
}

/// The names of the modes that a list prices.
const MODES: [(&str, Mode); 2] = [("fast", Mode::Fast), ("priority", Mode::Priority)];

/// The mode a list calls so; lists have others (`pro`) that no agent records.
pub(super) fn mode_named(name: &str) -> Option<Mode> {
    MODES.iter().find(|(listed, _)| *listed == name).map(|(_, mode)| *mode)
}

impl Entry {
    /// Everything for nothing, as far back as known.
    pub(crate) fn free() -> Self {
        Self {
            since: None,
            standard: Price::free(),
            modes: Vec::new(),
            why: None,
        }
    }

    /// Whether both have the same price.
    pub(crate) fn is_same_price(&self, other: &Self) -> bool {
        self.standard == other.standard && self.modes == other.modes
    }

    /// The line, with its newline.
    pub(crate) fn line(&self, provider_id: &str, model_id: &str) -> String {
        let mut line = format!("{provider_id}\t{model_id}\t");
        if let Some(since) = self.since {
            let _ = write!(line, "{}", Time(since));
        }
        line.push('\t');
        push_rates(&mut line, self.standard.base(), '\t');
        let mut before = '\t';
        for tier in self.standard.tiers() {
            push_part(&mut line, &mut before, "", Some(tier.above), &tier.rates);
        }
        for (mode, price) in &self.modes {
            let Some((name, _)) = MODES.iter().find(|(_, listed)| listed == mode) else {
                continue;
            };
            push_part(&mut line, &mut before, name, None, price.base());
            for tier in price.tiers() {
                push_part(&mut line, &mut before, name, Some(tier.above), &tier.rates);
            }
        }
        if let Some(why) = &self.why {
            line.push_str(if before == '\t' { "\t\t" } else { "\t" });
            line.push_str(why);
        }
        line.push('\n');
        line
    }

    /// Parses the fields after provider and model; `None` if ttop did not write the line.
    pub(crate) fn parse(fields: &str) -> Option<Self> {
        let mut fields = fields.split('\t');
        let since = match fields.next()? {
            "" => None,
            text => Some(parse_instant(text)?),
        };
        let mut prices = [""; 5];
        for price in &mut prices {
            *price = fields.next()?;
        }
        let mut standard = (parse_rates(prices.into_iter())?, Vec::new());
        let mut modes: Vec<(Mode, Rates, Vec<Tier>)> = Vec::new();
        for part in fields.next().unwrap_or_default().split_whitespace() {
            let (key, prices) = part.split_once('=')?;
            let rates = parse_rates(prices.split(','))?;
            let (name, above) = match key.split_once('>') {
                Some((name, above)) => (name, Some(above.parse().ok()?)),
                None => (key, None),
            };
            match (name, above) {
                ("", Some(above)) => standard.1.push(Tier { above, rates }),
                // A mode comes before its tiers.
                (name, Some(above)) => {
                    let mode = mode_named(name)?;
                    let listed = modes.iter_mut().find(|(listed, ..)| *listed == mode)?;
                    listed.2.push(Tier { above, rates });
                }
                (name, None) => modes.push((mode_named(name)?, rates, Vec::new())),
            }
        }
        let why = fields.next().filter(|why| !why.is_empty()).map(str::to_owned);
        Some(Self {
            since,
            why,
            standard: Price::new(standard.0, standard.1),
            modes: modes
                .into_iter()
                .map(|(mode, rates, tiers)| (mode, Price::new(rates, tiers)))
                .collect(),
        })
    }
}

fn push_part(line: &mut String, before: &mut char, mode: &str, above: Option<u64>, rates: &Rates) {
    line.push(*before);
    *before = ' ';
    line.push_str(mode);
    if let Some(above) = above {
        let _ = write!(line, ">{above}");
    }
    line.push('=');
    push_rates(line, rates, ',');
}

fn push_rates(line: &mut String, rates: &Rates, between: char) {
    let listed = [Some(rates.output), rates.cache_read, rates.cache_write, rates.reasoning];
    push_rate(line, Some(rates.input));
    for rate in listed {
        line.push(between);
        push_rate(line, rate);
    }
}

/// Dollars for a million tokens, as short as exact: `0.0255508`, `3`, `-` for none.
fn push_rate(line: &mut String, rate: Option<Rate>) {
    let Some(rate) = rate else { return line.push('-') };
    let text = format!("{}.{:09}", rate / 1_000_000_000, rate % 1_000_000_000);
    line.push_str(text.trim_end_matches('0').trim_end_matches('.'));
}

fn parse_rates<'a>(mut prices: impl Iterator<Item = &'a str>) -> Option<Rates> {
    let mut next = || match prices.next()? {
        "-" => Some(None),
        text => text.parse().ok().and_then(rate_of_dollars).map(Some),
    };
    let (input, output, cache_read, cache_write, reasoning) = (next()??, next()??, next()?, next()?, next()?);
    Some(Rates {
        input,
        output,
        reasoning,
        cache_read,
        cache_write,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_as_it_was_written() {
        for line in [
            "openai\tgpt-4\t\t30\t60\t-\t-\t-\n",
            "aihubmix\tglm-4.6\t2026-11-20T18:00:00.000Z\t0.5\t1000000\t0.0547948\t0\t7\n",
            "a\tb\t\t1\t2\t-\t-\t-\t\twhy (source)\n",
            "a\tb\t\t1\t2\t-\t-\t-\tfast=2,4,-,-,-\twhy (source)\n",
            "a\tb/c:free\t\t1\t2\t-\t-\t-\t>32000=2,3,-,-,- >128000=4,5,0.1,0.2,6 fast=2,4,-,-,- fast>200000=4,8,-,-,-\n",
        ] {
            let (head, fields) = line
                .trim_end()
                .split_at(line.match_indices('\t').nth(1).expect("two tabs").0 + 1);
            let (provider, model) = head.trim_end().split_once('\t').expect("two names");
            let entry = Entry::parse(fields).expect(line);
            assert_eq!(entry.line(provider, model), line);
        }
    }

    #[test]
    fn what_no_ttop_wrote_is_refused() {
        for fields in [
            "",
            "\t1\t2\t-\t-",
            "\t-\t2\t-\t-\t-",
            "\t1\tx\t-\t-\t-",
            "\t-1\t2\t-\t-\t-",
            "yesterday\t1\t2\t-\t-\t-",
            "\t1\t2\t-\t-\t-\tsoon=1,2,-,-,-",
            "\t1\t2\t-\t-\t-\t>x=1,2,-,-,-",
            "\t1\t2\t-\t-\t-\t>1=1,2",
        ] {
            assert_eq!(Entry::parse(fields), None, "{fields:?}");
        }
    }
}
