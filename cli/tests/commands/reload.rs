//! Changes of files while the gateway serves.

use crate::support::{folder, gateway, route_to, run, serving};
use corten_test_support::{Backend, Client, Gateway, ReservedPort, eventually};
use std::{fs, os::unix::fs::symlink};

fn answers(gateway: &Gateway, text: &str) {
    eventually(&format!("the answer `{text}`"), || gateway.get("a", "/").text() == text);
}

#[test]
fn an_edit_is_served() {
    let (one, two) = (Backend::named("one"), Backend::named("two"));
    let gateway = serving(&one);
    answers(&gateway, "one");
    gateway.write("app.yaml", &route_to(two.port()));
    answers(&gateway, "two");
    eventually("the line about it", || gateway.process().stderr().contains("changed Backend default/app"));
    // In place, as `>` and some editors do it.
    fs::write(gateway.config().join("app.yaml"), route_to(one.port())).unwrap();
    answers(&gateway, "one");
}

#[test]
fn files_come_and_go() {
    let (one, two) = (Backend::named("one"), Backend::named("two"));
    let gateway = serving(&one);
    let special = route_to(two.port())
        .replace("name: app", "name: special")
        .replace("  rules:\n  - ", "  hostnames: [b]\n  rules:\n  - ");
    fs::create_dir_all(gateway.config().join("more/deep")).unwrap();
    fs::write(gateway.config().join("more/deep/special.yml"), special).unwrap();
    eventually("the new route", || gateway.get("b", "/").text() == "two");
    assert_eq!(gateway.get("a", "/").text(), "one");
    fs::remove_dir_all(gateway.config().join("more")).unwrap();
    eventually("the route to be gone", || gateway.get("b", "/").text() == "one");
}

#[test]
fn editors_save_in_their_own_ways() {
    let backends: Vec<_> = ["0", "1", "2", "3"].map(Backend::named).into();
    let gateway = serving(&backends[0]);
    let file = gateway.config().join("app.yaml");
    // Vim: the old file is moved away, a new one written, the old one removed.
    let backup = gateway.config().join("app.yaml~");
    fs::rename(&file, &backup).unwrap();
    fs::write(&file, route_to(backends[1].port())).unwrap();
    fs::remove_file(&backup).unwrap();
    answers(&gateway, "1");
    // Many others: a scratch file is moved over the old one.
    let scratch = gateway.config().join(".app.yaml.swp");
    fs::write(&scratch, route_to(backends[2].port())).unwrap();
    fs::rename(&scratch, &file).unwrap();
    answers(&gateway, "2");
    // In small pieces.
    let text = route_to(backends[3].port());
    let mut out = fs::File::create(&file).unwrap();
    for piece in text.as_bytes().chunks(7) {
        std::io::Write::write_all(&mut out, piece).unwrap();
    }
    drop(out);
    answers(&gateway, "3");
    assert!(!gateway.process().stderr().contains("error"), "{}", gateway.process().stderr());
}

#[test]
fn a_config_map_is_swapped_by_its_link() {
    let (one, two, port, admin) =
        (Backend::named("one"), Backend::named("two"), ReservedPort::new(), ReservedPort::new());
    let config = folder(&[]);
    let version = |name: &str, backend: &Backend| {
        let dir = config.path().join(name);
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("gw.yaml"), gateway(port.get())).unwrap();
        fs::write(dir.join("app.yaml"), route_to(backend.port())).unwrap();
    };
    version("..v1", &one);
    symlink("..v1", config.path().join("..data")).unwrap();
    for name in ["gw.yaml", "app.yaml"] {
        symlink(format!("..data/{name}"), config.path().join(name)).unwrap();
    }
    let logs = tempfile::tempdir().unwrap();
    let _process = run(
        config.path(),
        logs.path(),
        &["--bind", "127.0.0.1", "--admin", &format!("127.0.0.1:{}", admin.get())],
    );
    eventually("the gateway to listen", || std::net::TcpStream::connect(("127.0.0.1", port.get())).is_ok());
    assert_eq!(Client::connect(port.get()).get("a", "/").text(), "one");
    version("..v2", &two);
    symlink("..v2", config.path().join("..data_tmp")).unwrap();
    fs::rename(config.path().join("..data_tmp"), config.path().join("..data")).unwrap();
    fs::remove_dir_all(config.path().join("..v1")).unwrap();
    eventually("the new version", || Client::connect(port.get()).get("a", "/").text() == "two");
}

#[test]
fn sighup_looks_at_the_files() {
    let (one, two) = (Backend::named("one"), Backend::named("two"));
    let gateway = serving(&one);
    gateway.write("app.yaml", &route_to(two.port()));
    let kill = std::process::Command::new("kill")
        .args(["-HUP", &gateway.process().id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    answers(&gateway, "two");
    assert_eq!(gateway.process().exited(), None);
}

#[test]
fn no_request_is_lost_over_many_edits() {
    let backends = [Backend::named("0"), Backend::named("1")];
    let gateway = serving(&backends[0]);
    let mut client = gateway.client();
    for round in 1..=50 {
        gateway.write("app.yaml", &route_to(backends[round % 2].port()));
        let wanted = (round % 2).to_string();
        eventually("the edit to be served", || {
            let response = client.get("a", "/");
            assert!(response.status == 200 && ["0", "1"].contains(&response.text().as_str()), "{response:?}");
            response.text() == wanted
        });
    }
}
