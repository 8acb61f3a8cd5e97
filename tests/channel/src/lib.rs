//! `corten-controller` and `corten-dataplane` as two processes, joined by a socket in a folder.
//!
//! What the dataplane does is seen by requests to its listener: every configuration answers with a redirect to a
//! path that names it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking; this crate is only used by tests"
)]

pub mod site;

use corten_snapshot::{Snapshot, file};
use corten_test_support::{Client, DEADLINE, ReservedPort, eventually, process::Process, wait::wait_for};
use std::{
    env, fs,
    fs::Permissions,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// The largest snapshot file that is read back.
const MAX: usize = 1 << 20;

/// A folder for the socket and the files, and ports for a dataplane. Processes come and go.
#[derive(Debug)]
pub struct Pod {
    folder: TempDir,
    http: ReservedPort,
    admin: ReservedPort,
    /// Processes so far: each logs to a folder of its own.
    started: std::cell::Cell<u32>,
}

impl Pod {
    /// A pod without processes.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("corten-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .unwrap();
        let (http, admin) = (ReservedPort::new(), ReservedPort::new());
        Self { folder, http, admin, started: std::cell::Cell::new(0) }
    }

    /// Port of the listener.
    pub fn http(&self) -> u16 {
        self.http.get()
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The last good snapshot.
    pub fn last_good(&self) -> PathBuf {
        self.folder.path().join("last-good")
    }

    /// Gives the controller a snapshot.
    pub fn publish(&self, snapshot: &Snapshot) {
        file::write(&self.snapshot(), 0, snapshot).unwrap();
    }

    /// The file that the controller publishes.
    pub fn snapshot(&self) -> PathBuf {
        self.folder.path().join("snapshot")
    }

    /// Starts a controller.
    pub fn controller(&self) -> Process {
        let mut command = Command::new(binary("corten-controller"));
        command.arg("--snapshot").arg(self.snapshot()).arg("--socket").arg(self.socket());
        command.env("RUST_LOG", "debug");
        self.start(command)
    }

    /// Starts the dataplane.
    pub fn dataplane(&self) -> Process {
        let mut command = Command::new(binary("corten-dataplane"));
        command.arg("--socket").arg(self.socket()).arg("--last-good").arg(self.last_good());
        command.args(["--bind", "127.0.0.1", "--threads", "1"]);
        command.args(["--admin", &format!("127.0.0.1:{}", self.admin.get())]);
        self.start(command)
    }

    fn start(&self, command: Command) -> Process {
        self.started.set(self.started.get() + 1);
        let logs = self.folder.path().join(format!("logs-{}", self.started.get()));
        fs::create_dir(&logs).unwrap();
        Process::start(command, &logs)
    }

    /// Where `host` is redirected to; `None`: nobody answers, or with something else.
    pub fn location(&self, host: &str) -> Option<String> {
        TcpStream::connect(("127.0.0.1", self.http())).ok()?;
        let response = Client::connect(self.http()).get(host, "/");
        let location = response.header("location")?;
        Some(location.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// Waits until `host` is redirected to the path of `version`.
    pub fn serves(&self, host: &str, version: &str) {
        let what = format!("{host} to be redirected to {version}");
        eventually(&what, || self.location(host).as_deref() == Some(version));
    }

    /// The dataplane's `/snapshot`.
    pub fn dump(&self) -> String {
        Client::connect(self.admin.get()).get("localhost", "/snapshot").text()
    }

    /// Waits until the last good snapshot is `expected`.
    pub fn keeps(&self, expected: &Snapshot) {
        eventually("the last good snapshot", || {
            file::read(&self.last_good(), MAX).is_ok_and(|stored| stored.snapshot == *expected)
        });
    }
}

impl Default for Pod {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits for a line of the process's log that holds all of `words`, and returns it.
pub fn logged(process: &Process, words: &[&str]) -> String {
    wait_for(&format!("a line with {words:?}"), DEADLINE, || {
        let ended = process.exited(); // asked first, so that its last words are in the log
        let log = process.stderr();
        let line =
            log.lines().find(|line| words.iter().all(|word| line.contains(word))).map(ToOwned::to_owned);
        assert!(line.is_some() || ended.is_none(), "the process has ended: {ended:?}");
        line
    })
}

/// Whether such a line is there.
pub fn has_logged(process: &Process, words: &[&str]) -> bool {
    process.stderr().lines().any(|line| words.iter().all(|word| line.contains(word)))
}

/// A binary of this workspace, beside the test itself.
fn binary(name: &str) -> PathBuf {
    let test = env::current_exe().expect("path of the test");
    let path = test.ancestors().nth(2).map_or_else(PathBuf::new, Path::to_owned).join(name);
    assert!(path.exists(), "{} is not there: run `cargo build -p {name}` first", path.display());
    path
}
