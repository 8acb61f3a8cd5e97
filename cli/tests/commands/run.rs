//! `corten run`: starting, serving, ending.

use crate::support::{folder, gateway, route_to, run, said, serving};
use corten_test_support::{Backend, Client, DEADLINE, Gateway, ReservedPort, eventually};
use std::{net::TcpListener, process::Command};

#[test]
fn yaml_becomes_traffic() {
    let backend = Backend::named("hello");
    let gateway = serving(&backend);
    let response = gateway.get("any.example", "/x");
    assert_eq!((response.status, response.text().as_str()), (200, "hello"));
    eventually("the summary", || gateway.process().stderr().contains("following changes"));
    let stderr = gateway.process().stderr();
    assert!(stderr.contains(&format!("http://127.0.0.1:{}: 1 route (listener ", gateway.http())), "{stderr}");
    assert!(stderr.contains("3 objects in 2 files, ready after "), "{stderr}");
    assert_eq!(gateway.process().stdout(), "", "standard output belongs to access logs");
}

#[test]
fn ports_are_mapped() {
    let (backend, port, admin) = (Backend::named("mapped"), ReservedPort::new(), ReservedPort::new());
    let config = folder(&[("gw.yaml", &gateway(80)), ("app.yaml", &route_to(backend.port()))]);
    let logs = folder_of_logs();
    let map = format!("80={}", port.get());
    let admin = format!("127.0.0.1:{}", admin.get());
    let process =
        run(config.path(), logs.path(), &["--port-map", &map, "--bind", "127.0.0.1", "--admin", &admin]);
    eventually("the gateway to listen", || std::net::TcpStream::connect(("127.0.0.1", port.get())).is_ok());
    let response = Client::connect(port.get()).get("a", "/");
    assert_eq!(response.text(), "mapped");
    assert_eq!(backend.last().header("x-forwarded-port"), Some("80"), "clients see the declared port");
    process.terminate();
    assert_eq!(process.wait(DEADLINE).code(), Some(0));
}

#[test]
fn sigterm_lets_requests_end() {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = parking_lot::Mutex::new(released);
    let backend = Backend::start(move |_| {
        let _ = released.lock().recv();
        corten_test_support::Reply::text("late")
    });
    let gateway = serving(&backend);
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    backend.last();
    gateway.process().terminate();
    eventually("the drain to begin", || gateway.process().stderr().contains("stopping"));
    release.send(()).unwrap();
    let response = client.response();
    assert_eq!((response.status, response.text().as_str()), (200, "late"));
    drop(client);
    assert_eq!(gateway.process().wait(DEADLINE).code(), Some(0));
    assert!(gateway.process().stderr().ends_with("stopped\n"), "{}", gateway.process().stderr());
}

#[test]
fn a_second_signal_does_not_wait() {
    let backend = Backend::start(|_| {
        loop {
            std::thread::park();
        }
    });
    let gateway = serving(&backend);
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    backend.last();
    gateway.process().terminate();
    eventually("the drain to begin", || gateway.process().stderr().contains("stopping"));
    gateway.process().terminate();
    assert_eq!(gateway.process().wait(DEADLINE).code(), Some(1));
}

#[test]
fn a_port_in_use_is_one_message_and_the_rest_goes_on() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let backend = Backend::named("served");
    let gateway = Gateway::builder()
        .file("app.yaml", &route_to(backend.port()))
        .file("other.yaml", &gateway(port).replace("name: gw", "name: other"));
    let gateway = gateway.spawn();
    eventually("the message", || gateway.process().stderr().contains("following changes"));
    let stderr = gateway.process().stderr();
    let lines: Vec<_> =
        stderr.lines().filter(|line| line.contains(&port.to_string()) && line.contains("error")).collect();
    assert_eq!(lines.len(), 1, "{stderr}");
    assert!(lines[0].contains("Gateway default/other") && lines[0].contains("--port-map"), "{}", lines[0]);
    assert_eq!(gateway.get("a", "/").text(), "served");
    drop(taken);
    eventually("the port to be taken once it is free", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
}

#[test]
fn nothing_to_serve_is_a_failure() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = folder(&[("gw.yaml", &gateway(taken.local_addr().unwrap().port()))]);
    let admin = ReservedPort::new();
    let said = said(&[
        "run",
        config.path().to_str().unwrap(),
        "--bind",
        "127.0.0.1",
        "--admin",
        &format!("127.0.0.1:{}", admin.get()),
    ]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("no listener could be opened"), "{said:?}");
}

#[test]
fn a_taken_admin_address_is_no_reason_to_stop() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (backend, port) = (Backend::named("served"), ReservedPort::new());
    let config = folder(&[("gw.yaml", &gateway(port.get())), ("app.yaml", &route_to(backend.port()))]);
    let logs = folder_of_logs();
    let admin = taken.local_addr().unwrap().to_string();
    let process = run(config.path(), logs.path(), &["--bind", "127.0.0.1", "--admin", &admin]);
    eventually("the gateway to listen", || std::net::TcpStream::connect(("127.0.0.1", port.get())).is_ok());
    assert!(
        process.stderr().contains(&format!("warning: no admin server: {admin}: ")),
        "{}",
        process.stderr()
    );
    assert_eq!(Client::connect(port.get()).get("a", "/").text(), "served");
}

#[test]
fn a_port_below_1024_without_rights_names_the_way_out() {
    let config = folder(&[("gw.yaml", &gateway(81))]);
    let admin = ReservedPort::new();
    let command = format!(
        "exec {} run {} --bind 127.0.0.1 --admin 127.0.0.1:{}",
        env!("CARGO_BIN_EXE_corten"),
        config.path().display(),
        admin.get()
    );
    // Whoever may bind every port gives that right away first; where that cannot be done there is nothing to see.
    let mut shell = if TcpListener::bind("127.0.0.1:81").is_ok() {
        let mut setpriv = Command::new("setpriv");
        setpriv.args([
            "--bounding-set",
            "-net_bind_service",
            "--inh-caps",
            "-net_bind_service",
            "sh",
            "-c",
            &command,
        ]);
        setpriv
    } else {
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]);
        shell
    };
    let Ok(output) = shell.output() else { return };
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("127.0.0.1:81") && stderr.contains("--port-map 81="), "{stderr}");
}

#[test]
fn json_logs_are_json() {
    let backend = Backend::named("x");
    let gateway = Gateway::builder()
        .file("app.yaml", &route_to(backend.port()))
        .file("bad.yaml", "kind: [\n")
        .arguments(&["--log-format", "json"])
        .start();
    eventually("the start to be told", || gateway.process().stderr().contains("\"started\""));
    let stderr = gateway.process().stderr();
    let lines: Vec<serde_json::Value> =
        stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(lines.iter().any(|line| line["message"] == "started" && line["objects"].is_number()), "{stderr}");
    assert!(
        lines.iter().any(|line| line["level"] == "ERROR"
            && line["place"].as_str().is_some_and(|p| p.ends_with("bad.yaml:1"))),
        "{stderr}"
    );
}

fn folder_of_logs() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}
