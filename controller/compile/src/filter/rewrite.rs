//! URLRewrite.

use super::{Place, path_modifier};
use crate::{hostname, problem::Problem};
use corten_crds::gateway::UrlRewrite;
use corten_snapshot::Rewrite;

/// Compiles a rewrite.
pub(super) fn compile(given: &UrlRewrite, place: &Place<'_, '_>, field: &str) -> Result<Rewrite, Problem> {
    if let Some(name) = &given.hostname {
        hostname::check(name).map_err(|why| {
            let message = format!("`{}` is no hostname: {why}", name.escape_debug());
            let remedy = "write a lower-case DNS name without wildcard";
            Problem::new("UnsupportedValue", format!("{field}.hostname"), message, remedy)
        })?;
    }
    let path = given.path.as_ref().map(|path| path_modifier::compile(path, place, &format!("{field}.path")));
    Ok(Rewrite { hostname: given.hostname.clone(), path: path.transpose()? })
}
