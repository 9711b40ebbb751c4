//! One seed is one world.

use simulate::run;
use simulate::sim::Config;

#[test]
fn a_seed_replays_to_the_bit() {
    let play = |seed| run(&Config::of(seed));
    for seed in [1, 2, 3] {
        let (a, b) = (play(seed), play(seed));
        assert_eq!((a.hash, a.count, a.sent, a.ends), (b.hash, b.count, b.sent, b.ends));
    }
    assert_ne!(play(1).hash, play(2).hash);
}

/// An end that the database had and the file did not, so that a new life with the database dead
/// went on; a job that stayed down, its end waiting for a dead database, and nobody was called; an
/// end that waited for the database while its job was lost anew; a submission that a person's run
/// overtook; a file that went on in the database behind what another process had written; a run
/// of ours that lived for half a second, between two looks of the oracle; a submission that came
/// after the end that said that nothing was touched; a request that a dead process left and that
/// was sent when its mode had been taken back, or its job had got well; a start of a person's that
/// was forgotten for a run of ours; an intent that a file had dropped and the database had not.
#[test]
fn what_once_broke_is_mended() {
    for seed in [1378, 1720, 1929, 1956, 3732, 5208, 13259, 16064, 589, 1012, 1116, 12406] {
        let out = run(&Config::of(seed));
        assert!(out.violations.is_empty(), "seed {seed}: {:?}", out.violations);
    }
}
