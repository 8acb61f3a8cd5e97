//! Every folder of `examples/`: clean by `corten check`, and answering what `examples/requests.yaml` says.

use crate::support::{corten, run, said, workspace};
use corten_test_support::{Backend, DEADLINE, Record, Reply, ReservedPort, eventually, process::Process};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The ports that the examples name for backends.
const BACKENDS: [u16; 3] = [9001, 9002, 9003];
/// The ports that the examples name for listeners.
const LISTENERS: [u16; 2] = [8080, 8443];

type Headers = BTreeMap<String, String>;

/// One request and what it is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    request: String,
    #[serde(default)]
    with: Headers,
    /// So many more characters in the path.
    #[serde(default)]
    long: usize,
    delay: Option<Delay>,
    failing: Option<Failing>,
    status: u16,
    backend: Option<u16>,
    path: Option<String>,
    #[serde(default)]
    sent: Headers,
    #[serde(default)]
    headers: Headers,
    mirrored: Option<u16>,
}

/// The backend `port` takes so long.
#[derive(Clone, Debug, Deserialize)]
struct Delay {
    port: u16,
    ms: u64,
}

/// The next answers of the backend `port` are 503.
#[derive(Clone, Debug, Deserialize)]
struct Failing {
    port: u16,
    times: u64,
}

/// A backend of an example.
struct Sample {
    name: u16,
    backend: Backend,
    delay: Arc<AtomicU64>,
    failing: Arc<AtomicU64>,
}

impl Sample {
    fn start(name: u16) -> Self {
        let (delay, failing) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (delays, failures) = (delay.clone(), failing.clone());
        let backend = Backend::start(move |record| {
            corten_test_support::wait::pause(Duration::from_millis(delays.load(Ordering::SeqCst)));
            let fail =
                failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            if fail { Reply::status(503) } else { answer(name, record).header("x-powered-by", "a sample") }
        });
        Self { name, backend, delay, failing }
    }
}

fn answer(name: u16, record: &Record) -> Reply {
    let fields: BTreeMap<_, _> =
        record.fields.iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    Reply::text(&serde_json::json!({"backend": name, "path": record.target, "sent": fields}).to_string())
}

/// An example that is running.
struct Running {
    samples: Vec<Sample>,
    listeners: [ReservedPort; 2],
    _folder: tempfile::TempDir,
    _process: Process,
}

impl Running {
    fn start(example: &Path) -> Self {
        let samples: Vec<_> = BACKENDS.map(Sample::start).into();
        let listeners = LISTENERS.map(|_| ReservedPort::new());
        let admin = ReservedPort::new();
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        fs::create_dir(&config).unwrap();
        for file in yaml_files(example) {
            let mut text = fs::read_to_string(&file).unwrap();
            for sample in &samples {
                text = text
                    .replace(&format!("port: {}", sample.name), &format!("port: {}", sample.backend.port()));
            }
            fs::write(config.join(file.file_name().unwrap()), text).unwrap();
        }
        let map = format!("8080={},8443={}", listeners[0].get(), listeners[1].get());
        let admin = format!("127.0.0.1:{}", admin.get());
        let process =
            run(&config, folder.path(), &["--bind", "127.0.0.1", "--port-map", &map, "--admin", &admin]);
        eventually("the example to be served", || process.stderr().contains("following changes"));
        assert!(!process.stderr().contains("error"), "{}", process.stderr());
        Self { samples, listeners, _folder: folder, _process: process }
    }

    fn sample(&self, name: u16) -> &Sample {
        self.samples.iter().find(|sample| sample.name == name).unwrap()
    }

    fn check(&self, expected: &Expected) {
        if let Some(delay) = &expected.delay {
            self.sample(delay.port).delay.store(delay.ms, Ordering::SeqCst);
        }
        if let Some(failing) = &expected.failing {
            self.sample(failing.port).failing.store(failing.times, Ordering::SeqCst);
        }
        let copies = expected.mirrored.map(|name| (self.sample(name), self.sample(name).backend.count()));
        let (head, body) = self.curl(expected);
        let context = format!("{expected:?}\n{head}{body}");
        assert_eq!(head.split(' ').nth(1), Some(expected.status.to_string().as_str()), "{context}");
        let headers = head_fields(&head);
        same(&expected.headers, |name| headers.get(name).cloned(), &context);
        let seen: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        if let Some(backend) = expected.backend {
            assert_eq!(seen["backend"], backend, "{context}");
        }
        if let Some(path) = &expected.path {
            assert_eq!(seen["path"], path.as_str(), "{context}");
        }
        same(&expected.sent, |name| seen["sent"][name].as_str().map(str::to_owned), &context);
        if let Some((sample, before)) = copies {
            eventually("the copy", || sample.backend.count() > before);
        }
        self.samples.iter().for_each(|sample| {
            sample.delay.store(0, Ordering::SeqCst);
            sample.failing.store(0, Ordering::SeqCst);
        });
    }

    /// The answer's head and body, as curl got them.
    fn curl(&self, expected: &Expected) -> (String, String) {
        let (method, url) = expected.request.split_once(' ').unwrap();
        let url = format!("{url}{}", "x".repeat(expected.long));
        let mut command = Command::new("curl");
        command.args([
            "-s",
            "-k",
            "-i",
            "-g",
            "--max-time",
            &DEADLINE.as_secs().to_string(),
            "-X",
            method,
            &url,
        ]);
        for (declared, bound) in LISTENERS.iter().zip(&self.listeners) {
            // Every name at the declared port is this gateway at its own port.
            command.args(["--connect-to", &format!(":{declared}:127.0.0.1:{}", bound.get())]);
        }
        for (name, value) in &expected.with {
            command.args(["-H", &format!("{name}: {value}")]);
        }
        let output = command.output().expect("curl is needed");
        assert!(output.status.success(), "{command:?}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        (head.to_owned(), body.to_owned())
    }
}

fn head_fields(head: &str) -> Headers {
    let field =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    head.lines().skip(1).filter_map(field).collect()
}

/// An empty expectation is: absent.
fn same(expected: &Headers, actual: impl Fn(&str) -> Option<String>, context: &str) {
    for (name, wanted) in expected {
        let wanted = Some(wanted.clone()).filter(|wanted| !wanted.is_empty());
        assert_eq!(actual(name), wanted, "{name}: {context}");
    }
}

fn yaml_files(example: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(example).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect()
}

fn examples() -> Vec<PathBuf> {
    let folder = workspace().join("examples");
    let mut found: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir()).collect();
    found.sort();
    found
}

#[test]
fn examples_answer_as_they_say() {
    let text = fs::read_to_string(workspace().join("examples/requests.yaml")).unwrap();
    let expected: BTreeMap<String, Vec<Expected>> = serde_saphyr::from_str(&text).unwrap();
    let names: Vec<_> =
        examples().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, expected.keys().cloned().collect::<Vec<_>>(), "each example has requests");
    for (name, requests) in &expected {
        let running = Running::start(&workspace().join("examples").join(name));
        requests.iter().for_each(|expected| running.check(expected));
    }
}

#[test]
fn examples_are_clean() {
    for example in examples() {
        let said = said(&["check", "--strict", example.to_str().unwrap()]);
        assert_eq!(said.code, Some(0), "{}", said.out);
        assert!(said.out.ends_with(": nothing is wrong\n"), "{}", said.out);
        assert!(example.join("README.md").exists(), "{}", example.display());
    }
}

#[test]
fn the_folder_of_examples_as_a_whole_is_no_configuration() {
    // Each example has a Gateway of the same name, so that reading all at once must say so.
    let output = corten().arg("check").arg(workspace().join("examples")).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("Gateway default/web: is already defined in "), "{out}");
}
