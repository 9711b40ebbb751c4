//! The JVM of a service: Hadoop's bean JvmMetrics, and the series of the Prometheus client
//! libraries (JMX exporter, Micrometer). Never a gap of its own: whether the service answers, its
//! other figures say.

use super::hdfs::parse::{beans, number};
use super::http::ReadClient;
use super::prometheus::Lines;
use std::collections::BTreeMap;
use std::time::Duration;
use streamwarden_core::estate::Millis;
use streamwarden_core::signals::Signal;
use streamwarden_core::signals::resolve::from_exporter;

/// Bytes, ms since the process began, counts.
pub type Figures = Vec<(Signal, f64)>;

const DEADLINE: Duration = Duration::from_secs(4);
/// One bean is 1 kB.
const CAP: u64 = 1 << 20;
const MIB: f64 = 1_048_576.0;

/// `service` as Hadoop names it: NameNode, DataNode, ResourceManager.
pub async fn of_hadoop(client: &ReadClient, base: &str, service: &str) -> Figures {
    let url = format!("{base}/jmx?qry=Hadoop:service={service},name=JvmMetrics");
    client.get(&url, DEADLINE, CAP).await.map_or_else(|_| Figures::new(), |a| bean(&a.body))
}

/// Hadoop tells MiB; a heap without a bound has a maximum below zero.
pub fn bean(body: &[u8]) -> Figures {
    const OF: [(&str, Signal, f64); 3] = [
        ("MemHeapUsedM", Signal::HeapUsed, MIB),
        ("MemHeapMaxM", Signal::HeapMax, MIB),
        ("GcTimeMillis", Signal::GcTime, 1.0),
    ];
    let Some(bean) = beans(body).ok().and_then(|all| all.into_iter().next()) else {
        return Figures::new();
    };
    let value = |key: &str| number(&bean, key);
    let mut out: Figures =
        OF.iter().filter_map(|(key, signal, by)| Some((*signal, value(key)? * by))).collect();
    let states = ["Runnable", "Blocked", "Waiting", "TimedWaiting"];
    let threads: Option<f64> = states.iter().map(|s| value(&format!("Threads{s}"))).sum();
    out.extend(threads.map(|n| (Signal::Threads, n)));
    out
}

/// Empty where the text tells of no JVM: the process of an exporter that stands beside its service
/// is not the service.
pub fn of_exporter(text: &[u8]) -> Figures {
    let mut out: BTreeMap<Signal, f64> = BTreeMap::new();
    let mut jvm = false;
    for line in Lines::new(text, |name| name.starts_with(b"jvm_") || name.starts_with(b"process_"))
    {
        let Ok(sample) = line.read() else { continue };
        // a collector each
        let collecting = ["jvm_gc_collection_seconds_sum", "jvm_gc_pause_seconds_sum"];
        let (signal, value) = if collecting.contains(&sample.name) {
            (Signal::GcTime, sample.value * 1e3 + out.get(&Signal::GcTime).unwrap_or(&0.0))
        } else {
            let Some((signal, convert)) = from_exporter(sample.name, &sample.labels) else {
                continue;
            };
            let Some(value) = convert.apply(sample.value, Millis(0)) else { continue };
            (signal, value)
        };
        jvm |= sample.name.starts_with("jvm_");
        if value.is_finite() {
            out.insert(signal, value);
        }
    }
    if jvm { out.into_iter().collect() } else { Figures::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(figures: &Figures, signal: Signal) -> Option<f64> {
        figures.iter().find(|(s, _)| *s == signal).map(|(_, v)| *v)
    }

    #[test]
    fn what_hadoop_tells_of_its_jvm() {
        let told = bean(include_bytes!("../../tests/bases/hdfs/healthy.dn0.JvmMetrics.json"));
        assert_eq!(of(&told, Signal::HeapMax), Some(247.5 * MIB));
        assert_eq!(of(&told, Signal::HeapUsed), Some(22.03881 * MIB));
        assert_eq!(of(&told, Signal::GcTime), Some(93.0));
        assert_eq!(of(&told, Signal::Threads), Some(51.0));
        let manager = include_bytes!("../../tests/bases/yarn/nm-unhealthy.rm.JvmMetrics.json");
        assert_eq!(bean(manager).len(), 4);
        let unbound = br#"{"beans":[{"MemHeapUsedM":1,"MemHeapMaxM":-1.0}]}"#;
        assert_eq!(bean(unbound), [(Signal::HeapUsed, MIB)]);
        for none in
            [&b"<html>"[..], b"{}", b"{\"beans\":[]}", b"{\"beans\":[{\"GcTimeMillis\":\"x\"}]}"]
        {
            assert_eq!(bean(none), []);
        }
    }

    #[test]
    fn what_an_exporter_tells_of_its_jvm() {
        let text = b"jvm_memory_used_bytes{area=\"heap\"} 300\n\
            jvm_memory_used_bytes{area=\"nonheap\"} 7\n\
            jvm_memory_max_bytes{area=\"heap\"} 1000\n\
            jvm_gc_collection_seconds_sum{gc=\"young\"} 1.5\n\
            jvm_gc_collection_seconds_sum{gc=\"old\"} 0.5\n\
            jvm_threads_current 9\nprocess_open_fds 51\nprocess_max_fds 100\nredis_up 1\n";
        let told = of_exporter(text);
        assert_eq!(of(&told, Signal::HeapUsed), Some(300.0));
        assert_eq!(of(&told, Signal::HeapMax), Some(1000.0));
        assert_eq!(of(&told, Signal::GcTime), Some(2000.0));
        assert_eq!(of(&told, Signal::Threads), Some(9.0));
        assert_eq!(of(&told, Signal::OpenFiles), Some(51.0));
        assert_eq!(of_exporter(b"process_open_fds 51\nredis_up 1\n"), [], "the exporter's own");
    }
}
