//! What the tests of the commands share.

use corten_test_support::{Backend, Gateway, process::Process, yaml};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// The command under test.
pub(crate) fn corten() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corten"));
    command.stdin(Stdio::null());
    command
}

/// What a command that ends has said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `corten` with these arguments to its end.
pub(crate) fn said<A: AsRef<OsStr>>(arguments: &[A]) -> Said {
    let output = corten().args(arguments).output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    folder
}

/// A Gateway with one HTTP listener on `port`.
pub(crate) fn gateway(port: u16) -> String {
    yaml::gateway(&[yaml::http_listener("http", port)])
}

/// A route for every host and path to a Backend on `port`, with that Backend.
pub(crate) fn route_to(port: u16) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: app}}\nspec:\n  parentRefs: \
         [{{name: gw}}]\n  rules:\n  - backendRefs: [{{group: corten.dev, kind: Backend, name: app}}]\n---\napiVersion: \
         corten.dev/v1alpha1\nkind: Backend\nmetadata: {{name: app}}\nspec:\n  endpoints: [{{host: 127.0.0.1, port: \
         {port}}}]\n"
    )
}

/// A gateway with one route to `backend`, in one file `app.yaml`.
pub(crate) fn serving(backend: &Backend) -> Gateway {
    Gateway::builder().file("app.yaml", &route_to(backend.port())).start()
}

/// Starts `corten run` on a folder, with more arguments.
pub(crate) fn run(config: &Path, logs: &Path, arguments: &[&str]) -> Process {
    let mut command = corten();
    command.arg("run").arg(config).args(arguments);
    Process::start(command, logs)
}

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
