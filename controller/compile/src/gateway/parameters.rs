//! References to GatewayParameters. What they say is the controller's business, which writes the Services; here it is
//! checked that there is something to say it.

use crate::{
    index::Index,
    object::{CORTEN_GROUP, Kind},
    problem::Problem,
};

/// What is wrong with a reference at `field` to the object `name` of a kind.
pub(super) fn check(
    index: &Index<'_>,
    (group, kind): (&str, &str),
    (namespace, name): (Option<&str>, &str),
    field: &str,
) -> Option<Problem> {
    let own = Kind::GatewayParameters.as_str();
    if (group, kind) != (CORTEN_GROUP, own) {
        let message = format!("parameters of kind `{kind}` in group `{group}` are not supported");
        let remedy = format!("name a {own} of group {CORTEN_GROUP}, or remove the reference");
        return Some(Problem::new("InvalidParameters", field, message, remedy));
    }
    let Some(namespace) = namespace else {
        let message = format!("{own} `{name}` is named without its namespace");
        return Some(Problem::new("InvalidParameters", field, message, "add `namespace`"));
    };
    let found = index.gateway_parameters.get((namespace, name)).is_some();
    (!found).then(|| {
        let message = format!("{own} {namespace}/{name} does not exist");
        Problem::new("InvalidParameters", field, message, "create it, or correct the name")
    })
}
