//! What the kernel tells of a process in one file: `/proc/<pid>/stat`.

use crate::system::open::{self, Most};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The fields of `stat` that are used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) name: String,
    pub(super) parent: u32,
    pub(super) group: u32,
    pub(super) session: u32,
    pub(super) tty: i64,
    pub(super) cpu_ticks: u64,
    pub(super) start_ticks: u64,
    pub(super) resident_pages: Option<u64>,
    /// `None` where the kernel keeps it to the owner.
    pub(super) stack_start: Option<u64>,
}

impl Stat {
    /// With the owner of the process's files.
    pub(super) fn read(dir: &Path) -> Option<(Self, u32)> {
        let (bytes, metadata) = open::read_start_with(&dir.join("stat"), Most::SETTINGS).ok()?;
        Some((Self::parse(&String::from_utf8_lossy(&bytes))?, metadata.uid()))
    }

    /// `4242 (node (x) y) S 1 4242 4242 34816 … 12 3 … 987654 …`: the name may hold spaces and brackets, so the last one ends it.
    fn parse(text: &str) -> Option<Self> {
        let (head, tail) = text.rsplit_once(')')?;
        let (_, name) = head.split_once('(')?;
        let fields: Vec<&str> = tail.split_whitespace().collect();
        // Counted from 3, as the manual does: the first after the name is `state`.
        let field = |number: usize| fields.get(number - 3).copied();
        let number = |at: usize| field(at)?.parse::<u64>().ok();
        // The kernel prints groups and sessions signed.
        let id = |at: usize| Some(field(at)?.parse::<u32>().unwrap_or(0));
        Some(Self {
            name: name.to_owned(),
            parent: id(4)?,
            group: id(5)?,
            session: id(6)?,
            tty: field(7)?.parse().ok()?,
            cpu_ticks: number(14)?.saturating_add(number(15)?),
            start_ticks: number(22)?,
            resident_pages: number(24),
            stack_start: number(28).filter(|&start| start > 1),
        })
    }
}
