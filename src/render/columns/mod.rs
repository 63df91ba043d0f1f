//! The columns of the tables of rows that `core` defines.

mod cost;
mod cred;
mod ledger;
mod price;
mod session;
mod turn;
