//! Figures of the process, as Prometheus' client libraries name them. Linux only; elsewhere there are none.

use super::family::{Families, counter_of};
use std::fs;
use std::sync::LazyLock;

/// Clock ticks a second in `/proc`: fixed by the kernel's interface to user space.
const TICKS: f64 = 100.0;

/// Adds what `/proc` says.
pub(super) fn collect(families: &mut Families) {
    if let Some(stat) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(Stat::parse) {
        let help = "User and system CPU time in seconds.";
        families.counters("process_cpu_seconds_total", help, vec![counter_of(&[], stat.cpu)]);
        families.gauge("process_threads", "Threads of the process.", stat.threads);
        if let Some(boot) = *BOOT {
            let start = boot + stat.start;
            families.gauge("process_start_time_seconds", "Start of the process since the epoch.", start);
        }
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for (name, help, field) in [
        ("process_resident_memory_bytes", "Resident memory.", "VmRSS:"),
        ("process_virtual_memory_bytes", "Virtual memory.", "VmSize:"),
    ] {
        if let Some(kib) = field_of(&status, field) {
            families.gauge(name, help, kib * 1024.0);
        }
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // The folder itself is open while it is read.
        let count = u32::try_from(open.count()).unwrap_or(u32::MAX).saturating_sub(1);
        families.gauge("process_open_fds", "Open file descriptors.", f64::from(count));
    }
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    if let Some(most) = field_of(&limits, "Max open files") {
        families.gauge("process_max_fds", "Most file descriptors that may be open.", most);
    }
}

/// When the machine started, seconds since the epoch.
static BOOT: LazyLock<Option<f64>> =
    LazyLock::new(|| field_of(&fs::read_to_string("/proc/stat").ok()?, "btime"));

/// The number behind `name` at the start of a line.
fn field_of(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The fields of `/proc/self/stat` that matter, in seconds.
struct Stat {
    cpu: f64,
    threads: f64,
    start: f64,
}

impl Stat {
    /// The name of the process is in parentheses and may hold spaces and parentheses itself.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<f64> = text
            .rsplit_once(')')?
            .1
            .split_whitespace()
            .skip(1)
            .map_while(|field| field.parse().ok())
            .collect();
        let field = |number: usize| fields.get(number).copied();
        // Counted from the field behind the state, which proc(5) calls the fourth.
        let (user, system, threads, start) = (field(10)?, field(11)?, field(16)?, field(18)?);
        Some(Self { cpu: (user + system) / TICKS, threads, start: start / TICKS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_with_a_nasty_name() {
        let line =
            "7 (a) b) R 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 3 0 12345 1000 20 1844674407370955";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.cpu, stat.threads, stat.start), (2.0, 3.0, 123.45));
        assert!(Stat::parse("nothing").is_none());
    }

    #[test]
    fn fields_are_found_by_their_name_at_a_lines_start() {
        let text = "VmPeak:\t  9 kB\nVmRSS:\t  2048 kB\nMax open files            1024     4096    files\n";
        assert_eq!(field_of(text, "VmRSS:"), Some(2048.0));
        assert_eq!(field_of(text, "Max open files"), Some(1024.0));
        assert_eq!(field_of(text, "RSS:"), None);
    }
}
