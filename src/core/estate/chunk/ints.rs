//! A column of integers: differences of the order that suits it best, around their middle, in
//! Rice codes. Times are such a column, and so are counters, counts and figures with few decimals.

use super::bits::{BitReader, BitWriter, zigzag};

/// A quotient this long is not written out: the residual follows in full.
const ESCAPE: u32 = 20;

/// The column packed, by the order of differences that comes out shortest.
pub fn pack(values: &[i64]) -> BitWriter {
    let mut residuals = values.to_vec();
    let mut best = Plan::of(0, &residuals);
    for order in 1..=2 {
        for i in (order..residuals.len()).rev() {
            residuals[i] = residuals[i].wrapping_sub(residuals[i - 1]);
        }
        let plan = Plan::of(order, &residuals);
        if plan.bits < best.bits {
            best = plan;
        }
    }
    best.write()
}

/// How to write a column, and how long that gets.
struct Plan {
    order: usize,
    rice: u32,
    middle: i64,
    /// The first `order` stand in full, the others around `middle`.
    residuals: Vec<i64>,
    bits: u64,
}

impl Plan {
    fn of(order: usize, residuals: &[i64]) -> Plan {
        let rest = residuals.get(order..).unwrap_or(&[]);
        let mut far = rest.to_vec();
        let middle = match far.len() {
            0 => 0,
            n => *far.select_nth_unstable(n / 2).1,
        };
        let mut sum = 0u128;
        for r in &mut far {
            *r = zigzag(r.wrapping_sub(middle)) as i64;
            sum += u128::from(*r as u64);
        }
        let mean = (sum / far.len().max(1) as u128) as u64;
        let about = (u64::BITS - mean.leading_zeros()).min(60);
        let cost = |k: u32| far.iter().map(|z| code_bits(*z as u64, k)).sum::<u64>();
        let (bits, rice) =
            (about.saturating_sub(1)..=about).map(|k| (cost(k), k)).min().unwrap_or_default();
        let lead = residuals.len().min(order) as u64;
        // the full ones are not measured bit by bit: 40 is about what an offset or a time takes
        let bits = bits + 40 * (lead + u64::from(middle != 0));
        Plan { order, rice, middle, residuals: residuals.to_vec(), bits }
    }

    fn write(&self) -> BitWriter {
        let mut out = BitWriter::default();
        out.put(self.order as u64, 2);
        out.put(u64::from(self.rice), 6);
        out.put_small(self.middle);
        for (i, r) in self.residuals.iter().enumerate() {
            if i < self.order {
                out.put_small(*r);
            } else {
                put_rice(&mut out, zigzag(r.wrapping_sub(self.middle)), self.rice);
            }
        }
        out
    }
}

fn code_bits(z: u64, k: u32) -> u64 {
    let q = z >> k;
    if q < u64::from(ESCAPE) { q + 1 + u64::from(k) } else { u64::from(ESCAPE) + 64 }
}

fn put_rice(out: &mut BitWriter, z: u64, k: u32) {
    let q = z >> k;
    if q < u64::from(ESCAPE) {
        out.put_ones(q as u32, ESCAPE);
        out.put(z, k);
    } else {
        out.put_ones(ESCAPE, ESCAPE);
        out.put(z, 64);
    }
}

/// Reads a packed column, number by number.
#[derive(Clone, Debug)]
pub struct Ints<'a> {
    bits: BitReader<'a>,
    order: u64,
    rice: u32,
    middle: i64,
    read: u64,
    /// The last value, and the last difference.
    at: [i64; 2],
}

impl<'a> Ints<'a> {
    pub fn new(bytes: &'a [u8]) -> Option<Ints<'a>> {
        let mut bits = BitReader::new(bytes);
        let order = bits.take(2)?;
        let rice = bits.take(6)? as u32;
        let middle = bits.take_small()?;
        (order <= 2 && rice <= 60).then_some(Ints {
            bits,
            order,
            rice,
            middle,
            read: 0,
            at: [0; 2],
        })
    }

    fn residual(&mut self) -> Option<i64> {
        if self.read < self.order {
            return self.bits.take_small();
        }
        let q = self.bits.take_ones(ESCAPE)?;
        let z = match q {
            ESCAPE => self.bits.take(64)?,
            q => u64::from(q) << self.rice | self.bits.take(self.rice)?,
        };
        Some(super::bits::unzigzag(z).wrapping_add(self.middle))
    }
}

impl Iterator for Ints<'_> {
    type Item = i64;
    fn next(&mut self) -> Option<i64> {
        let r = self.residual()?;
        // the n-th value of a column of order m is a difference of order min(n, m)
        let [value, step] = self.at;
        self.at = match self.order.min(self.read) {
            0 => [r, 0],
            1 => [value.wrapping_add(r), r],
            _ => {
                let step = step.wrapping_add(r);
                [value.wrapping_add(step), step]
            }
        };
        self.read += 1;
        Some(self.at[0])
    }
}
