//! How hard a fault hits, drawn from the estate's seed: no rule may lean on one strength of it.

use crate::estate::EstateSpec;

/// A number within a range that still is the fault, the same for the same seed and fault. The demo estate has the
/// middle.
pub(crate) fn severity(spec: &EstateSpec, fault: &str, low: f64, high: f64) -> f64 {
    low + (high - low) * share(spec, fault)
}

/// One of `choices` numbers from 0 on.
pub(crate) fn pick(spec: &EstateSpec, fault: &str, choices: u32) -> u32 {
    ((share(spec, fault) * f64::from(choices)) as u32).min(choices.saturating_sub(1))
}

/// In [0, 1): FNV-1a of the name, stirred with the seed.
fn share(spec: &EstateSpec, fault: &str) -> f64 {
    let Some(seed) = spec.seed else { return 0.5 };
    let hash = fault.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut mixed = hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_in_its_range_and_differs_by_seed_and_fault() {
        let of = |seed, fault| severity(&EstateSpec::seeded(seed), fault, 2.0, 3.0);
        let drawn: Vec<f64> = (0..200).map(|seed| of(seed, "a")).collect();
        assert!(drawn.iter().all(|s| (2.0..3.0).contains(s)));
        assert!(drawn.iter().any(|&s| s < 2.2) && drawn.iter().any(|&s| s > 2.8));
        assert_eq!(of(7, "a"), of(7, "a"));
        assert_ne!(of(7, "a"), of(7, "b"));
        assert_eq!(severity(&EstateSpec::demo(), "a", 2.0, 3.0), 2.5);
        assert!((0..200).all(|seed| pick(&EstateSpec::seeded(seed), "a", 3) < 3));
    }
}
