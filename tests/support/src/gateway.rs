//! `corten run` on a folder of its own.

use crate::{
    Backend, Client, DEADLINE, ReservedPort, Response,
    process::Process,
    tls::{Authority, Certificate},
    wait::wait_for,
    yaml,
};
use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A running gateway; it ends with this value.
#[derive(Debug)]
pub struct Gateway {
    process: Process,
    folder: TempDir,
    http: ReservedPort,
    https: ReservedPort,
    admin: ReservedPort,
    authority: Authority,
}

/// What the folder holds before the gateway starts.
#[derive(Debug)]
pub struct Builder {
    folder: TempDir,
    http: ReservedPort,
    https: ReservedPort,
    admin: ReservedPort,
    authority: Authority,
    https_listeners: Vec<String>,
    arguments: Vec<String>,
}

impl Gateway {
    /// A gateway with one HTTP listener and, once certificates are named, HTTPS listeners.
    pub fn builder() -> Builder {
        let folder = tempfile::Builder::new().prefix("corten-").tempdir().expect("folder");
        fs::create_dir(folder.path().join("config")).expect("folder of the configuration");
        Builder {
            folder,
            http: ReservedPort::new(),
            https: ReservedPort::new(),
            admin: ReservedPort::new(),
            authority: Authority::new(),
            https_listeners: Vec::new(),
            arguments: Vec::new(),
        }
    }

    /// A gateway that sends everything to one backend, named `app` in the configuration.
    pub fn to(backend: &Backend) -> Self {
        Self::builder().service("app", &[backend]).route("app", &[], &yaml::prefix_rule("/", "app")).start()
    }

    /// Port of the HTTP listener.
    pub fn http(&self) -> u16 {
        self.http.get()
    }

    /// Port of the HTTPS listeners.
    pub fn https(&self) -> u16 {
        self.https.get()
    }

    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Who signs the certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A new connection to the HTTP listener.
    pub fn client(&self) -> Client {
        Client::connect(self.http())
    }

    /// `GET path` on a connection of its own.
    pub fn get(&self, host: &str, path: &str) -> Response {
        self.client().get(host, path)
    }

    /// `GET path` of the admin address.
    pub fn admin(&self, path: &str) -> Response {
        Client::connect(self.admin.get()).get("localhost", path)
    }

    /// Whether it says of itself that it is ready. While it starts there may be nobody to ask yet.
    pub fn is_ready(&self) -> bool {
        let Ok(stream) = TcpStream::connect(("127.0.0.1", self.admin.get())) else { return false };
        let mut client = Client::new(stream);
        client.try_send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").is_ok()
            && client.read_response(false).is_ok_and(|response| response.status == 200)
    }

    /// The value of a metric: the sum over its series whose labels contain all of `labels`.
    pub fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.admin("/metrics").text();
        text.lines()
            .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])))
            .filter(|line| labels.iter().all(|label| line.contains(label)))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// Writes one file of the configuration, in one step as an editor or a mount does.
    pub fn write(&self, name: &str, text: &str) {
        write(self.folder.path(), name, text);
    }

    /// Removes one file of the configuration.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.config().join(name)).expect("remove a file of the configuration");
    }

    /// The folder that it watches.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }
}

impl Builder {
    /// Adds a file to the configuration.
    pub fn file(self, name: &str, text: &str) -> Self {
        write(self.folder.path(), name, text);
        self
    }

    /// Adds a Service in front of these backends.
    pub fn service(self, name: &str, backends: &[&Backend]) -> Self {
        let ports: Vec<_> = backends.iter().map(|backend| backend.port()).collect();
        self.file(&format!("service-{name}.yaml"), &yaml::service(name, &ports))
    }

    /// Adds an HTTPRoute; see [`yaml::route`].
    pub fn route(self, name: &str, hostnames: &[&str], rules: &str) -> Self {
        self.file(&format!("route-{name}.yaml"), &yaml::route(name, hostnames, rules))
    }

    /// Adds a ListenerPolicy; see [`yaml::listener_policy`].
    pub fn policy(self, fields: &str) -> Self {
        self.file("listener-policy.yaml", &yaml::listener_policy(fields))
    }

    /// Adds an HTTPS listener for `hostname` (empty: every name) with a certificate for these names,
    /// kept in the Secret `name`.
    pub fn https(mut self, name: &str, hostname: &str, names: &[&str]) -> Self {
        let certificate = self.authority.issue(names);
        self.https_listeners.push(yaml::https_listener(name, self.https.get(), hostname, &[name]));
        self.secret(name, &certificate)
    }

    /// Adds a Secret with a certificate.
    pub fn secret(self, name: &str, certificate: &Certificate) -> Self {
        self.file(&format!("secret-{name}.yaml"), &yaml::tls_secret(name, certificate))
    }

    /// Who signs the certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Adds arguments to the command.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// Writes the Gateway and starts the process; returns when it is ready.
    pub fn start(self) -> Gateway {
        let gateway = self.spawn();
        wait_for("the gateway to be ready", DEADLINE, || {
            assert!(gateway.process.exited().is_none(), "the gateway ended");
            gateway.is_ready().then_some(())
        });
        gateway
    }

    /// Writes the Gateway and starts the process, without waiting for it.
    pub fn spawn(self) -> Gateway {
        let mut listeners = vec![yaml::http_listener("http", self.http.get())];
        listeners.extend(self.https_listeners);
        write(self.folder.path(), "gateway.yaml", &yaml::gateway(&listeners));
        let mut command = Command::new(binary());
        command.arg("run").arg(self.folder.path().join("config"));
        command.args(["--bind", "127.0.0.1", "--admin", &format!("127.0.0.1:{}", self.admin.get())]);
        command.args(&self.arguments);
        let process = Process::start(command, self.folder.path());
        Gateway {
            process,
            folder: self.folder,
            http: self.http,
            https: self.https,
            admin: self.admin,
            authority: self.authority,
        }
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    let next = folder.join("next");
    fs::write(&next, text).expect("write a file of the configuration");
    fs::rename(next, folder.join("config").join(name)).expect("put a file of the configuration in place");
}

/// The gateway under test: `$CORTEN_BIN`, else the one that `cargo build -p corten` has left beside
/// the test itself.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CORTEN_BIN") {
        return path.into();
    }
    // Tests are in `deps`, commands beside the gateway.
    let own = std::env::current_exe().expect("path of the test");
    let beside: Vec<_> = own.ancestors().skip(1).take(2).map(|folder| folder.join("corten")).collect();
    let found = beside.iter().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("none of {beside:?}: run `cargo build -p corten` first")).clone()
}
