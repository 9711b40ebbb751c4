//! Each mutant is seen on the seed that killers.tsv names; the system as it is passes the same
//! seed. `simulate --find` writes the file anew.

use simulate::sim::Config;
use simulate::{MUTANTS, NONE, run};
use std::collections::BTreeSet;

#[test]
fn every_mutant_is_seen() {
    let (mut seen, mut seeds) = (BTreeSet::new(), BTreeSet::new());
    for line in include_str!("../../killers.tsv").lines() {
        let mut parts = line.split('\t');
        let (name, seed) = (parts.next().unwrap(), parts.next().unwrap().parse().unwrap());
        let mutant = MUTANTS.iter().find(|m| m.name == name).unwrap();
        let out = run(&Config { mutant, stop: true, ..Config::of(seed) });
        let found = &out.violations;
        assert!(found.iter().any(|v| mutant.seen_by(v)), "{name} on seed {seed}: {found:?}");
        seen.insert(name);
        seeds.insert(seed);
    }
    for seed in seeds {
        let sound = run(&Config { mutant: &NONE, ..Config::of(seed) });
        assert!(sound.violations.is_empty(), "seed {seed}: {:?}", sound.violations);
    }
    let all: BTreeSet<_> = MUTANTS.iter().map(|m| m.name).collect();
    assert_eq!(seen, all, "killers.tsv names every mutant");
}
