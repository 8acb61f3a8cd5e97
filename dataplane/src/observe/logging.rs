//! The log of the process itself, on standard error.

use clap::{Args, ValueEnum};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt;

/// How the process logs. Part of a command's arguments.
#[derive(Clone, Debug, Args)]
pub struct LogArguments {
    /// What is logged: error, warn, info, debug, trace, or directives such as `info,corten_dataplane=debug`
    /// [env: RUST_LOG]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// How it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line of text.
    Text,
    /// A JSON object a line.
    Json,
}

impl LogArguments {
    /// Sends `tracing` events of the process to standard error from now on. The argument wins over `RUST_LOG`;
    /// with neither it is `info`.
    ///
    /// # Errors
    /// The level is malformed, or the process logs already.
    pub fn init(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let filter = self.filter(std::env::var("RUST_LOG").ok())?;
        let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
        match self.log_format {
            LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
            LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
        }
    }

    fn filter(&self, environment: Option<String>) -> Result<EnvFilter, ParseError> {
        let environment = environment.filter(|directives| !directives.is_empty());
        let directives = self.log_level.clone().or(environment);
        EnvFilter::builder().parse(directives.as_deref().unwrap_or("info"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        log: LogArguments,
    }

    fn parse(arguments: &[&str]) -> LogArguments {
        Command::parse_from([&["corten"], arguments].concat()).log
    }

    #[test]
    fn the_argument_wins_over_the_environment() {
        let environment = || Some("warn".to_owned());
        let level = |arguments: &[&str], environment| {
            let filter = parse(arguments).filter(environment).unwrap();
            filter.max_level_hint().map(|level| level.to_string())
        };
        assert_eq!(level(&[], None).as_deref(), Some("info"));
        assert_eq!(level(&[], Some(String::new())).as_deref(), Some("info"));
        assert_eq!(level(&[], environment()).as_deref(), Some("warn"));
        assert_eq!(level(&["--log-level", "error"], environment()).as_deref(), Some("error"));
        assert_eq!(level(&["--log-level", "warn,corten=debug"], None).as_deref(), Some("debug"));
    }

    #[test]
    fn a_malformed_level_is_an_error() {
        assert!(parse(&["--log-level", "a=b=c"]).filter(None).is_err());
        assert_eq!(parse(&["--log-format", "json"]).log_format, LogFormat::Json);
        assert!(Command::try_parse_from(["corten", "--log-format", "xml"]).is_err());
    }
}
