//! Logs on standard error; standard output belongs to access logs and to what a command was asked for.

use clap::{Args, ValueEnum};
use tracing_subscriber::{EnvFilter, fmt};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Options of commands that log.
#[derive(Clone, Debug, Args)]
pub struct Logging {
    /// How log lines look; they go to standard error
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub log_format: Format,
    /// What is logged: error, warn, info, debug, or a filter such as `warn,corten_dataplane=debug`
    #[arg(long, default_value = "info", value_name = "LEVEL", value_parser = filter)]
    pub log_level: String,
}

/// Checks a filter when the arguments are read.
fn filter(text: &str) -> Result<String, String> {
    text.parse::<EnvFilter>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

impl Logging {
    /// Starts logging; the second call in a process does nothing.
    pub fn start(&self) {
        let filter = EnvFilter::new(&self.log_level);
        let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
        // Another subscriber is there already only in tests.
        let _ = match self.log_format {
            Format::Text => builder.compact().with_target(false).try_init(),
            Format::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_checked() {
        assert!(filter("info").is_ok() && filter("warn,corten_dataplane=debug").is_ok());
        assert!(filter("corten=verbose").is_err());
    }
}
