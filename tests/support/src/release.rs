//! Corten as its Helm chart installs it.

use crate::cluster::Namespace;
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The top folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs Helm. Answers with standard output, or with standard error if it fails.
pub fn helm(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("helm").args(arguments).output().expect("helm on the PATH");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// An installation with a class of its own in a namespace of its own, which enforces the `restricted` standard of pods;
/// uninstalled with its guard.
#[derive(Debug)]
pub struct Release {
    namespace: Namespace,
}

impl Release {
    /// Installs the image of `CORTEN_IMAGE`, with `settings` as `helm --set` takes them, and waits for the pods.
    pub fn install(settings: &[&str]) -> Self {
        let image = env::var("CORTEN_IMAGE").expect("CORTEN_IMAGE, which the cluster can run");
        let (repository, tag) = image.rsplit_once(':').expect("an image with a tag");
        let namespace = Namespace::create("release");
        let restricted = "pod-security.kubernetes.io/enforce=restricted";
        namespace.kubectl(&["label", "namespace", namespace.name(), restricted], "").unwrap();
        let name = namespace.name().to_owned();
        let own = [
            format!("image.repository={repository}"),
            format!("image.tag={tag}"),
            "crds.install=false".to_owned(),
            format!("gatewayClass.name={name}"),
            format!("gatewayClass.controllerName=corten.dev/{name}"),
        ];
        let chart = root().join("charts/corten");
        let mut words =
            vec!["install", &name, chart.to_str().expect("a path in UTF-8"), "--namespace", &name];
        let all = own.iter().map(String::as_str).chain(settings.iter().copied());
        all.for_each(|setting| words.extend(["--set", setting]));
        let release = Self { namespace };
        helm(&words).unwrap_or_else(|e| panic!("{e}"));
        release.namespace.wait_for_deployment(&release.deployment());
        release
    }

    /// Its name, which its namespace and its class have too.
    pub fn name(&self) -> &str {
        self.namespace.name()
    }

    /// The `controllerName` of its class.
    pub fn controller_name(&self) -> String {
        format!("corten.dev/{}", self.name())
    }

    /// The Deployment of the gateway pods.
    pub fn deployment(&self) -> String {
        format!("{}-corten", self.name())
    }

    /// Its namespace.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The last lines that the containers of this name have logged; all for -1.
    pub fn logs(&self, container: &str, lines: i32) -> String {
        let tail = format!("--tail={lines}");
        let words = ["logs", "--selector=app.kubernetes.io/name=corten", &tail, "--container", container];
        self.namespace.kubectl(&words, "").unwrap_or_else(|e| e)
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for container in ["controller", "dataplane"] {
                eprintln!("{container}:\n{}", self.logs(container, 40));
            }
        }
        let _ = helm(&["uninstall", self.name(), "--namespace", self.name(), "--wait=false"]);
    }
}
