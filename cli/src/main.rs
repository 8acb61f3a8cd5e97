//! `corten`: the gateway for people, without a cluster.

use clap::{Parser, Subcommand};
use corten::{check, demo, explain, probe, run};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// An API gateway that reads Kubernetes Gateway API objects, here from plain YAML files.
#[derive(Debug, Parser)]
#[command(name = "corten", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 success, 1 failure (check: there are errors), 2 wrong usage.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve what files say, and follow their changes
    #[command(after_help = RUN_HELP)]
    Run(run::Arguments),
    /// Say everything that is wrong with files
    #[command(after_help = EXIT_CODES)]
    Check(check::Arguments),
    /// Say what answers a request, and why nothing else does
    #[command(after_help = EXPLAIN_HELP)]
    Explain(explain::Arguments),
    /// Start sample services and a gateway, and print lines to try
    #[command(after_help = EXIT_CODES)]
    Demo(demo::Arguments),
    /// Ask addresses and say whether they answer well
    #[command(after_help = PROBE_HELP)]
    Probe(probe::Arguments),
}

const RUN_HELP: &str = "\
Gateways of class `corten` are served; no GatewayClass is needed. A listener binds the port that it declares unless
--port-map says otherwise. A changed file is in force within milliseconds; an object that becomes invalid keeps its last
good state.

Signals: SIGTERM and SIGINT let requests in flight end, a second one cuts them; SIGHUP looks at the files.
Exit codes: 0 after a drain, 1 if nothing can be served, 2 wrong usage.";

const PROBE_HELP: &str = "Exit codes: 0 all answer with 2xx, 1 one does not, 2 wrong usage.";

const EXPLAIN_HELP: &str = "Exit codes: 0 a rule answers, 1 none does, 2 wrong usage.";

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Demo(arguments) => demo::demo(&arguments),
        Command::Probe(arguments) => probe::probe(&arguments),
    }
    .into()
}
