use super::{AccessLog, LogPlan, Record};
use crate::error::{Code, Error};
use corten_snapshot::{AccessLog as Settings, AccessLogMode};
use http::Version;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn plan(fields: &[&str]) -> LogPlan {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    LogPlan::new(&Settings { mode: AccessLogMode::On, fields }).unwrap()
}

fn record() -> Record<'static> {
    Record {
        time: UNIX_EPOCH + Duration::from_millis(1_795_493_880_123),
        request_id: Some(b"id-1"),
        client: b"192.0.2.1",
        method: "GET",
        host: "a.example",
        path: "/p",
        query: None,
        protocol: Version::HTTP_11,
        status: 200,
        bytes_in: 1,
        bytes_out: 30,
        duration: Duration::from_micros(1_005),
        upstream: None,
        upstream_duration: None,
        route: None,
        rule: None,
        listener: "http",
        gateway: "ns/gw",
        user_agent: None,
        error: None,
        retries: 0,
        tls_version: None,
    }
}

fn line(plan: &LogPlan, record: &Record<'_>) -> String {
    let mut out = Vec::new();
    plan.write(&mut out, record);
    String::from_utf8(out).unwrap()
}

#[test]
fn all_fields_in_their_order() {
    let error = Error::new(Code::UpstreamReset).cause("broken \"pipe\"");
    let full = Record {
        upstream: Some(&"10.0.0.1:80"),
        upstream_duration: Some(Duration::from_millis(12)),
        route: Some("HTTPRoute/ns/r"),
        rule: Some("0"),
        user_agent: Some(b"curl/8"),
        error: Some(&error),
        tls_version: Some("TLSv1.3"),
        ..record()
    };
    assert_eq!(
        line(&plan(&[]), &full),
        "{\"time\":\"2026-11-24T04:18:00.123Z\",\"request_id\":\"id-1\",\"client\":\"192.0.2.1\",\"method\":\"GET\",\
         \"host\":\"a.example\",\"path\":\"/p\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"bytes_in\":1,\
         \"bytes_out\":30,\"duration_ms\":1.005,\"upstream\":\"10.0.0.1:80\",\"upstream_duration_ms\":12.000,\
         \"route\":\"HTTPRoute/ns/r\",\"rule\":\"0\",\"listener\":\"http\",\"gateway\":\"ns/gw\",\
         \"user_agent\":\"curl/8\",\"error\":\"upstream_reset: broken \\\"pipe\\\"\",\"retries\":0,\
         \"tls_version\":\"TLSv1.3\"}\n"
    );
}

#[test]
fn what_a_request_does_not_have_is_null() {
    let json: serde_json::Value = serde_json::from_str(&line(&plan(&[]), &record())).unwrap();
    for field in ["upstream", "upstream_duration_ms", "route", "rule", "user_agent", "error", "tls_version"] {
        assert!(json[field].is_null(), "{field}");
    }
    assert!(json.get("query").is_none(), "a query may hold secrets and is not logged by default");
}

#[test]
fn fields_are_those_that_were_asked_for() {
    let plan = plan(&["status", "nonsense", "query", "path"]);
    let asked = Record { query: Some("a=b"), ..record() };
    assert_eq!(line(&plan, &asked), "{\"status\":200,\"query\":\"a=b\",\"path\":\"/p\"}\n");
}

#[test]
fn no_value_breaks_out_of_its_line() {
    for (name, agent, want) in [
        ("quote and backslash", &b"a\"b\\c"[..], "a\"b\\c"),
        ("another line", b"a\r\n{\"status\":200}", "a\r\n{\"status\":200}"),
        ("terminal sequence", b"\x1b[31mred\x07", "\u{1b}[31mred\u{7}"),
        ("tab and NUL", b"\t\0", "\t\0"),
        ("delete", b"\x7f", "\u{7f}"),
        ("C1 control", "\u{9b}31m".as_bytes(), "\u{9b}31m"),
        ("line separators", "\u{2028}\u{2029}".as_bytes(), "\u{2028}\u{2029}"),
        ("writing direction", "\u{202e}abc".as_bytes(), "\u{202e}abc"),
        ("letters beyond ASCII", "äß漢".as_bytes(), "äß漢"),
        ("no UTF-8", b"a\xffb\xc3", "a\u{fffd}b\u{fffd}"),
    ] {
        let text = line(&plan(&["user_agent"]), &Record { user_agent: Some(agent), ..record() });
        assert_eq!(text.matches('\n').count(), 1, "{name}: one line: {text:?}");
        let raw = text.trim_end().chars().any(|c| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c));
        assert!(!raw, "{name}: nothing that a terminal acts on: {text:?}");
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["user_agent"], want, "{name}");
    }
    let name = "x\", \"status\": 200, \"y\": \"\n";
    let text = line(&plan(&["upstream"]), &Record { upstream: Some(&name), ..record() });
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["upstream"], name);
}

#[test]
fn dates() {
    for (seconds, want) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_399, "2000-02-28T23:59:59.000Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"),
        (951_868_800, "2000-03-01T00:00:00.000Z"),
        (1_709_164_800, "2024-02-29T00:00:00.000Z"),
        (1_767_225_599, "2025-12-31T23:59:59.000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z"),
    ] {
        let time = UNIX_EPOCH + Duration::from_secs(seconds);
        let text = line(&plan(&["time"]), &Record { time, ..record() });
        assert_eq!(text, format!("{{\"time\":\"{want}\"}}\n"));
    }
    let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert!(line(&plan(&["time"]), &Record { time: before, ..record() }).contains("1970"));
}

#[test]
fn samples_and_every_server_error() {
    let sampled =
        |ratio| LogPlan::new(&Settings { mode: AccessLogMode::Sampled { ratio }, fields: vec![] }).unwrap();
    let quarter = sampled(0.25);
    assert!(quarter.wants(200, 0) && quarter.wants(404, (1 << 30) - 2));
    assert!(!quarter.wants(200, 1 << 30) && !quarter.wants(499, u32::MAX));
    assert!(quarter.wants(500, u32::MAX), "answers of 500 and above are always logged");
    assert!(plan(&[]).wants(200, u32::MAX));
    assert!(LogPlan::new(&Settings::default()).is_none(), "off by default");
    assert!(!sampled(f64::NAN).wants(200, 0), "nonsense samples nothing");
}

/// What the log has written.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_line_of_every_worker_arrives_whole() {
    let sink = Sink::default();
    let log = AccessLog::start(3, Box::new(sink.clone())).unwrap();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let log = &log;
            scope.spawn(move || {
                let plan = plan(&["status", "retries"]);
                for retries in 0..500 {
                    log.log(worker, &plan, &Record { status: worker as u16, retries, ..record() });
                }
            });
        }
    });
    log.close();
    let text = String::from_utf8(sink.0.lock().clone()).unwrap();
    let lines: HashSet<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2000, "all are there, each once");
    for line in lines {
        serde_json::from_str::<serde_json::Value>(line).expect("one whole object");
    }
    assert_eq!(log.dropped(), 0);
}

/// Accepts nothing until it is told to.
struct Stuck(mpsc::Receiver<()>, Sink);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        self.1.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stuck_reader_costs_lines_not_workers() {
    let (release, stuck) = mpsc::channel();
    let sink = Sink::default();
    let log = AccessLog::start(1, Box::new(Stuck(stuck, sink.clone()))).unwrap();
    let plan = plan(&["path", "status"]);
    let path = "x".repeat(1000);
    let sent = 4000;
    for _ in 0..sent {
        log.log(0, &plan, &Record { path: &path, ..record() });
    }
    let dropped = log.dropped();
    assert!(dropped > 0, "4 MB do not fit");
    drop(release);
    log.close();
    let text = String::from_utf8(sink.0.lock().clone()).unwrap();
    assert_eq!(text.lines().count() as u64 + dropped, sent, "each is written or counted");
    assert!(text.lines().all(|line| line.ends_with("\"status\":200}")), "no line is cut");
}

/// Fails always.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_that_cannot_be_written_are_counted() {
    let log = AccessLog::start(1, Box::new(Broken)).unwrap();
    for _ in 0..3 {
        log.log(0, &plan(&["status"]), &record());
    }
    log.close();
    assert_eq!(log.dropped(), 3);
    log.close();
}
