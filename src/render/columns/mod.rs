//! The columns of the tables of rows that `core` defines.

mod cost;
mod cred;
mod ledger;
mod price;
mod provider;
mod session;
mod turn;
