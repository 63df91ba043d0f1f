//! Templates: `{today.cost} {session.model}`, with every fact of a bar by name.

use super::facts::{self, GROUPS};
use super::{Icons, Part, Piece, SEGMENTS, Segment};
use crate::core::snapshot::{Burn, Snapshot, Span};
use crate::render::keys::similar;
use crate::render::text::{cut_end, plain};
use crate::render::{Tone, UNKNOWN, number};

/// Maximum width of a value: titles can be arbitrarily long.
const FACT_WIDTH: usize = 60;

/// A template that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Text(String),
    /// Its place in [`facts`].
    Fact(usize),
}

/// A fact by name; `None` = unknown.
type Fact = (&'static str, fn(&Scene<'_>) -> Option<String>);

struct Scene<'a> {
    snapshot: &'a Snapshot,
    now: i64,
    icons: Icons,
}

impl Scene<'_> {
    fn tokens(&self, span: &Span) -> Option<String> {
        (self.now < span.end).then(|| number::tokens(span.tokens.or((span.turns == 0).then_some(0))))
    }

    fn count(&self, span: &Span, count: u64) -> Option<String> {
        (self.now < span.end).then(|| count.to_string())
    }

    fn group(&self, at: usize) -> Option<String> {
        let count = || GROUPS[at].of(self.snapshot).count().to_string();
        self.snapshot.has_looked().then(count)
    }

    fn burn(&self) -> Option<&Burn> {
        self.snapshot.is_burning(self.now).then_some(&self.snapshot.burn)
    }

    fn segment(&self, name: &str) -> Option<String> {
        let part = Segment::find(name)?.part(self.snapshot, self.now, Icons::Ascii);
        Some(part.map_or_else(String::new, |part| part.text()))
    }
}

static FACTS: &[Fact] = &[
    ("today.cost", |scene| {
        Some(facts::spent(&scene.snapshot.today, scene.now, scene.icons))
    }),
    ("today.tokens", |scene| scene.tokens(&scene.snapshot.today)),
    ("today.turns", |scene| {
        scene.count(&scene.snapshot.today, scene.snapshot.today.turns)
    }),
    ("today.sessions", |scene| {
        scene.count(&scene.snapshot.today, scene.snapshot.today.sessions)
    }),
    ("week.cost", |scene| {
        Some(facts::spent(&scene.snapshot.week, scene.now, scene.icons))
    }),
    ("week.tokens", |scene| scene.tokens(&scene.snapshot.week)),
    ("week.turns", |scene| {
        scene.count(&scene.snapshot.week, scene.snapshot.week.turns)
    }),
    ("week.sessions", |scene| {
        scene.count(&scene.snapshot.week, scene.snapshot.week.sessions)
    }),
    ("month.cost", |scene| {
        Some(facts::spent(&scene.snapshot.month, scene.now, scene.icons))
    }),
    ("month.tokens", |scene| scene.tokens(&scene.snapshot.month)),
    ("month.turns", |scene| {
        scene.count(&scene.snapshot.month, scene.snapshot.month.turns)
    }),
    ("month.sessions", |scene| {
        scene.count(&scene.snapshot.month, scene.snapshot.month.sessions)
    }),
    ("session.id", |scene| Some(scene.snapshot.session.as_ref()?.id.clone())),
    ("session.name", |scene| scene.snapshot.session.as_ref()?.name.clone()),
    ("session.agent", |scene| {
        Some(scene.snapshot.session.as_ref()?.agent.clone())
    }),
    ("session.model", |scene| scene.snapshot.session.as_ref()?.model.clone()),
    ("session.cost", |scene| {
        Some(facts::money(scene.snapshot.session.as_ref()?.cost, scene.icons))
    }),
    ("session.tokens", |scene| {
        Some(number::tokens(scene.snapshot.session.as_ref()?.tokens))
    }),
    ("block.provider", |scene| block(scene)?.provider.clone()),
    ("block.cost", |scene| {
        Some(facts::money(block(scene)?.cost, scene.icons))
    }),
    ("block.left", |scene| {
        Some(number::duration(block(scene)?.end - scene.now))
    }),
    ("limit.provider", |scene| {
        Some(facts::short(&limit(scene)?.name).to_owned())
    }),
    ("limit.label", |scene| Some(limit(scene)?.label.clone())),
    ("limit.percent", |scene| {
        Some(number::percent(Some(limit(scene)?.used_percent.round())))
    }),
    ("limit.left", |scene| {
        Some(number::duration(limit(scene)?.resets_at? - scene.now))
    }),
    ("burn.tokens", |scene| {
        Some(number::tokens(Some(scene.burn()?.tokens_per_minute())))
    }),
    ("burn.cost", |scene| {
        Some(facts::money(scene.burn()?.cost_per_hour(), scene.icons))
    }),
    ("burn.spark", |scene| Some(scene.icons.spark(&scene.burn()?.hour))),
    ("budget.id", |scene| Some(budget(scene)?.id.clone())),
    ("budget.percent", |scene| {
        Some(number::percent(budget(scene)?.used_percent.map(f64::round)))
    }),
    ("budget.spent", |scene| {
        Some(facts::money(budget(scene)?.spent?, scene.icons))
    }),
    ("status", |scene| scene.segment("status")),
    ("status.asking", |scene| scene.group(0)),
    ("status.active", |scene| scene.group(1)),
    ("status.thinking", |scene| scene.group(2)),
    ("status.error", |scene| scene.group(3)),
    ("status.idle", |scene| scene.group(4)),
    ("status.stale", |scene| scene.group(5)),
    ("waiting.count", |scene| scene.group(0)),
    ("waiting.name", |scene| {
        facts::waiting(scene.snapshot).first()?.name.clone()
    }),
    ("age", |scene| {
        let has_any = scene.snapshot.summed_at != 0;
        has_any.then(|| number::duration(scene.snapshot.age(scene.now)))
    }),
];

fn limit<'a>(scene: &Scene<'a>) -> Option<&'a crate::core::snapshot::LimitNow> {
    facts::fullest(scene.snapshot, scene.now)
}

fn budget<'a>(scene: &Scene<'a>) -> Option<&'a crate::core::snapshot::BudgetNow> {
    facts::tightest(scene.snapshot, scene.now)
}

/// The block that costs most of those that now is in.
fn block<'a>(scene: &Scene<'a>) -> Option<&'a crate::core::snapshot::Block> {
    let present = scene.snapshot.blocks.iter().filter(|block| block.end > scene.now);
    present.max_by_key(|block| block.cost.money())
}

impl Template {
    /// Parses `{fact}`, `{{` and `}}`.
    ///
    /// # Errors
    ///
    /// The part that cannot be parsed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let found = &rest[at..];
            rest = if let Some(after) = found.strip_prefix("{{").or_else(|| found.strip_prefix("}}")) {
                plain.push_str(&found[..1]);
                after
            } else if let Some((name, after)) = found.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                let fact = FACTS.iter().position(|(known, _)| *known == name);
                let fact = fact.ok_or_else(|| {
                    let names = || FACTS.iter().map(|(name, _)| *name);
                    let hint = match &similar(name, names())[..] {
                        [] => format!("known fields: {}", names().collect::<Vec<_>>().join(", ")),
                        near => format!("did you mean {{{}}}?", near.join("}, {")),
                    };
                    format!("unknown field '{{{name}}}'; {hint}")
                })?;
                if !plain.is_empty() {
                    pieces.push(Token::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Token::Fact(fact));
                after
            } else {
                return Err(format!("'{found}': double a literal brace"));
            };
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Token::Text(plain));
        }
        Ok(Self { pieces })
    }

    /// One part, as urgent as the most urgent of all segments.
    pub fn part(&self, snapshot: &Snapshot, now: i64, icons: Icons) -> Part {
        let scene = Scene { snapshot, now, icons };
        let unknown = || icons.words(UNKNOWN.to_owned());
        let text = |token: &Token| match token {
            Token::Text(text) => Piece::new(text, Tone::Plain),
            Token::Fact(at) => {
                let fact = (FACTS[*at].1)(&scene).unwrap_or_else(unknown);
                Piece::new(&cut_end(&plain(&fact), FACT_WIDTH), Tone::Plain)
            }
        };
        let levels = SEGMENTS
            .iter()
            .filter_map(|segment| segment.part(snapshot, now, icons))
            .map(|part| part.level);
        Part {
            name: "template",
            pieces: self.pieces.iter().map(text).collect(),
            level: levels.max().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(template: &str) -> Result<String, String> {
        let mut snapshot = Snapshot::default();
        snapshot.today.end = 10;
        let part = Template::parse(template)?.part(&snapshot, 5, Icons::Unicode);
        Ok(part.pieces.into_iter().map(|piece| piece.text).collect())
    }

    #[test]
    fn facts_stand_for_themselves_and_doubled_braces_for_one() {
        assert_eq!(
            drawn("today {today.turns} {{x}} {today.tokens}").as_deref(),
            Ok("today 0 {x} 0")
        );
        assert_eq!(drawn("{week.turns}|{session.name}|").as_deref(), Ok("—|—|"));
        assert_eq!(drawn("").as_deref(), Ok(""));
    }

    #[test]
    fn what_is_not_known_is_named() {
        assert!(drawn("{today.dollars}").is_err_and(|error| error.contains("today.cost")));
        for template in ["{today.cost", "a } b", "{"] {
            assert!(drawn(template).is_err(), "{template}");
        }
    }
}
