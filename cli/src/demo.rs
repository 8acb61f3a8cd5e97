//! `corten demo`: sample services, a folder of YAML to edit, and lines to try.

pub mod services;
pub mod steps;

use crate::{
    exit::Exit,
    load::paths::plain,
    logging::Logging,
    run::{self, report::Reporter, summary::Summary},
};
use clap::Args;
use services::Ports;
use std::{
    fmt::Write as _,
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process,
};

/// The YAML of the demo; `{{NAME}}` stands for a port.
const FILES: &[(&str, &str)] = &[
    ("gateway.yaml", include_str!("demo/yaml/gateway.yaml")),
    ("services.yaml", include_str!("demo/yaml/services.yaml")),
    ("hello.yaml", include_str!("demo/yaml/hello.yaml")),
    ("split.yaml", include_str!("demo/yaml/split.yaml")),
    ("paths.yaml", include_str!("demo/yaml/paths.yaml")),
    ("retry.yaml", include_str!("demo/yaml/retry.yaml")),
    ("mirror.yaml", include_str!("demo/yaml/mirror.yaml")),
];

/// Arguments of `corten demo`.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Folder for the YAML; it must be empty or not there [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Port of the gateway
    #[arg(long, default_value_t = 8080, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// Address of metrics, readiness and /snapshot
    #[arg(long, default_value = "127.0.0.1:9901", value_name = "ADDR:PORT")]
    pub admin: SocketAddr,
    /// Logs.
    #[command(flatten)]
    pub logging: Logging,
}

/// Runs until a signal says otherwise.
pub fn demo(arguments: &Arguments) -> Exit {
    arguments.logging.start();
    let reporter = Reporter::new(arguments.logging.log_format);
    let folder = match Folder::new(arguments.dir.as_deref()) {
        Ok(folder) => folder,
        Err(message) => {
            reporter.failure(&message);
            return Exit::Usage;
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            reporter.failure(&format!("the system gives no event loop: {}", plain(&error)));
            return Exit::Failure;
        }
    };
    runtime.block_on(play(arguments, &folder, reporter))
}

async fn play(arguments: &Arguments, folder: &Folder, reporter: Reporter) -> Exit {
    let written = match services::start().await {
        Ok(ports) => write_files(&folder.path, arguments.port, ports),
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        reporter.failure(&format!("the demo cannot be set up: {}", plain(&error)));
        return Exit::Failure;
    }
    let run = run::Arguments {
        paths: vec![folder.path.clone()],
        port_map: Vec::new(),
        bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
        admin: arguments.admin,
        threads: None,
        logging: arguments.logging.clone(),
    };
    let guide = guide(arguments.port, &folder.path);
    // The lines come last, so that they stay on the screen.
    run::serve(&run, reporter, |_: &Summary| print!("{guide}")).await
}

fn write_files(folder: &Path, port: u16, ports: Ports) -> io::Result<()> {
    for (name, template) in FILES {
        let text = template
            .replace("{{PORT}}", &port.to_string())
            .replace("{{V1}}", &ports.v1.to_string())
            .replace("{{V2}}", &ports.v2.to_string())
            .replace("{{FLAKY}}", &ports.flaky.to_string());
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// What is printed.
fn guide(port: u16, folder: &Path) -> String {
    let mut text = format!("\nThe demo's YAML is in {}; edit it while this runs.\n", folder.display());
    text.push_str("Try these lines in another terminal (Ctrl-C here ends the demo):\n");
    // Writing to a String does not fail.
    for step in steps::steps(port, folder) {
        let _ = writeln!(text, "\n# {}: {}", step.title, step.expect);
        for command in &step.commands {
            let _ = writeln!(text, "{command}");
        }
    }
    text.push('\n');
    text
}

/// The folder of the demo; a temporary one is removed with this value.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    /// Makes the folder, or takes an empty one.
    fn new(given: Option<&Path>) -> Result<Self, String> {
        let temporary = given.is_none();
        let path = match given {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(format!("corten-demo-{}", process::id())),
        };
        let failed = |error: io::Error| format!("{}: {}", path.display(), plain(&error));
        fs::create_dir_all(&path).map_err(failed)?;
        if fs::read_dir(&path).map_err(failed)?.next().is_some() {
            return Err(format!("{} is not empty; choose another folder with --dir", path.display()));
        }
        Ok(Self { path, temporary })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // A folder that stays behind in the system's place for such is no harm.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Loader;

    #[test]
    fn the_yaml_is_valid_and_complete() {
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), 8080, Ports { v1: 9001, v2: 9002, flaky: 9003 }).unwrap();
        let mut loader = Loader::new(vec![folder.path().to_owned()], None);
        loader.load();
        assert_eq!(loader.diagnostics(), []);
        assert_eq!(loader.files().count(), FILES.len());
        let text = fs::read_to_string(folder.path().join("services.yaml")).unwrap();
        assert!(text.contains("port: 9003") && !text.contains("{{"), "{text}");
    }

    #[test]
    fn a_folder_with_something_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.yaml"), "").unwrap();
        assert!(Folder::new(Some(folder.path())).unwrap_err().contains("is not empty"));
        assert!(Folder::new(Some(&folder.path().join("new/sub"))).is_ok());
    }

    #[test]
    fn a_temporary_folder_is_removed() {
        let folder = Folder::new(None).unwrap();
        let path = folder.path.clone();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn the_guide_has_every_command_on_a_line_of_its_own() {
        let text = guide(8080, Path::new("/tmp/x"));
        let commands: Vec<_> =
            steps::steps(8080, Path::new("/tmp/x")).into_iter().flat_map(|s| s.commands).collect();
        let lines: Vec<_> =
            text.lines().filter(|l| ["curl ", "sed ", "mv "].iter().any(|c| l.starts_with(c))).collect();
        assert_eq!(lines, commands);
    }
}
