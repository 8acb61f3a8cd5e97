//! Objects that are written are served.

use super::*;

/// Two Gateways on one port with routes for every hostname, in the same pods: neither answers for the other.
#[test]
fn gateways_on_one_port_do_not_mix() {
    let namespace = Namespace::create("mix");
    let class = Class::create(&namespace, "{type: ClusterIP}");
    let replica = Replica::start(&namespace, &class, "a");
    for name in ["one", "two"] {
        namespace.apply(&gateway(&class, name, HTTP));
        namespace.apply(&redirect(name, name, &format!("{name}.example")));
    }
    for name in ["one", "two"] {
        wait_until_programmed(&namespace, name);
        let expected = format!("http://{name}.example/");
        eventually("its own route's answer", || replica.location(target(&namespace, name)) == expected);
    }
    assert_ne!(target(&namespace, "one"), target(&namespace, "two"));
}

/// A Secret is read once something names it, and again when it changes.
#[test]
fn a_certificate_may_come_later_and_change() {
    let namespace = Namespace::create("certificate");
    let class = Class::create(&namespace, "{type: ClusterIP}");
    let _replica = Replica::start(&namespace, &class, "a");
    let listeners = "[{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}}]";
    namespace.apply(&gateway(&class, "edge", listeners));
    let resolved = || {
        let gateway = namespace.get("gateway", "edge");
        let listener = &gateway["status"]["listeners"][0];
        condition(&gateway, &listener["conditions"], "ResolvedRefs").to_owned()
    };
    eventually("the missing Secret to be told", || resolved() == "False");
    let secret = |crt: &str, key: &str| {
        let text = serde_json::json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cert"}, "type": "kubernetes.io/tls",
            "stringData": {"tls.crt": crt, "tls.key": key},
        });
        namespace.apply(&text.to_string());
    };
    let certified = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
    secret(&certified.cert.pem(), &certified.signing_key.serialize_pem());
    eventually("the Secret to be read", || resolved() == "True");
    wait_until_programmed(&namespace, "edge");
    secret("none", "none");
    eventually("the change to be read", || resolved() == "False");
}
