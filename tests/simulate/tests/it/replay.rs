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
