//! Services and EndpointSlices of Gateways.

use super::*;

#[test]
fn infrastructure_is_carried_and_listeners_come_and_go() {
    let namespace = Namespace::create("expose");
    let class = Class::create(&namespace, "{type: ClusterIP, annotations: {example.com/size: small}}");
    let _replica = Replica::start(&namespace, &class, "a");
    let two = "[{name: http, port: 80, protocol: HTTP}, {name: more, port: 8080, protocol: HTTP}]";
    let labelled = gateway(&class, "edge", two)
        + "  infrastructure: {labels: {example.com/team: edge}, annotations: {example.com/note: kept}}\n";
    namespace.apply(&labelled);
    let edge = wait_until_programmed(&namespace, "edge");
    let service = service_of(&namespace, "edge").unwrap();
    let meta = &service["metadata"];
    assert_eq!(meta["labels"]["example.com/team"], "edge");
    assert_eq!(meta["annotations"]["example.com/note"], "kept");
    assert_eq!(meta["annotations"]["example.com/size"], "small");
    assert_eq!(meta["ownerReferences"][0]["uid"], edge["metadata"]["uid"]);
    assert_eq!(service["spec"]["ports"].as_array().unwrap().len(), 2);
    assert!(service["spec"].get("selector").is_none());
    assert_eq!(edge["status"]["addresses"][0]["value"], service["spec"]["clusterIP"]);
    let before = target(&namespace, "edge");

    namespace.apply(&gateway(&class, "edge", HTTP));
    eventually("the port to go", || {
        let service = service_of(&namespace, "edge").unwrap();
        service["spec"]["ports"].as_array().unwrap().len() == 1
            && service["metadata"]["labels"].get("example.com/team").is_none()
    });
    assert_eq!(target(&namespace, "edge"), before, "the other port stays what it is");
}

#[test]
fn an_address_of_the_cluster_can_be_asked_for() {
    let namespace = Namespace::create("address");
    let class = Class::create(&namespace, "{type: ClusterIP}");
    let _replica = Replica::start(&namespace, &class, "a");
    // One that is free for sure: a Service's that is gone.
    namespace.apply("{apiVersion: v1, kind: Service, metadata: {name: asks}, spec: {ports: [{port: 1}]}}");
    let free = namespace.get("service", "asks")["spec"]["clusterIP"].as_str().unwrap().to_owned();
    namespace.kubectl(&["delete", "service", "asks"], "").unwrap();
    let asking =
        |address: &str| gateway(&class, "edge", HTTP) + &format!("  addresses: [{{value: '{address}'}}]\n");
    namespace.apply(&asking(&free));
    let edge = wait_until_programmed(&namespace, "edge");
    assert_eq!(edge["status"]["addresses"][0]["value"], free.as_str());

    namespace.apply(&asking("192.0.2.1"));
    eventually("an address that the cluster does not have to be told", || {
        let edge = namespace.get("gateway", "edge");
        condition(&edge, &edge["status"]["conditions"], "Programmed") == "False"
            && edge.to_string().contains("AddressNotUsable")
    });
}

#[test]
fn gateways_of_other_classes_are_left_alone() {
    let namespace = Namespace::create("others");
    let class = Class::create(&namespace, "{type: ClusterIP}");
    let _replica = Replica::start(&namespace, &class, "a");
    let other = Class { name: format!("{}-other", class.name) };
    namespace.apply(&format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {{name: {}}}, \
         spec: {{controllerName: other.example/controller}}}}",
        other.name
    ));
    namespace.apply(&gateway(&other, "theirs", HTTP));
    // What comes after it has been seen.
    namespace.apply(&gateway(&class, "ours", HTTP));
    wait_until_programmed(&namespace, "ours");
    assert_eq!(service_of(&namespace, "theirs"), None);
    let theirs = namespace.get("gateway", "theirs");
    let status = theirs["status"].to_string();
    assert!(!status.contains("observedGeneration"), "the defaults of the CRD only: {status}");
}

/// A class that is deleted by mistake costs no Gateway its Service and address; another controller's class does.
#[test]
fn a_service_stays_without_its_class_and_goes_with_another_controllers() {
    let namespace = Namespace::create("class");
    let class = Class::create(&namespace, "{type: ClusterIP}");
    let replica = Replica::start(&namespace, &class, "a");
    namespace.apply(&gateway(&class, "edge", HTTP));
    let edge = wait_until_programmed(&namespace, "edge");
    let service = service_of(&namespace, "edge").unwrap();
    let revision = replica.metric("corten_controller_revision", "");
    cluster::kubectl(&["delete", "gatewayclass", &class.name], "").unwrap();
    eventually("the missing class to be seen", || {
        replica.metric("corten_controller_revision", "") > revision
    });
    let again = Class::create(&namespace, "{type: ClusterIP}");
    namespace.apply(&gateway(
        &again,
        "edge",
        "[{name: http, port: 80, protocol: HTTP, hostname: a.example}]",
    ));
    wait_until_programmed(&namespace, "edge");
    let now = service_of(&namespace, "edge").unwrap();
    assert_eq!(now["metadata"]["uid"], service["metadata"]["uid"]);
    assert_eq!(namespace.get("gateway", "edge")["metadata"]["uid"], edge["metadata"]["uid"]);

    let other = Class { name: format!("{}-other", class.name) };
    namespace.apply(&format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {{name: {}}}, \
         spec: {{controllerName: other.example/controller}}}}",
        other.name
    ));
    namespace.apply(&gateway(&other, "edge", HTTP));
    eventually("the Service to go", || service_of(&namespace, "edge").is_none());
}
