//! An estate drawn from a seed: the same shape, other names, sizes and keys, so that nothing can lean on them.

use crate::estate::spec::CAPACITY;
use crate::estate::{BaseSpec, EstateSpec, FlinkSpec, JobSpec, KeySet, Load};

const SUBJECTS: [&str; 16] = [
    "billing", "cart", "click", "courier", "device", "fleet", "game", "ledger", "media", "meter",
    "parcel", "quote", "rider", "stock", "ticket", "wallet",
];
const THINGS: [&str; 12] = [
    "batch", "count", "digest", "facts", "feed", "flow", "journal", "metrics", "pulse", "rank",
    "score", "trail",
];
const VERBS: [&str; 8] =
    ["Clean", "Decode", "Derive", "Flatten", "Judge", "Mark", "Resolve", "Weigh"];
const PARALLELISM: [u32; 3] = [1, 2, 4];

/// splitmix64: small, and the same on every platform and in every year.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.next() % choices.len() as u64) as usize]
    }

    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % u64::from(high - low + 1)) as u32
    }

    /// Two words and a number; the number is what makes it unique.
    fn name(&mut self) -> String {
        let glue = self.of(&["-", "_", "."]);
        format!(
            "{}{glue}{}{glue}{:04x}",
            self.of(&SUBJECTS),
            self.of(&THINGS),
            self.next() & 0xffff
        )
    }

    fn job(&mut self, function: bool) -> JobSpec {
        let verb = format!("{}{}", self.of(&VERBS), self.between(1, 99));
        let parallelism = self.of(&PARALLELISM);
        JobSpec::new(&self.name(), function.then_some(verb.as_str()), parallelism)
    }
}

impl EstateSpec {
    pub fn seeded(seed: u64) -> Self {
        let mut draw = Draw(seed);
        let mut spec = EstateSpec {
            seed: Some(seed),
            partitions: 4,
            brokers: 1,
            copies: 1,
            keys: KeySet {
                prefix: format!("{}:", draw.of(&SUBJECTS)),
                count: draw.between(1500, 4000),
            },
            load: Load { low: 300, high: 480, swing_s: 15 },
            audit_load: Load {
                low: draw.between(50, 80),
                high: draw.between(130, 180),
                swing_s: draw.between(12, 14),
            },
            capacity: CAPACITY,
            ods: draw.job(false),
            dwd: draw.job(true),
            ads: draw.job(true),
            audit: draw.job(true),
            orders_topic: draw.name(),
            stats_topic: draw.name(),
            alerts_topic: draw.name(),
            audit_in_topic: draw.name(),
            audit_out_topic: draw.name(),
            last_group: draw.name(),
            exactly_once: None,
            backfill: String::new(),
            window_s: 1,
            keyed_capacity: None,
            side: None,
            flink: FlinkSpec::default(),
            ill_kept: false,
            bases: BaseSpec::default(),
        };
        spec.dwd.window = Some(format!("{}Window", draw.of(&VERBS)));
        spec.backfill = draw.name();
        spec
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::estate::Role;

    #[test]
    fn a_seed_names_one_estate() {
        assert_eq!(EstateSpec::seeded(7), EstateSpec::seeded(7));
        assert_ne!(EstateSpec::seeded(7), EstateSpec::seeded(8));
    }

    #[test]
    fn names_are_distinct_and_fit_csv_and_kafka() {
        for seed in 0..200 {
            let spec = EstateSpec::seeded(seed);
            let mut names = spec.topics();
            names.push(&spec.backfill);
            names.extend(Role::ALL.iter().map(|&role| spec.job(role).job.as_str()));
            assert_eq!(
                names.iter().collect::<HashSet<_>>().len(),
                names.len(),
                "seed {seed}: {names:?}"
            );
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            assert!(names.iter().all(|name| name.chars().all(fits)), "seed {seed}: {names:?}");
        }
    }

    #[test]
    fn every_parallelism_is_drawn() {
        let drawn: HashSet<u32> =
            (0..50).map(|seed| EstateSpec::seeded(seed).dwd.parallelism).collect();
        assert_eq!(drawn, HashSet::from([1, 2, 4]));
    }
}
