//! Death at every point of every playbook, enumerated: before an entry, after it is durable, after
//! a request is carried out and before its answer, after the answer; once, and again when the
//! action has been taken up. By one process alone and by two. The world is calm otherwise.

use simulate::sim::Config;
use simulate::{Outcome, Script, run};
use std::collections::BTreeMap;
use streamwarden_core::plan::EndKind;

fn play(
    ill: Option<simulate::jobs::Ill>,
    adaptive: bool,
    processes: usize,
    dies_at: &[u64],
) -> Outcome {
    let script = Script { ill, adaptive, processes, dies_at: dies_at.to_vec() };
    run(&Config { script: Some(script), ..Config::of(7) })
}

/// The points of one playbook, and every death at them.
fn enumerate(name: &str, ill: Option<simulate::jobs::Ill>, adaptive: bool) -> u32 {
    let mut played = 0;
    for processes in [1, 2] {
        let calm = play(ill, adaptive, processes, &[]);
        assert_eq!(
            calm.ends,
            BTreeMap::from([(EndKind::Helped, 1)]),
            "{name}: {:?}",
            calm.violations
        );
        assert!(calm.points >= 8, "{name} has {} points", calm.points);
        let deaths = (1..=calm.points).flat_map(|n| [vec![n], vec![n, n + 1], vec![n, n + 2]]);
        for dies_at in deaths {
            let out = play(ill, adaptive, processes, &dies_at);
            let told = format!("{name}, {processes} processes, dies at {dies_at:?}");
            assert!(out.violations.is_empty(), "{told}: {:?}", out.violations);
            assert_eq!(out.ends, BTreeMap::from([(EndKind::Helped, 1)]), "{told}");
            played += 1;
        }
    }
    played
}

#[test]
fn death_at_every_point_of_every_playbook() {
    use simulate::jobs::Ill;
    let played = enumerate("restart", Some(Ill::Wedged), false)
        + enumerate("reuse", None, false)
        + enumerate("rescale by restart", Some(Ill::Slow), false)
        + enumerate("rescale in place", Some(Ill::Slow), true);
    assert!(played >= 300, "{played} deaths");
}
