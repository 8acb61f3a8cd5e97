//! `corten probe`: asks addresses and says whether they answer well. The image has no shell and no curl; this is what
//! `helm test` and people in a pod use.

use crate::exit::Exit;
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, StatusCode, Uri, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use std::{error::Error, fmt, time::Duration};
use tokio::net::TcpStream;

/// Arguments of `corten probe`.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Addresses to ask with GET, such as `http://127.0.0.1:9901/readyz`
    #[arg(required = true, value_name = "URL", value_parser = url)]
    pub urls: Vec<Uri>,
    /// How long each may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
}

/// How much of a body is read: a reason, not a download.
const MOST: usize = 64 * 1024;

/// Why an address did not answer.
type Failure = Box<dyn Error + Send + Sync>;

/// An answer.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    text: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let line = self.text.trim_end();
        if line.is_empty() { Ok(()) } else { write!(f, ": {line}") }
    }
}

fn url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http"), Some(host)) if !host.is_empty() => Ok(uri),
        (Some("http"), _) => Err("it has no host".to_owned()),
        _ => Err("it must begin with http://".to_owned()),
    }
}

/// Asks each address once and writes a line for each to standard output. Success is when all answer with 2xx.
pub fn probe(arguments: &Arguments) -> Exit {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("corten: cannot start: {error}")),
    };
    let limit = Duration::from_secs(arguments.timeout);
    let mut exit = Exit::Success;
    for uri in &arguments.urls {
        match runtime.block_on(async { tokio::time::timeout(limit, get(uri)).await }) {
            Ok(Ok(answer)) if answer.status.is_success() => say(&format!("{uri}: {answer}")),
            Ok(Ok(answer)) => exit = failed(&format!("{uri}: {answer}")),
            Ok(Err(error)) => exit = failed(&format!("{uri}: {error}")),
            Err(_) => exit = failed(&format!("{uri}: no answer within {} s", arguments.timeout)),
        }
    }
    exit
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the answer of a command")]
fn failed(line: &str) -> Exit {
    eprintln!("{line}");
    Exit::Failure
}

async fn get(uri: &Uri) -> Result<Answer, Failure> {
    let host = uri.host().unwrap_or_default();
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((bare, uri.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path).header(header::HOST, authority).body(Empty::<Bytes>::new())?;
    let asking = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MOST).collect().await?.to_bytes();
        Ok(Answer { status, text: String::from_utf8_lossy(&body).into_owned() })
    };
    // The connection ends with the answer, or before it with an error that the asking shows too.
    tokio::pin!(asking);
    tokio::select! {
        biased;
        answer = &mut asking => answer,
        _ = connection => asking.await,
    }
}

#[cfg(test)]
mod tests;
