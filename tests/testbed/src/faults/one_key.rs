//! Most orders get one key, a real one or the empty one. They stay spread over the partitions as before: it shows only
//! behind the keyBy.

use anyhow::{Result, ensure};

use crate::bed::Bed;
use crate::estate::EstateSpec;
use crate::faults::{Args, Fault, Label, Place, arg, pick, severity};

/// Of the window: each subtask keeps up with its even share, and one alone does not with most of all.
const KEYED_CAPACITY: u32 = 600;
/// Flink's own maximum where nobody sets one.
const KEY_GROUPS: u32 = 128;

pub struct HotKey;
pub struct NullKey;

impl Fault for HotKey {
    fn label(&self, spec: &EstateSpec) -> Label {
        let key = format!("{}{}", spec.keys.prefix, hot(spec));
        Label {
            decoys: vec![
                "link.kafka_partition_skew",
                "conf.parallelism_too_low",
                "code.slow_udf_cpu",
                "clu.slow_node",
            ],
            ..label(spec, "hot-key", "code.data_skew_hot_key", &key)
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        fit(spec);
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        let key = f64::from(hot(bed.spec()));
        on(bed, args, "hot-key", key)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        off(bed)
    }
}

impl Fault for NullKey {
    fn label(&self, spec: &EstateSpec) -> Label {
        Label {
            family: Some("key_skew"),
            decoys: vec!["link.kafka_partition_skew", "conf.parallelism_too_low", "clu.slow_node"],
            ..label(spec, "null-key", "code.null_key_skew", "")
        }
    }

    fn fit(&self, spec: &mut EstateSpec) {
        fit(spec);
    }

    fn on(&self, bed: &mut Bed, args: &Args) -> Result<()> {
        on(bed, args, "null-key", -1.0)
    }

    fn off(&self, bed: &mut Bed) -> Result<()> {
        off(bed)
    }
}

fn label(spec: &EstateSpec, name: &'static str, cause: &'static str, key: &str) -> Label {
    let subtask = subtask_of(key, spec.dwd.parallelism);
    Label {
        family: Some("key_skew"),
        or_places: vec![Place::vertex(&spec.dwd.job, spec.dwd.window())],
        victims: vec![spec.ads.job.clone()],
        consequences: vec![format!("{} waits for one subtask", spec.dwd.job)],
        ..Label::fault(name, cause, Place::subtask(&spec.dwd.job, spec.dwd.window(), Some(subtask)))
    }
}

fn fit(spec: &mut EstateSpec) {
    spec.dwd.parallelism = spec.dwd.parallelism.max(2);
    spec.keyed_capacity.get_or_insert(KEYED_CAPACITY);
}

/// Half of all is no skew: the fewer subtasks, the more has to go to one.
fn on(bed: &mut Bed, args: &Args, name: &str, key: f64) -> Result<()> {
    let spec = bed.spec();
    ensure!(
        spec.dwd.parallelism > 1 && spec.keyed_capacity.is_some(),
        "the window has one subtask, or costs nothing: start the bed with `--for {name}`"
    );
    let (low, high) = if spec.dwd.parallelism == 2 { (92.0, 98.0) } else { (75.0, 90.0) };
    let percent = arg(args, "percent", severity(spec, name, low, high));
    bed.set("ods.one_key", Some(key))?;
    bed.set("ods.one_key_percent", Some(percent))
}

fn off(bed: &mut Bed) -> Result<()> {
    bed.set("ods.one_key_percent", None)?;
    bed.set("ods.one_key", None)
}

fn hot(spec: &EstateSpec) -> u32 {
    pick(spec, "hot-key", spec.keys.count)
}

/// The subtask that Flink gives a key to.
fn subtask_of(key: &str, parallelism: u32) -> u32 {
    let hash = key
        .encode_utf16()
        .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit as i16)));
    murmur(hash.cast_unsigned()) % KEY_GROUPS * parallelism / KEY_GROUPS
}

/// As in Flink's `MathUtils.murmurHash`.
fn murmur(code: u32) -> u32 {
    let mut code = code.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    code = code.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64) ^ 4;
    code = (code ^ (code >> 16)).wrapping_mul(0x85eb_ca6b);
    code = (code ^ (code >> 13)).wrapping_mul(0xc2b2_ae35);
    code ^= code >> 16;
    // the absolute value of it as a signed number, and 0 for the one that has none
    let signed = code.cast_signed();
    if signed == i32::MIN { 0 } else { signed.unsigned_abs() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_where_a_real_flink_had_it() {
        assert_eq!(subtask_of("", 4), 2);
        let spec = EstateSpec::seeded(5);
        assert_eq!(subtask_of(&format!("{}{}", spec.keys.prefix, hot(&spec)), 4), 0);
    }

    #[test]
    fn only_the_one_subtask_is_beyond_what_it_can_do() {
        for (parallelism, least_percent) in [(2.0, 92.0), (4.0, 75.0)] {
            let alone = f64::from(KEYED_CAPACITY) / parallelism;
            let load = EstateSpec::demo().load;
            let mean = f64::from(load.low + load.high) / 2.0;
            assert!(mean * least_percent / 100.0 > 1.1 * alone);
            assert!(f64::from(load.high) / parallelism < 0.9 * alone);
        }
    }
}
