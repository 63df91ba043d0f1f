//! Every agent against its fixtures: counts, metadata, increments, copies and damage.

mod billed_totals;
mod cases;
mod configured_roots;
mod copied_rows;
mod copies;
mod damage;
mod described_models;
mod equal_replies;
mod first_words;
mod forks;
mod gateway_ids;
mod growing_records;
mod imports;
mod impossible_times;
mod incremental;
mod interrupted;
mod junk_lines;
mod listed_records;
mod long_lines;
mod metadata;
mod money_alone;
mod new_ids;
mod newer_records;
mod origins;
mod other_rules;
mod outside_messages;
mod rewritten_records;
mod session_totals;
mod spellings;
mod successors;
#[path = "../support/mod.rs"]
mod support;
mod survey;
mod truth;
mod unrecorded;
mod write_by_write;
