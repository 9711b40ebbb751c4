//! What node_exporter tells of a machine: a closed list, for its text has a thousand series.

use super::Labels;
use crate::estate::Name;
use crate::signals::Signal;

/// What of a machine a series is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPart {
    /// The machine itself.
    Whole,
    /// A part of a sum over its cores.
    Cpu,
    Mount(Name),
    /// Its clock, in seconds since the epoch: held against ours by the caller.
    Clock,
}

/// File systems that hold nobody's data.
const NO_DISKS: [&str; 12] = [
    "tmpfs",
    "devtmpfs",
    "overlay",
    "squashfs",
    "proc",
    "sysfs",
    "cgroup",
    "cgroup2",
    "nsfs",
    "ramfs",
    "autofs",
    "rpc_pipefs",
];

/// Whether a family of this name is on the list: cheap, asked of each line.
pub fn wanted_of_host(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| of(name).is_some())
}

/// The signal, and by how much a value is multiplied.
fn of(name: &str) -> Option<(Signal, f64)> {
    Some(match name {
        "node_cpu_seconds_total" => (Signal::CpuIdleTime, 1e3),
        "node_load1" => (Signal::Load, 1.0),
        "node_memory_MemTotal_bytes" => (Signal::MemoryTotal, 1.0),
        "node_memory_MemAvailable_bytes" => (Signal::MemoryAvailable, 1.0),
        "node_filefd_allocated" => (Signal::OpenFiles, 1.0),
        "node_filefd_maximum" => (Signal::MaxFiles, 1.0),
        "node_time_seconds" => (Signal::ClockSkew, 1e3),
        "node_timex_sync_status" => (Signal::ClockSynced, 1.0),
        "node_filesystem_size_bytes" => (Signal::CapacityTotal, 1.0),
        "node_filesystem_avail_bytes" => (Signal::CapacityRemaining, 1.0),
        "node_filesystem_files" => (Signal::InodesTotal, 1.0),
        "node_filesystem_files_free" => (Signal::InodesFree, 1.0),
        "node_filesystem_readonly" => (Signal::ReadOnly, 1.0),
        _ => return None,
    })
}

/// A series of a machine's exporter; None: of no use.
pub fn from_host(name: &str, labels: &impl Labels) -> Option<(HostPart, Signal, f64)> {
    let (signal, times) = of(name)?;
    if name.starts_with("node_filesystem_") {
        let kind = labels.get("fstype").unwrap_or_default();
        let mount = labels.get("mountpoint").filter(|m| !m.is_empty())?;
        let none = NO_DISKS.contains(&&*kind) || kind.starts_with("fuse");
        return (!none).then(|| (HostPart::Mount(Name::from(&*mount)), signal, times));
    }
    Some(match signal {
        Signal::CpuIdleTime => {
            let signal = match &*labels.get("mode")? {
                "idle" => Signal::CpuIdleTime,
                "iowait" => Signal::CpuWaitTime,
                "steal" => Signal::CpuStolenTime,
                _ => return None,
            };
            (HostPart::Cpu, signal, times)
        }
        Signal::ClockSkew => (HostPart::Clock, signal, times),
        _ => (HostPart::Whole, signal, times),
    })
}
