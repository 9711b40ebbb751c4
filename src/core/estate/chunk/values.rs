//! A column of values, by whichever codec makes it shortest: one constant, integers (also of
//! figures with few decimals), or the XOR of neighbours as in Gorilla. Exact to the bit.

use super::bits::{BitReader, BitWriter};
use super::ints::{self, Ints};

/// Beyond this not every integer is a double.
const EXACT: f64 = 9_007_199_254_740_992.0;
const POWERS: [f64; 5] = [1.0, 10.0, 100.0, 1000.0, 10000.0];
/// Tag of an XOR column; the lower tags are integers by that many decimals.
const XOR: u8 = POWERS.len() as u8;

/// `value` as an integer, if it is exactly one.
pub fn integer(value: f64) -> Option<i64> {
    let int = value as i64;
    (value.abs() <= EXACT && (int as f64).to_bits() == value.to_bits()).then_some(int)
}

fn scaled(value: f64, power: f64) -> Option<i64> {
    let up = value * power;
    // rounds; `f64::round` is a library call on plain x86-64
    let int = (up + 0.5f64.copysign(up)) as i64;
    (up.abs() <= EXACT && (int as f64 / power).to_bits() == value.to_bits()).then_some(int)
}

/// The column in bytes, a tag first. None: every value is the same bits as the last.
pub fn pack(values: &[f64]) -> Option<Vec<u8>> {
    let last = values.last()?.to_bits();
    if values.iter().all(|v| v.to_bits() == last) {
        return None;
    }
    let whole = |p: &f64| values.iter().map(|v| scaled(*v, *p)).collect::<Option<Vec<i64>>>();
    let whole = POWERS.iter().enumerate().find_map(|(i, p)| Some((i, whole(p)?)));
    let (tag, best) = match whole {
        Some((power, column)) => (power as u8, ints::pack(&column)),
        None => {
            let (mut out, mut xor) = (BitWriter::default(), Xor::default());
            for v in values {
                xor.put(&mut out, v.to_bits());
            }
            (XOR, out)
        }
    };
    let mut out = Vec::with_capacity(1 + best.as_bytes().len());
    out.push(tag);
    out.extend_from_slice(best.as_bytes());
    Some(out)
}

/// Reads a packed column, value by value.
#[derive(Clone, Debug)]
pub enum Values<'a> {
    Same(f64),
    Ints(Ints<'a>, f64),
    Xor(BitReader<'a>, Xor),
}

impl<'a> Values<'a> {
    pub fn new(packed: Option<&'a [u8]>, last: f64) -> Option<Values<'a>> {
        let Some(bytes) = packed else { return Some(Values::Same(last)) };
        let (tag, rest) = bytes.split_first()?;
        match POWERS.get(usize::from(*tag)) {
            Some(power) => Some(Values::Ints(Ints::new(rest)?, *power)),
            None if *tag == XOR => Some(Values::Xor(BitReader::new(rest), Xor::default())),
            None => None,
        }
    }
}

impl Iterator for Values<'_> {
    type Item = f64;
    fn next(&mut self) -> Option<f64> {
        match self {
            Values::Same(v) => Some(*v),
            Values::Ints(ints, power) => ints.next().map(|i| i as f64 / *power),
            Values::Xor(bits, state) => state.take(bits).map(f64::from_bits),
        }
    }
}

/// What is remembered between two values: the last one, and the window of its changed bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Xor {
    last: u64,
    lead: u8,
    /// Bits in the window; 0: none yet.
    width: u8,
}

impl Xor {
    /// Goes on from a value that was written otherwise.
    pub fn see(&mut self, value: u64) {
        self.last = value;
    }

    pub fn put(&mut self, out: &mut BitWriter, value: u64) {
        let diff = value ^ self.last;
        self.last = value;
        if diff == 0 {
            return out.put(0, 1);
        }
        let lead = diff.leading_zeros().min(31) as u8;
        let width = 64 - lead - diff.trailing_zeros() as u8;
        let behind = 64 - i32::from(self.lead) - i32::from(self.width);
        let fits = lead >= self.lead && diff.trailing_zeros() as i32 >= behind;
        // a much narrower window pays for its 11 bits
        if self.width > 0 && fits && self.width < width + 11 {
            out.put(0b10, 2);
        } else {
            (self.lead, self.width) = (lead, width);
            out.put(0b11, 2);
            out.put(u64::from(lead), 5);
            out.put(u64::from(width - 1), 6);
        }
        out.put(diff >> (64 - self.lead - self.width), u32::from(self.width));
    }

    pub fn take(&mut self, bits: &mut BitReader) -> Option<u64> {
        match bits.take_ones(2)? {
            0 => return Some(self.last),
            1 => {}
            _ => {
                self.lead = bits.take(5)? as u8;
                self.width = bits.take(6)? as u8 + 1;
            }
        }
        let behind = 64u32.checked_sub(u32::from(self.lead) + u32::from(self.width))?;
        if self.width == 0 {
            return None;
        }
        self.last ^= bits.take(u32::from(self.width))? << behind;
        Some(self.last)
    }
}
