//! Reading inputs from YAML and writing outputs as YAML that a person can review.

pub(crate) mod dump;
pub(crate) mod read;
