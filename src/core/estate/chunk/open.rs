//! The chunk that still grows: times and values in one bit string, each point as the difference
//! from the one before, so that appending and copying are cheap.

use super::bits::{BitReader, BitWriter};
use super::values::{Xor, integer};

/// What is remembered between two points; the same on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Coder {
    time: i64,
    step: i64,
    value: f64,
    /// Difference of the last two values while they are integers.
    rise: i64,
    xor: Xor,
}

impl Coder {
    fn put(&mut self, out: &mut BitWriter, time: i64, value: f64) {
        let step = time.wrapping_sub(self.time);
        out.put_small(step.wrapping_sub(self.step));
        (self.time, self.step) = (time, step);
        match (integer(self.value), integer(value)) {
            (Some(from), Some(to)) => {
                out.put(0, 1);
                out.put_small((to - from).wrapping_sub(self.rise));
                self.rise = to - from;
                self.xor.see(value.to_bits());
            }
            _ => {
                out.put(1, 1);
                self.xor.put(out, value.to_bits());
                self.rise = 0;
            }
        }
        self.value = value;
    }

    fn take(&mut self, bits: &mut BitReader) -> Option<(i64, f64)> {
        self.step = self.step.wrapping_add(bits.take_small()?);
        self.time = self.time.wrapping_add(self.step);
        if bits.take(1)? == 0 {
            self.rise = self.rise.wrapping_add(bits.take_small()?);
            self.value = integer(self.value)?.wrapping_add(self.rise) as f64;
            self.xor.see(self.value.to_bits());
        } else {
            self.value = f64::from_bits(self.xor.take(bits)?);
            self.rise = 0;
        }
        Some((self.time, self.value))
    }
}

#[derive(Clone, Debug, Default)]
pub struct Open {
    bits: BitWriter,
    count: u32,
    first: i64,
    coder: Coder,
}

impl Open {
    pub fn push(&mut self, time: i64, value: f64) {
        if self.count == 0 {
            self.first = time;
        }
        self.coder.put(&mut self.bits, time, value);
        self.count += 1;
    }
    pub fn len(&self) -> usize {
        self.count as usize
    }
    pub fn first(&self) -> Option<i64> {
        (self.count > 0).then_some(self.first)
    }
    pub fn last(&self) -> Option<(i64, f64)> {
        (self.count > 0).then_some((self.coder.time, self.coder.value))
    }
    pub fn iter(&self) -> OpenIter<'_> {
        let bits = BitReader::new(self.bits.as_bytes());
        OpenIter { bits, coder: Coder::default(), left: self.count }
    }
    /// Bytes on the heap.
    pub fn heap(&self) -> usize {
        self.bits.capacity()
    }
}

#[derive(Clone, Debug)]
pub struct OpenIter<'a> {
    bits: BitReader<'a>,
    coder: Coder,
    left: u32,
}

impl Iterator for OpenIter<'_> {
    type Item = (i64, f64);
    fn next(&mut self) -> Option<(i64, f64)> {
        self.left = self.left.checked_sub(1)?;
        self.coder.take(&mut self.bits)
    }
}
