//! The columns of the tables of rows that `core` defines.

mod activity;
pub mod budget;
pub mod cost;
pub mod cred;
mod diff;
mod doctor;
pub mod event;
pub mod insight;
mod ledger;
mod mcp;
mod plugin;
pub mod price;
pub mod provider;
mod ps;
mod session;
pub mod show;
mod stream;
mod theme;
pub mod trend;
mod turn;
