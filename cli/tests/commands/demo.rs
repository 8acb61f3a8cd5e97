//! `corten demo`: every printed line works as printed.

use crate::support::corten;
use corten_test_support::{DEADLINE, ReservedPort, eventually, process::Process, wait_for};
use std::process::Command;

struct Demo {
    process: Process,
    folder: tempfile::TempDir,
    _ports: [ReservedPort; 2],
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = [ReservedPort::new(), ReservedPort::new()];
        let mut command = corten();
        command.args([
            "demo",
            "--port",
            &ports[0].get().to_string(),
            "--admin",
            &format!("127.0.0.1:{}", ports[1].get()),
        ]);
        command.arg("--dir").arg(folder.path().join("it's mine"));
        let process = Process::start(command, folder.path());
        eventually("the guide", || {
            process.stdout().contains("# A mistake") && process.stdout().ends_with("\n\n")
        });
        Self { process, folder, _ports: ports }
    }

    /// The command lines under a title.
    fn commands(&self, title: &str) -> Vec<String> {
        let text = self.process.stdout();
        let start = text
            .lines()
            .position(|line| line.starts_with(&format!("# {title}")))
            .unwrap_or_else(|| panic!("{title}: {text}"));
        text.lines().skip(start + 1).take_while(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// Runs the lines under a title, as a person would; the output of each.
    fn outputs(&self, title: &str) -> Vec<String> {
        self.commands(title).iter().map(|command| shell(command)).collect()
    }

    fn output(&self, title: &str) -> String {
        self.outputs(title).concat()
    }
}

fn shell(command: &str) -> String {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {output:?} (curl and sed are needed)");
    String::from_utf8(output.stdout).unwrap()
}

fn services(text: &str) -> Vec<String> {
    let service = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["service"].as_str().unwrap().to_owned()
    };
    text.lines().map(service).collect()
}

#[test]
fn every_printed_line_works() {
    let demo = Demo::start();
    let titles = demo.process.stdout().lines().filter(|line| line.starts_with("# ")).count();
    assert_eq!(services(&demo.output("Routing by path")), ["v1"]);
    assert_eq!(services(&demo.output("A header match")), ["v2"]);
    let split = services(&demo.output("Traffic split by weight"));
    assert!(
        split.len() == 20 && split.contains(&"v1".to_owned()) && split.contains(&"v2".to_owned()),
        "{split:?}"
    );
    let head = demo.output("A header added to the response");
    assert!(head.to_lowercase().contains("\r\nx-served-through: corten\r\n"), "{head}");
    assert!(demo.output("A path rewrite").contains("\"path\":\"/new/page?a=1\""));
    let head = demo.output("A redirect");
    assert!(head.starts_with("HTTP/1.1 301") && head.contains("https://docs.example.com/docs\r\n"), "{head}");
    let mirrored = demo.commands("Mirrored traffic");
    assert_eq!(services(&shell(&mirrored[0])), ["v1"]);
    // The copy may arrive after the answer.
    eventually("the copy", || shell(&mirrored[1]) == "v2 has received 1 copies\n");
    assert_eq!(demo.output("A service that fails").matches("503\n").count(), 4);
    assert_eq!(demo.output("The same service with retries"), "200\n".repeat(6));
    assert_eq!(demo.output("A stream of server-sent events").matches("data: event").count(), 5);
    edits(&demo);
    assert_eq!(titles, 12, "a new step needs a check here");
}

fn edits(demo: &Demo) {
    let edit = demo.commands("A live edit");
    shell(&edit[0]);
    wait_for("the edit to be served", DEADLINE, || {
        let services = services(&shell(&edit[1]));
        services.iter().all(|service| service == "v1").then_some(())
    });
    let mistake = demo.commands("A mistake");
    shell(&mistake[0]);
    eventually("the message", || {
        demo.process.stderr().contains("hello.yaml:10: error: HTTPRoute default/hello: ")
    });
    assert_eq!(services(&shell(&mistake[1])), ["v1"]);
    shell(&mistake[2]);
    eventually("the mistake to be mended", || demo.process.stderr().contains("all errors are mended"));
}

#[test]
fn it_ends_by_a_signal_and_leaves_a_given_folder() {
    let demo = Demo::start();
    demo.process.terminate();
    assert_eq!(demo.process.wait(DEADLINE).code(), Some(0));
    assert!(demo.folder.path().join("it's mine/split.yaml").exists());
}
