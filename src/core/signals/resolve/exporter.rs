//! What exporters other than Flink's commonly tell: the JVM and process metrics of the Prometheus
//! client libraries (JMX exporter, ZooKeeper, ...).

use super::{Convert, Labels};
use crate::signals::Signal;

pub(super) fn known(name: &str) -> bool {
    of(name).is_some()
}

fn of(name: &str) -> Option<(Signal, Convert)> {
    Some(match name {
        "jvm_memory_used_bytes" | "jvm_memory_bytes_used" => (Signal::HeapUsed, Convert::Plain),
        "jvm_memory_max_bytes" | "jvm_memory_bytes_max" => {
            (Signal::HeapMax, Convert::NoneIfNegative)
        }
        "jvm_threads_current" => (Signal::Threads, Convert::Plain),
        "process_cpu_seconds_total" => (Signal::CpuTime, Convert::SecondsToMillis),
        "process_open_fds" => (Signal::OpenFiles, Convert::NoneIfNegative),
        "process_max_fds" => (Signal::MaxFiles, Convert::NoneIfNegative),
        _ => return None,
    })
}

/// A series of any exporter; what it is about is for the caller to know.
pub fn from_exporter(name: &str, labels: &impl Labels) -> Option<(Signal, Convert)> {
    let known = of(name)?;
    if matches!(known.0, Signal::HeapUsed | Signal::HeapMax) {
        // Micrometer tells each pool (`id`) on its own under the same name: no sum, no signal
        let heap = labels.get("area").is_some_and(|a| a == "heap");
        return (heap && labels.get("id").is_none()).then_some(known);
    }
    Some(known)
}
