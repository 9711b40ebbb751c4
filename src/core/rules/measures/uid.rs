//! Whether an operator has a uid of its own, where its id tells. Flink names a vertex by the hash of
//! its first operator's uid, or else by its place in the program. Of a source that place is only a
//! few numbers (`StreamGraphHasherV2`): how many operators were hashed before it, once for itself and
//! once for each output that is chained to it.

use super::{Ask, Measure, Scalar};
use crate::estate::{Subject, SubjectKind, SubjectKind as K};
use crate::rules::types::*;
use crate::text::hex;

const ON: &[SubjectKind] = &[K::Vertex];
/// Sources of one program, and chained outputs of one source, that are tried.
const SOURCES: u8 = 16;
const CHAINED: usize = 3;

pub const MEASURES: &[Measure] = &[Measure::new(
    "own_uid",
    ON,
    Base::Truth,
    own,
    "false: its id is the one that Flink gives a source without a uid; told of sources only",
)
.now()];

fn own(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Vertex { job, vertex } = s else { return None };
    q.ctx.vertex(job, vertex)?.inputs.is_empty().then_some(())?;
    let id = vertex.as_str();
    let given = (0..SOURCES).any(|n| (0..=CHAINED).any(|chained| generated(n, chained) == id));
    Some((!given).into())
}

/// The id of the n-th source without a uid. Numbers are hashed as four bytes, the lowest first.
fn generated(n: u8, chained: usize) -> String {
    let mut bytes = [0; 4 * (CHAINED + 1)];
    let len = 4 * (chained + 1);
    bytes.iter_mut().take(len).step_by(4).for_each(|b| *b = n);
    hex(&murmur(&bytes, len as u64))
}

/// MurmurHash3, x64, 128 bits, seed 0, of at most 16 bytes.
fn murmur(bytes: &[u8; 16], len: u64) -> [u8; 16] {
    const C1: u64 = 0x87c3_7b91_1142_53d5;
    const C2: u64 = 0x4cf5_ad43_2745_937f;
    let whole = u128::from_le_bytes(*bytes);
    let (low, high) = (whole as u64, (whole >> 64) as u64);
    let mut h1 = low.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2);
    let mut h2 = high.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1);
    if len == 16 {
        h1 = h1.rotate_left(27).wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 = h2.rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    (h1, h2) = (h1 ^ len, h2 ^ len);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2) = (mixed(h1), mixed(h2));
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (u128::from(h2) << 64 | u128::from(h1)).to_le_bytes()
}

fn mixed(mut k: u64) -> u64 {
    for by in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        k = (k ^ (k >> 33)).wrapping_mul(by);
    }
    k ^ (k >> 33)
}

#[cfg(test)]
mod tests {
    use super::generated;

    /// As a 1.20.5 and a 2.3.0 named sources of programs without uids.
    #[test]
    fn sources_without_a_uid_are_named_by_their_place() {
        assert_eq!(generated(0, 0), "bc764cd8ddf7a0cff126f51c16239658");
        assert_eq!(generated(0, 1), "cbc357ccb763df2852fee8c4fc7d55f2");
        assert_eq!(generated(0, 2), "e3dfc0d7e9ecd8a43f85f0b68ebf3b80");
        assert_eq!(generated(1, 0), "feca28aff5a3958840bee985ee7de4d3");
        assert_eq!(generated(0, 3), "d618a97df21bbd4bb61c79cdeca965b4");
    }
}
