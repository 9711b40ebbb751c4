//! Exposition text into figures of a machine: cores are summed up, mounts stand alone.

use super::not_understood;
use crate::collect::prometheus::Lines;
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::estate::{GapReason, Millis, Name};
use streamwarden_core::signals::Signal;
use streamwarden_core::signals::resolve::{HostPart, Labels, from_host, wanted_of_host};

/// File systems of one machine that are kept; such with more have one a container.
const MAX_MOUNTS: usize = 64;
const MAX_CORES: usize = 4_096;

#[derive(Debug, Default)]
pub struct Reading {
    pub whole: BTreeMap<Signal, f64>,
    pub mounts: BTreeMap<Name, Vec<(Signal, f64)>>,
    cores: BTreeSet<String>,
}

impl Reading {
    pub fn mounts(&self) -> Vec<Name> {
        self.mounts.keys().cloned().collect()
    }

    fn put(&mut self, name: &str, labels: &impl Labels, value: f64, clock: (Millis, i64)) {
        let Some((part, signal, times)) = from_host(name, labels) else { return };
        let value = value * times;
        let (at, half) = clock;
        let sum = match part {
            HostPart::Mount(mount) => {
                if self.mounts.len() < MAX_MOUNTS || self.mounts.contains_key(&mount) {
                    self.mounts.entry(mount).or_default().push((signal, value));
                }
                return;
            }
            HostPart::Whole => value,
            HostPart::Clock => value - (at.0 + half) as f64,
            HostPart::Cpu => {
                if self.cores.len() < MAX_CORES {
                    self.cores.extend(labels.get("cpu").map(|c| c.into_owned()));
                }
                self.whole.get(&signal).copied().unwrap_or(0.0) + value
            }
        };
        self.whole.insert(signal, sum);
    }
}

/// `half`: how long after `at` the machine read its clock, ms.
pub fn read(text: &[u8], at: Millis, half: i64) -> Result<Reading, GapReason> {
    if text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<') {
        return Err(not_understood("HTML, not exposition text: is this an exporter?"));
    }
    let mut out = Reading::default();
    let mut lines = Lines::new(text, wanted_of_host);
    while let Some(line) = lines.next() {
        match line.read() {
            Ok(sample) => out.put(sample.name, &sample.labels, sample.value, (at, half)),
            Err(why) => lines.bad.add(line.number, why),
        }
    }
    if out.whole.is_empty() && out.mounts.is_empty() {
        return Err(not_understood("no series of a machine: is this a node_exporter?"));
    }
    if !out.cores.is_empty() {
        out.whole.insert(Signal::Cpus, out.cores.len() as f64);
    }
    Ok(out)
}
