//! Runs a command against a gateway, for suites that were written elsewhere:
//!
//! ```text
//! with-gateway [--app-protocol NAME] [--policy YAML] [--server 'COMMAND {port}'] -- COMMAND ARGUMENT...
//! ```
//!
//! Everything goes to one backend: the server that the command line names, else one that answers 200.
//! `{http}`, `{https}` and `{ca}` in the command stand for the ports of the listeners (the certificate
//! is for `localhost`) and a file with the authority. The exit code is the command's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends with its first error"
)]

use corten_test_support::{Backend, DEADLINE, Gateway, ReservedPort, process::Process, wait_for, yaml};
use std::{
    net::TcpStream,
    process::{Command, ExitCode},
};

/// Long enough for cases that ask for an answer in pieces.
const BODY: &str = "The answer of the backend behind the gateway, for whatever was asked.";

#[derive(Default)]
struct Options {
    app_protocol: String,
    policy: String,
    server: Option<String>,
    command: Vec<String>,
}

fn options() -> Options {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{name} needs a value"));
        match name.as_str() {
            "--app-protocol" => options.app_protocol = value(),
            "--policy" => options.policy = value(),
            "--server" => options.server = Some(value()),
            "--" => {
                options.command = arguments.collect();
                break;
            }
            _ => panic!("no option {name}"),
        }
    }
    assert!(!options.command.is_empty(), "no command after --");
    options
}

/// The backend: a process on a port of its own, or a server in this process.
enum Upstream {
    Process { port: ReservedPort, _process: Process, _folder: tempfile::TempDir },
    Own(Backend),
}

impl Upstream {
    fn start(command: Option<&str>) -> Self {
        let Some(command) = command else { return Self::Own(Backend::named(BODY)) };
        let (port, folder) = (ReservedPort::new(), tempfile::tempdir().expect("folder"));
        let command = command.replace("{port}", &port.get().to_string());
        let mut words = command.split_whitespace();
        let mut server = Command::new(words.next().expect("a server command"));
        server.args(words);
        let process = Process::start(server, folder.path());
        wait_for("the server to listen", DEADLINE, || {
            assert!(process.exited().is_none(), "the server ended: {}", process.stderr());
            TcpStream::connect(("127.0.0.1", port.get())).ok()
        });
        Self::Process { port, _process: process, _folder: folder }
    }

    fn port(&self) -> u16 {
        match self {
            Self::Process { port, .. } => port.get(),
            Self::Own(backend) => backend.port(),
        }
    }
}

fn main() -> ExitCode {
    let options = options();
    let upstream = Upstream::start(options.server.as_deref());
    let mut builder = Gateway::builder()
        .file("service.yaml", &yaml::service_of("app", &[upstream.port()], &options.app_protocol))
        .route("app", &[], &yaml::prefix_rule("/", "app"))
        .https("cert", "", &["localhost"]);
    if !options.policy.is_empty() {
        builder = builder.policy(&options.policy);
    }
    let gateway = builder.start();
    let ca = gateway.config().with_file_name("ca.pem");
    std::fs::write(&ca, gateway.authority().pem()).expect("file of the authority");
    let fill = |argument: &String| {
        argument
            .replace("{https}", &gateway.https().to_string())
            .replace("{http}", &gateway.http().to_string())
            .replace("{ca}", &ca.display().to_string())
    };
    let mut words = options.command.iter().map(fill);
    let status = Command::new(words.next().unwrap_or_default()).args(words).status().expect("the command");
    ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
}
