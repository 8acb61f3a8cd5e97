//! RequestRedirect.

use super::{Place, path_modifier};
use crate::{hostname, problem::Problem};
use corten_crds::gateway::RequestRedirect;
use corten_snapshot::Redirect;

/// Compiles a redirect.
pub(super) fn compile(
    given: &RequestRedirect,
    place: &Place<'_, '_>,
    field: &str,
) -> Result<Redirect, Problem> {
    let refused = |part: &str, message: String, remedy: &'static str| {
        Problem::new("UnsupportedValue", format!("{field}.{part}"), message, remedy)
    };
    if let Some(name) = &given.hostname {
        hostname::check(name).map_err(|why| {
            let message = format!("`{}` is no hostname: {why}", name.escape_debug());
            refused("hostname", message, "write a lower-case DNS name without wildcard")
        })?;
    }
    let status = given.status_code.unwrap_or(302);
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        let message = format!("{status} is not the status of a redirect");
        return Err(refused("statusCode", message, "use 301, 302, 303, 307 or 308"));
    }
    if given.port == Some(0) {
        return Err(refused("port", "0 is no port".to_owned(), "use 1 to 65535"));
    }
    let path = given.path.as_ref().map(|path| path_modifier::compile(path, place, &format!("{field}.path")));
    Ok(Redirect {
        scheme: given.scheme.map(|scheme| scheme.as_str().to_owned()),
        hostname: given.hostname.clone(),
        port: given.port,
        path: path.transpose()?,
        status,
    })
}
