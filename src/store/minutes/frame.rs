//! Bytes of the rows: all values of one minute, and the hours of one day.

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::io::{Read, Write};
use streamwarden_core::estate::{Millis, Span};
use streamwarden_core::past::{HOUR, Hour};

/// Far over what a minute of a large estate holds, packed out.
const MAX_FRAME: u64 = 64 << 20;
const ENTRY: usize = 12;
const HOUR_BYTES: usize = 18;
pub const DAY: Span = Span::secs(86_400);

/// `(series, value)` of one minute.
pub fn pack(points: &[(i64, f64)]) -> std::io::Result<Vec<u8>> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::fast());
    for (series, value) in points {
        out.write_all(&u32::try_from(*series).unwrap_or(u32::MAX).to_le_bytes())?;
        out.write_all(&value.to_le_bytes())?;
    }
    out.finish()
}

/// None: damaged.
pub fn unpack(bytes: &[u8]) -> Option<Vec<(i64, f64)>> {
    let mut raw = Vec::new();
    ZlibDecoder::new(bytes).take(MAX_FRAME).read_to_end(&mut raw).ok()?;
    let entries = raw.chunks_exact(ENTRY);
    let whole = entries.remainder().is_empty();
    let entry = |e: &[u8]| {
        let (series, value) = e.split_first_chunk::<4>()?;
        let value = f64::from_le_bytes(value.try_into().ok()?);
        Some((i64::from(u32::from_le_bytes(*series)), value))
    };
    entries.map(entry).collect::<Option<Vec<_>>>().filter(|_| whole)
}

/// Hours of the day that begins at `day`, 18 bytes each: which, minutes known, four figures of
/// single precision.
pub fn pack_hours(day: Millis, hours: &[Hour]) -> Vec<u8> {
    let mut out = Vec::with_capacity(hours.len() * HOUR_BYTES);
    for h in hours {
        out.push(u8::try_from((h.start - day).0 / HOUR.0).unwrap_or(u8::MAX));
        out.push(h.known);
        for figure in [h.min, h.mean, h.max, h.last] {
            out.extend_from_slice(&(figure as f32).to_le_bytes());
        }
    }
    out
}

pub fn unpack_hours(day: Millis, bytes: &[u8]) -> Vec<Hour> {
    let hour = |e: &[u8]| {
        let (&[which, known], rest) = e.split_first_chunk::<2>()?;
        let mut figures = rest
            .chunks_exact(4)
            .filter_map(|f| Some(f64::from(f32::from_le_bytes(f.try_into().ok()?))));
        let (min, mean) = (figures.next()?, figures.next()?);
        let (max, last) = (figures.next()?, figures.next()?);
        let start = day + Span(HOUR.0 * i64::from(which));
        (which < 24).then_some(Hour { start, known, min, mean, max, last })
    };
    bytes.chunks_exact(HOUR_BYTES).filter_map(hour).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_come_back_to_the_bit_and_damage_is_seen() {
        let points: Vec<_> = (1..500).map(|i| (i, i as f64 / 7.0)).collect();
        let bytes = pack(&points).unwrap();
        assert_eq!(unpack(&bytes), Some(points));
        assert_eq!(unpack(&bytes[..bytes.len() / 2]), None);
        assert_eq!(unpack(b"nothing of ours"), None);
    }

    #[test]
    fn hours_come_back_in_single_precision() {
        let day = Millis(DAY.0 * 20_000);
        let hour = |h: i64| Hour {
            start: day + Span(HOUR.0 * h),
            known: 60,
            min: 0.5,
            mean: 1.25,
            max: 4096.0,
            last: 2.0,
        };
        let hours = [hour(0), hour(23)];
        assert_eq!(unpack_hours(day, &pack_hours(day, &hours)), hours);
    }
}
