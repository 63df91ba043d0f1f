//! The columns of the tables of rows that `core` defines.

mod cost;
mod session;
mod turn;
