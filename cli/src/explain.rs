//! `corten explain`: what answers a request, and why nothing else does.

pub mod answer;
pub mod decide;
pub mod request;
pub mod text;
pub mod words;

use crate::{
    check::Format,
    compiled::{self, PortPair},
    diagnostic::Severity,
    exit::Exit,
};
use clap::Args;
use request::Request;
use std::{
    io::{self, Write as _},
    path::PathBuf,
};

/// Arguments of `corten explain`.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Files and folders of Kubernetes YAML; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The request, such as `GET https://shop.example/cart?x=1`
    #[arg(long, value_name = "REQUEST")]
    pub request: Request,
    /// A header field of the request; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Ports as `corten run` would bind them, such as 80=8080
    #[arg(long, value_name = "LISTENER=BOUND", value_delimiter = ',')]
    pub port_map: Vec<PortPair>,
}

/// Explains, on standard output. Fails if no rule answers.
pub fn explain(arguments: &Arguments) -> Exit {
    let mut request = arguments.request.clone();
    let headers = arguments.headers.iter().try_for_each(|header| request.add_header(header));
    let loader = headers.and_then(|()| crate::check::loader(&arguments.paths));
    let mut loader = match loader {
        Ok(loader) => loader,
        Err(message) => {
            eprintln!("error: {message}");
            return Exit::Usage;
        }
    };
    let options = compiled::options(&arguments.port_map, compiled::EVERY_ADDRESS);
    let (output, diagnostics) = compiled::once(&mut loader, &options);
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    if errors > 0 {
        eprintln!("note: `corten check` finds {errors} errors in these files");
    }
    let snapshot = &output.snapshot;
    let decision = decide::decide(snapshot, &request);
    let answer = answer::answer(&decision, &request, snapshot, &loader);
    // Nobody reads on after a closed pipe; the exit code says it all the same.
    let _ = write(&answer, arguments.format);
    if answer.rule.is_some() { Exit::Success } else { Exit::Failure }
}

fn write(answer: &answer::Answer, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Text => text::write(&mut out, answer),
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, answer)?;
            writeln!(out)
        }
    }
}

#[cfg(test)]
mod tests;
