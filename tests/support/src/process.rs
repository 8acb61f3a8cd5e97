//! A child process that ends with its guard.

use crate::wait::wait_for;
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

/// A running process. Its output goes to files in the folder given at the start; when a test fails,
/// their ends are printed.
#[derive(Debug)]
pub struct Process {
    child: Mutex<Child>,
    pid: Pid,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Process {
    /// Starts `command`, with output to `stdout.log` and `stderr.log` in `folder`.
    pub fn start(mut command: Command, folder: &Path) -> Self {
        let (stdout, stderr) = (folder.join("stdout.log"), folder.join("stderr.log"));
        command.stdin(Stdio::null());
        command.stdout(File::create(&stdout).expect("stdout.log"));
        command.stderr(File::create(&stderr).expect("stderr.log"));
        let child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let pid = Pid::from_child(&child);
        Self { child: Mutex::new(child), pid, stdout, stderr }
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        kill_process(self.pid, Signal::TERM).expect("SIGTERM");
    }

    /// How it ended, if it has.
    pub fn exited(&self) -> Option<ExitStatus> {
        self.child.lock().try_wait().expect("wait for child")
    }

    /// Waits until it has ended.
    pub fn wait(&self, deadline: Duration) -> ExitStatus {
        wait_for("the process to end", deadline, || self.exited())
    }

    /// What it has written to standard output.
    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap_or_default()
    }

    /// What it has written to standard error.
    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Resident memory in bytes (`VmRSS`).
    pub fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).expect("/proc status");
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).expect("VmRSS");
        let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().expect("VmRSS in kB");
        kib * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = self.child.lock();
        let _ = child.kill();
        let _ = child.wait();
        if std::thread::panicking() {
            for path in [&self.stdout, &self.stderr] {
                let text = fs::read_to_string(path).unwrap_or_default();
                let lines: Vec<_> = text.lines().collect();
                let end = &lines[lines.len().saturating_sub(30)..];
                eprintln!("--- end of {}:\n{}", path.display(), end.join("\n"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DEADLINE;

    #[test]
    fn output_is_kept_and_sigterm_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exec sleep 60"]);
        let process = Process::start(command, folder.path());
        crate::eventually("both lines", || process.stdout() == "out\n" && process.stderr() == "err\n");
        assert!(process.resident() > 0);
        assert_eq!(process.exited(), None);
        process.terminate();
        assert!(!process.wait(DEADLINE).success());
    }
}
