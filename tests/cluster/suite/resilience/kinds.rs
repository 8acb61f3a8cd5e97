//! A kind that is uninstalled while Corten runs, and installed again.

use crate::installation::Installation;
use corten_test_support::{
    cluster::{self, POD_DEADLINE},
    release::root,
    wait_for,
};

const CRD: &str = "backendpolicies.corten.dev";
const POLICY: &str = "
apiVersion: corten.dev/v1alpha1
kind: BackendPolicy
metadata: {name: shop}
spec: {targetRefs: [{group: '', kind: Service, name: echo}], loadBalancing: {type: RoundRobin}}
";

/// Puts the kind back, also if the test fails.
struct Uninstalled;

impl Uninstalled {
    fn begin() -> Self {
        let uninstalled = Self;
        cluster::kubectl(&["delete", "crd", CRD, "--wait=true", "--timeout=60s"], "").unwrap();
        uninstalled
    }
}

impl Drop for Uninstalled {
    fn drop(&mut self) {
        let file = root().join("crds/yaml/corten.dev_backendpolicies.yaml");
        let file = format!("--filename={}", file.display());
        cluster::kubectl(&["apply", "--server-side", &file], "").unwrap();
        let established = ["wait", "--for=condition=Established", "--timeout=60s", "crd", CRD];
        cluster::kubectl(&established, "").unwrap();
    }
}

fn wait_until_accepted(installation: &Installation) {
    wait_for("the policy to be accepted", POD_DEADLINE, || {
        let policy = installation.apps.get("backendpolicy", "shop");
        let conditions = policy["status"]["ancestors"][0]["conditions"].as_array()?.clone();
        conditions.iter().any(|c| c["type"] == "Accepted" && c["status"] == "True").then_some(())
    });
}

#[test]
fn a_kind_goes_and_comes_back() {
    let installation = Installation::start(&[]);
    installation.apps.apply(POLICY);
    wait_until_accepted(&installation);
    let load = installation.load();
    let uninstalled = Uninstalled::begin();
    installation.change_is_served("without");
    // One that starts while the kind is not there does not wait for it.
    let pods = installation.pods();
    pods[0].kill("controller");
    wait_for("the controller to be back", POD_DEADLINE, || {
        let pod = installation.pod(&pods[0].name);
        (pod.restarts("controller") == 1 && pod.ready).then_some(())
    });
    installation.change_is_served("still-without");
    drop(uninstalled);
    wait_for("the kind to be served", POD_DEADLINE, || {
        installation.apps.kubectl(&["apply", "--filename=-"], POLICY).ok()
    });
    wait_until_accepted(&installation);
    load.finish();
}
