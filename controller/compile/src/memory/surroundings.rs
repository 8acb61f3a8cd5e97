//! What nearly everything depends on.

use super::same;
use crate::{inputs::Inputs, options::Options};

/// Declares [`Surroundings`]. Every kind of input is in one of the two lists, so that none is forgotten.
macro_rules! surroundings {
    (these { $($field:ident),* $(,)? } not { $($own:ident),* $(,)? }) => {
        /// All inputs but those whose memos name them one by one.
        pub(super) struct Surroundings {
            options: Options,
            inputs: Inputs,
        }

        impl Surroundings {
            pub(super) fn of(inputs: &Inputs, options: &Options) -> Self {
                let Inputs { $($field,)* $($own: _,)* } = inputs;
                let inputs = Inputs { $($field: $field.clone(),)* $($own: Vec::new(),)* };
                Self { options: options.clone(), inputs }
            }

            /// Whether they are the same.
            pub(super) fn are(&self, inputs: &Inputs, options: &Options) -> bool {
                let Inputs { $($field,)* $($own: _,)* } = inputs;
                self.options == *options $(&& same(&self.inputs.$field, $field.iter()))*
            }
        }
    };
}

surroundings! {
    these {
        gateway_classes,
        gateways,
        listener_sets,
        reference_grants,
        backend_tls_policies,
        backend_policies,
        listener_policies,
        gateway_parameters,
        secrets,
        config_maps,
        namespaces,
    }
    // Routes of other kinds than HTTP are not remembered, and nothing that is depends on them.
    not {
        http_routes,
        grpc_routes,
        tls_routes,
        tcp_routes,
        udp_routes,
        backends,
        services,
        endpoint_slices,
    }
}
