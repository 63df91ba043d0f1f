//! Plugins of the TokenTop SDK: found, checked, asked for, and run each in a process of its own.

mod breaker;
pub mod case;
pub mod child;
pub mod consent;
pub mod declare;
pub mod discover;
pub mod grant;
pub mod host;
pub mod message;
pub mod net;
pub mod npm;
pub mod ops;
pub mod package;
pub mod parent;
pub mod plugin;
pub mod rows;
pub mod session;
pub mod settings;
pub mod theme;
pub mod tree;
pub mod trust;
pub mod world;
