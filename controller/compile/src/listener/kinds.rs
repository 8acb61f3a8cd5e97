//! Which kinds of routes may attach to a listener.

use super::Listener;
use crate::{
    object::{GATEWAY_GROUP, Kind},
    problem::Problem,
};

/// The kinds of routes that HTTP and HTTPS listeners serve.
const HTTP_KINDS: &[Kind] = &[Kind::HttpRoute];

/// Reads `allowedRoutes.kinds`.
pub(super) fn read(listener: &mut Listener<'_>) {
    let allowed = listener.spec.allowed_routes.as_ref().map(|allowed| allowed.kinds.as_slice());
    let allowed = allowed.unwrap_or_default();
    if allowed.is_empty() {
        listener.kinds = HTTP_KINDS.to_vec();
        return;
    }
    for (position, entry) in allowed.iter().enumerate() {
        let group = entry.group.as_deref().unwrap_or(GATEWAY_GROUP);
        let known = HTTP_KINDS.iter().find(|kind| kind.group() == group && kind.as_str() == entry.kind);
        match known {
            Some(kind) if listener.kinds.contains(kind) => {}
            Some(kind) => listener.kinds.push(*kind),
            None => listener.refs.push(Problem::new(
                "InvalidRouteKinds",
                format!("{}.allowedRoutes.kinds[{position}]", listener.field()),
                format!(
                    "routes of kind `{}` in group `{}` cannot attach to a listener of protocol {}",
                    entry.kind.escape_debug(),
                    group.escape_debug(),
                    listener.spec.protocol
                ),
                "use HTTPRoute",
            )),
        }
    }
}
