//! The targets. Each takes any bytes, panics when a promise is broken, and says in a word what became of them.

pub mod file;
pub mod frame;
pub mod normalize;
pub mod yaml;
