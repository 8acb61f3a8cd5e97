//! Label selectors.

use crate::{index::Index, object::Name};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::collections::BTreeMap;

/// The label that the API server gives every namespace.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Whether the namespace `name` is selected. Without a Namespace object a namespace has no labels, except standalone,
/// where it has the one with its name.
pub(crate) fn selects_namespace(index: &Index<'_>, selector: &LabelSelector, name: &str) -> bool {
    let key: Name<'_> = ("", name);
    let object = index.namespaces.get(key);
    if object.is_none() && !index.options.standalone {
        return false;
    }
    let labels = object.and_then(|namespace| namespace.metadata.labels.as_ref());
    selects(selector, |label| {
        let own = labels.and_then(|labels: &BTreeMap<String, String>| labels.get(label)).map(String::as_str);
        own.or_else(|| (label == NAMESPACE_NAME).then_some(name))
    })
}

/// Whether the labels satisfy every part of the selector. An empty selector selects all, an unknown operator nothing.
fn selects<'l>(selector: &LabelSelector, label: impl Fn(&str) -> Option<&'l str>) -> bool {
    let equal = selector.match_labels.iter().flatten().all(|(key, value)| label(key) == Some(value));
    let expressions = selector.match_expressions.iter().flatten().all(|expression| {
        let value = label(&expression.key);
        let listed = || {
            let values = expression.values.as_deref().unwrap_or_default();
            value.is_some_and(|value| values.iter().any(|candidate| candidate == value))
        };
        match expression.operator.as_str() {
            "In" => listed(),
            "NotIn" => !listed(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    });
    equal && expressions
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;

    fn expression(key: &str, operator: &str, values: &[&str]) -> LabelSelector {
        let values = (!values.is_empty()).then(|| values.iter().map(|value| (*value).to_owned()).collect());
        let requirement = LabelSelectorRequirement { key: key.into(), operator: operator.into(), values };
        LabelSelector { match_expressions: Some(vec![requirement]), match_labels: None }
    }

    fn on_env_prod(selector: &LabelSelector) -> bool {
        selects(selector, |label| (label == "env").then_some("prod"))
    }

    #[test]
    fn operators() {
        assert!(on_env_prod(&LabelSelector::default()), "an empty selector selects all");
        for (key, operator, values, expected) in [
            ("env", "In", &["dev", "prod"][..], true),
            ("env", "In", &["dev"], false),
            ("team", "In", &["a"], false),
            ("env", "NotIn", &["prod"], false),
            ("env", "NotIn", &["dev"], true),
            ("team", "NotIn", &["a"], true),
            ("env", "Exists", &[], true),
            ("team", "Exists", &[], false),
            ("env", "DoesNotExist", &[], false),
            ("team", "DoesNotExist", &[], true),
            ("env", "Matches", &["prod"], false),
        ] {
            assert_eq!(
                on_env_prod(&expression(key, operator, values)),
                expected,
                "{key} {operator} {values:?}"
            );
        }
    }

    #[test]
    fn labels_and_expressions_must_both_agree() {
        let mut selector = expression("env", "Exists", &[]);
        selector.match_labels = Some([("env".to_owned(), "prod".to_owned())].into());
        assert!(on_env_prod(&selector));
        selector.match_labels = Some([("env".to_owned(), "dev".to_owned())].into());
        assert!(!on_env_prod(&selector));
    }
}
