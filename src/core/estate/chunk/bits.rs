//! Bit strings, and the codes that small numbers are written in.

/// Appends bits, most significant first.
#[derive(Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    /// Bits of the last byte that are not written yet.
    free: u32,
}

impl Clone for BitWriter {
    /// With room for the next few: a copy is made because something is about to be appended.
    fn clone(&self) -> BitWriter {
        let mut bytes = Vec::with_capacity(self.bytes.len() + ROOM);
        bytes.extend_from_slice(&self.bytes);
        BitWriter { bytes, free: self.free }
    }
}

/// Bytes of room at least, when there is none left.
const ROOM: usize = 24;

impl BitWriter {
    /// The lowest `n` (at most 64) bits of `value`.
    pub fn put(&mut self, value: u64, n: u32) {
        if n > 56 {
            self.put(value >> 32, n - 32);
            return self.put(value, 32);
        }
        if n == 0 {
            return;
        }
        let (used, begun) = match self.free {
            0 => (0, 0),
            free => (8 - free, self.bytes.pop().unwrap_or(0)),
        };
        let value = value & (u64::MAX >> (64 - n));
        let word = u64::from(begun) << 56 | value << (64 - used - n);
        let bytes = (used + n).div_ceil(8);
        self.grow(bytes as usize);
        self.bytes.extend_from_slice(&word.to_be_bytes()[..bytes as usize]);
        self.free = bytes * 8 - used - n;
    }

    /// By a quarter, not by doubling: there is one of these per series.
    fn grow(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() < more {
            self.bytes.reserve_exact((self.bytes.len() / 4).max(ROOM));
        }
    }

    /// `count` ones and, below `max` (at most 32), the zero that ends them.
    pub fn put_ones(&mut self, count: u32, max: u32) {
        let ones = (1u64 << count) - 1;
        if count < max {
            self.put(ones << 1, count + 1);
        } else {
            self.put(ones, count);
        }
    }

    /// A number that is mostly near zero: 1 bit for 0, 5 for up to 3, then classes up to 64 bits.
    pub fn put_small(&mut self, value: i64) {
        let z = zigzag(value);
        let need = 64 - z.leading_zeros();
        let class = CLASSES.iter().position(|w| need <= *w).unwrap_or(CLASSES.len() - 1);
        let (class, width) = (class as u32, CLASSES[class]);
        if width < 64 {
            self.put(((1 << class) - 1) << (width + 1) | z, class + 1 + width);
        } else {
            self.put_ones(class, class);
            self.put(z, width);
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

/// Widths of the classes of [`BitWriter::put_small`].
const CLASSES: [u32; 8] = [0, 3, 6, 9, 13, 20, 32, 64];

/// Reads what [`BitWriter`] wrote. `None` past the end, never a panic.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8]) -> BitReader<'a> {
        BitReader { bytes, at: 0 }
    }

    /// The next bits, left-aligned: at least 57 of them valid, zeros past the end.
    fn window(&self) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or(&[]);
        let word = match rest.first_chunk::<8>() {
            Some(eight) => u64::from_be_bytes(*eight),
            None => {
                let mut eight = [0; 8];
                eight[..rest.len()].copy_from_slice(rest);
                u64::from_be_bytes(eight)
            }
        };
        word << (self.at % 8)
    }

    fn skip(&mut self, n: u32) -> Option<()> {
        self.at += n as usize;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    pub fn take(&mut self, n: u32) -> Option<u64> {
        if n > 57 {
            let high = self.take(n - 32)?;
            return Some(high << 32 | self.take(32)?);
        }
        let value = if n == 0 { 0 } else { self.window() >> (64 - n) };
        self.skip(n)?;
        Some(value)
    }

    /// Length of a run of ones as [`BitWriter::put_ones`] wrote it; `max` is at most 32.
    pub fn take_ones(&mut self, max: u32) -> Option<u32> {
        let count = self.window().leading_ones().min(max);
        self.skip(if count < max { count + 1 } else { count })?;
        Some(count)
    }

    pub fn take_small(&mut self) -> Option<i64> {
        let class = self.take_ones(CLASSES.len() as u32 - 1)?;
        self.take(*CLASSES.get(class as usize)?).map(unzigzag)
    }
}

pub fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)) as u64
}
pub fn unzigzag(z: u64) -> i64 {
    (z >> 1) as i64 ^ -((z & 1) as i64)
}
