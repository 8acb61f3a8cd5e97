//! Reading inputs from YAML and writing outputs as YAML that a person can review.

pub mod dump;
pub mod read;
