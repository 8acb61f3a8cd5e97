//! What is compiled.

use corten_crds::{core, gateway as gw, v1alpha1 as own};
use std::sync::Arc;

/// All objects that the compiler may read, in any order. Objects of one kind have distinct names; where two have the
/// same, one of them is taken and a note says so.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field holds the kind that it is named after")]
pub struct Inputs {
    pub gateway_classes: Vec<Arc<gw::GatewayClass>>,
    pub gateways: Vec<Arc<gw::Gateway>>,
    pub listener_sets: Vec<Arc<gw::ListenerSet>>,
    pub http_routes: Vec<Arc<gw::slim::HttpRoute>>,
    pub grpc_routes: Vec<Arc<gw::GrpcRoute>>,
    pub tls_routes: Vec<Arc<gw::TlsRoute>>,
    pub tcp_routes: Vec<Arc<gw::TcpRoute>>,
    pub udp_routes: Vec<Arc<gw::UdpRoute>>,
    pub reference_grants: Vec<Arc<gw::ReferenceGrant>>,
    pub backend_tls_policies: Vec<Arc<gw::BackendTlsPolicy>>,
    pub backends: Vec<Arc<own::Backend>>,
    pub backend_policies: Vec<Arc<own::BackendPolicy>>,
    pub listener_policies: Vec<Arc<own::ListenerPolicy>>,
    pub gateway_parameters: Vec<Arc<own::GatewayParameters>>,
    pub services: Vec<Arc<core::Service>>,
    pub endpoint_slices: Vec<Arc<core::EndpointSlice>>,
    pub secrets: Vec<Arc<core::Secret>>,
    pub config_maps: Vec<Arc<core::ConfigMap>>,
    pub namespaces: Vec<Arc<core::Namespace>>,
}
