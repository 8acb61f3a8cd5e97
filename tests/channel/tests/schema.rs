//! Processes of different versions part with a clear word, and harm nobody.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use corten_channel::{Pod, logged, site::site};
use corten_snapshot::{
    ContentHash, file,
    frame::{Decoder, Frame, Hello, MAX_FRAME, encode},
};
use corten_test_support::{DEADLINE, wait::wait_for};
use std::{
    fs,
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
};

/// The greeting of a process that was built with other types.
fn foreign_hello() -> Vec<u8> {
    let schema = ContentHash::of(b"another version");
    encode(&Frame::Hello(Hello { schema, hash: ContentHash::default(), revision: 1 }), MAX_FRAME).unwrap()
}

/// All frames that come until the peer closes.
fn frames(stream: &mut UnixStream) -> Vec<Frame> {
    let mut bytes = Vec::new();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.read_to_end(&mut bytes).unwrap();
    let mut decoder = Decoder::new(MAX_FRAME);
    decoder.push(&bytes);
    std::iter::from_fn(|| decoder.next().unwrap()).collect()
}

#[test]
fn a_dataplane_serves_on_beside_a_controller_of_another_version() {
    let pod = Pod::new();
    let good = site(pod.http(), &[("a.test", "v1")]);
    file::write(&pod.last_good(), 7, &good).unwrap();
    let listener = UnixListener::bind(pod.socket()).unwrap();
    let dataplane = pod.dataplane();
    listener.set_nonblocking(true).unwrap();
    let (mut stream, _) = wait_for("the dataplane to connect", DEADLINE, || listener.accept().ok());
    stream.write_all(&foreign_hello()).unwrap();
    let [Frame::Hello(hello)] = frames(&mut stream)[..] else { panic!("one greeting, and no more") };
    assert_eq!((hello.hash, hello.revision), (good.hash(), 7));
    logged(&dataplane, &["ERROR", "controller and dataplane must be of the same version"]);
    pod.serves("a.test", "v1");
    assert_eq!(dataplane.exited(), None);
    fs::remove_file(pod.socket()).unwrap();
}

#[test]
fn a_controller_turns_a_dataplane_of_another_version_away_and_serves_the_others() {
    let pod = Pod::new();
    pod.publish(&site(pod.http(), &[("a.test", "v1")]));
    let (controller, _dataplane) = (pod.controller(), pod.dataplane());
    pod.serves("a.test", "v1");
    let mut stream = UnixStream::connect(pod.socket()).unwrap();
    stream.write_all(&foreign_hello()).unwrap();
    let [Frame::Hello(hello)] = frames(&mut stream)[..] else { panic!("one greeting, and no more") };
    assert_eq!(hello.schema, corten_snapshot::schema_hash());
    logged(&controller, &["ERROR", "controller and dataplane must be of the same version"]);
    pod.publish(&site(pod.http(), &[("a.test", "v2")]));
    pod.serves("a.test", "v2");
}
