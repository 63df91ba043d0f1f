//! What ttop knows: pure arithmetic and types, without files, network, clock or terminal.

pub mod alert;
pub mod bad_request;
pub mod budget;
pub mod credential;
pub mod event_id;
pub mod fees;
pub mod filter;
pub mod group;
pub mod matching;
pub mod mcp;
pub mod money;
pub mod period;
pub mod price;
pub mod problem;
pub mod process;
pub mod project;
pub mod quota;
pub mod rows;
pub mod snapshot;
pub mod stats;
pub mod status;
pub mod text;
pub mod time;
pub mod tokens;
pub mod turn;
pub mod vendor;
