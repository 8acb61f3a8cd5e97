//! The command line of `corten-controller`.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    fs,
    process::{Command, Output},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_corten-controller")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_names_the_options_and_their_variables() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let help = text(&help.stdout);
    for word in [
        "--snapshot <FILE>",
        "--socket <PATH>",
        "--namespaces <A,B>",
        "[env: POD_NAMESPACE=",
        "--admin <ADDRESS>",
    ] {
        assert!(help.contains(word), "{word} is missing in\n{help}");
    }
}

#[test]
fn version_is_the_packages() {
    let version = run(&["--version"]);
    assert_eq!(text(&version.stdout), format!("corten-controller {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_arguments_it_says_which_it_needs() {
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--socket <PATH>"));
}

#[test]
fn a_socket_that_cannot_be_opened_ends_it_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("private");
    fs::create_dir(&socket).unwrap();
    fs::set_permissions(&socket, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let socket = socket.join("socket");
    let output = run(&["--snapshot", "none", "--socket", socket.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("is open to others (mode 755"), "{stderr}");
}
