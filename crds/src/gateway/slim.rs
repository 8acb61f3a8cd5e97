//! Objects as far as they are read.
//!
//! HTTPRoutes are the many, and the API's own metadata has room for all that a server may write. A [`Slim`] object has of
//! its metadata what is compiled, and no status; it is deserialized from the same text.

use super::HttpRouteSpec;
use crate::core::Time;
use serde::Deserialize;

/// An HTTPRoute as far as it is read.
pub type HttpRoute = Slim<HttpRouteSpec>;

/// An object as far as it is read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Slim<S> {
    /// Which one.
    #[serde(default)]
    pub metadata: Metadata,
    /// What it says.
    pub spec: S,
}

/// What is read of an object's metadata; what is missing is missing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// Its namespace.
    pub namespace: Option<Box<str>>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// How often its spec was changed.
    pub generation: Option<i64>,
    /// When it was created.
    pub creation_timestamp: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway;
    use serde_json::json;

    #[test]
    fn what_is_read_is_what_the_type_of_the_api_says() {
        let written = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {
                "name": "a", "namespace": "shop", "generation": 3, "creationTimestamp": "2026-01-01T00:00:05Z",
                "labels": {"x": "y"}, "uid": "1",
            },
            "spec": {
                "parentRefs": [{"name": "gw"}], "hostnames": ["a.example.com"],
                "rules": [{"backendRefs": [{"name": "b", "port": 80}]}],
            },
            "status": {"parents": []},
        });
        let slim: HttpRoute = serde_json::from_value(written.clone()).unwrap();
        let whole: gateway::HttpRoute = serde_json::from_value(written).unwrap();
        assert_eq!(slim.spec, whole.spec);
        let Metadata { namespace, name, generation, creation_timestamp } = slim.metadata;
        assert_eq!(namespace.as_deref(), whole.metadata.namespace.as_deref());
        assert_eq!(name.as_deref(), whole.metadata.name.as_deref());
        assert_eq!((generation, whole.metadata.generation), (Some(3), Some(3)));
        assert!(creation_timestamp.is_some() && creation_timestamp == whole.metadata.creation_timestamp);
    }

    #[test]
    fn what_is_missing_or_null_is_missing() {
        let null = json!({"metadata": {"name": null, "creationTimestamp": null}, "spec": {}});
        assert_eq!(serde_json::from_value::<HttpRoute>(null).unwrap(), HttpRoute::default());
        assert_eq!(serde_json::from_value::<HttpRoute>(json!({"spec": {}})).unwrap(), HttpRoute::default());
        assert!(serde_json::from_value::<HttpRoute>(json!({"metadata": {}})).is_err(), "a spec is required");
    }

    /// There may be ten thousands of them.
    #[test]
    fn they_are_small() {
        assert!(size_of::<HttpRoute>() <= 160, "{}", size_of::<HttpRoute>());
    }
}
