//! What several agents have in common: sources and batches, file and database readers, watching, live sessions.

#[cfg(test)]
mod attacks;
pub mod batch;
pub mod configured;
pub mod content;
pub mod detected;
pub mod disjoint_usage;
pub mod editors;
pub mod file_cache;
pub mod handle;
pub mod hole;
pub mod instant;
pub mod json_cursor;
pub mod json_file;
pub mod jsonl;
pub mod jsonl_reader;
pub mod lenient;
pub mod listings;
pub mod live;
pub mod mcp;
pub mod moved;
pub mod nameless;
pub mod running_total;
pub mod source;
pub mod sqlite;
pub mod survey;
pub mod table;
#[cfg(test)]
pub mod testing;
pub mod toml_file;
pub mod torn_line;
pub mod uri;
pub mod walk;
pub mod watcher;
pub mod words;
pub mod zstd;
