//! Turns with their message ids: those of several packs in one order, or pack by pack.

use super::Ledger;
use super::pack::Pack;
use super::query::{FoundTurn, Head, Selection};
use anyhow::Result;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

impl Ledger {
    /// Every counted turn in the range, oldest first; holds only the packs that overlap at the same time.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn turns<'l>(&'l self, selection: &Selection) -> Result<Turns<'l>> {
        let mut heads = self.heads(selection)?;
        // Latest first, so that the next one to open is at the end.
        heads.sort_by_key(|(head, first_at)| Reverse((*first_at, head.pack)));
        let (start, end) = (selection.start, selection.end);
        Ok(Turns {
            ledger: self,
            start,
            end,
            heads,
            open: FxHashMap::default(),
            next: BinaryHeap::new(),
            is_pack_by_pack: false,
        })
    }

    /// The same turns, pack by pack: those of a session that are stored together follow each other, and a column of them
    /// repeats its values. Packs are in the order of their first turns.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn turns_by_pack<'l>(&'l self, selection: &Selection) -> Result<Turns<'l>> {
        Ok(Turns {
            is_pack_by_pack: true,
            ..self.turns(selection)?
        })
    }
}

/// The counted turns of several packs in one order.
pub struct Turns<'l> {
    ledger: &'l Ledger,
    start: i64,
    end: i64,
    /// Not opened yet, by the time of their first turn, latest first.
    heads: Vec<(Head, i64)>,
    open: FxHashMap<i64, Open>,
    /// Time, event and pack of the next turn of each open pack.
    next: BinaryHeap<Reverse<(i64, u64, i64)>>,
    /// Whether one pack ends before the next one is opened.
    is_pack_by_pack: bool,
}

struct Open {
    head: Head,
    pack: Pack,
    at: usize,
}

impl Turns<'_> {
    /// Puts an open pack in line with its next counted turn from a position on; drops it when there is none.
    fn line_up(&mut self, mut open: Open, from: usize) {
        let found = (from..open.pack.turns.len()).find(|&at| {
            let turn = &open.pack.turns[at];
            turn.counted && (self.start..self.end).contains(&turn.numbers.timestamp)
        });
        if let Some(at) = found {
            open.at = at;
            let turn = &open.pack.turns[at];
            self.next
                .push(Reverse((turn.numbers.timestamp, turn.event.0, open.head.pack)));
            self.open.insert(open.head.pack, open);
        }
    }
}

impl Iterator for Turns<'_> {
    type Item = Result<FoundTurn>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(&(head, first_at)) = self.heads.last() {
            let is_later = |Reverse((at, ..)): &Reverse<(i64, u64, i64)>| self.is_pack_by_pack || *at < first_at;
            if self.next.peek().is_some_and(is_later) {
                break;
            }
            self.heads.pop();
            match self.ledger.pack(head.pack) {
                Ok(pack) => self.line_up(Open { head, pack, at: 0 }, 0),
                Err(error) => return Some(Err(error)),
            }
        }
        let Reverse((_, _, id)) = self.next.pop()?;
        let open = self.open.remove(&id)?;
        let turn = open.pack.turns[open.at];
        let found = FoundTurn {
            head: open.head,
            turn,
            message_id: open.pack.message_id(&turn).to_owned(),
        };
        let after = open.at + 1;
        self.line_up(open, after);
        Some(Ok(found))
    }
}
