//! What stands in a frame: names once, then points that refer to them by number.

use streamwarden_core::estate::Chunk;

const ENTITY: u8 = 1;
const SIGNAL: u8 = 2;
const POINTS: u8 = 3;

/// A name is told before the first points that refer to it.
#[derive(Debug, PartialEq)]
pub enum Record<'a> {
    /// An entity, in JSON.
    Entity { number: u32, json: &'a [u8] },
    /// A signal, by its name.
    Signal { number: u32, name: &'a [u8] },
    /// New points of a series, as [`Chunk::write`] puts them.
    Points { entity: u32, signal: u32, chunk: &'a [u8] },
}

pub fn put_entity(out: &mut Vec<u8>, number: u32, json: &[u8]) {
    out.push(ENTITY);
    put_number(out, number);
    put_text(out, json);
}

pub fn put_signal(out: &mut Vec<u8>, number: u32, name: &str) {
    out.push(SIGNAL);
    put_number(out, number);
    put_text(out, name.as_bytes());
}

pub fn put_points(out: &mut Vec<u8>, entity: u32, signal: u32, chunk: &Chunk) {
    out.push(POINTS);
    put_number(out, entity);
    put_number(out, signal);
    let mut body = Vec::new();
    chunk.write(&mut body);
    put_text(out, &body);
}

fn put_number(out: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    put_number(out, text.len() as u32);
    out.extend_from_slice(text);
}

/// The records of a frame; `Err(())` where it does not hold together, and then no more.
pub struct Records<'a>(pub &'a [u8]);

impl<'a> Records<'a> {
    fn number(&mut self) -> Option<u32> {
        let mut n = 0u32;
        for shift in (0..32).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let len = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(text)
    }

    fn record(&mut self) -> Option<Record<'a>> {
        let (tag, rest) = self.0.split_first()?;
        self.0 = rest;
        let number = self.number()?;
        match *tag {
            ENTITY => Some(Record::Entity { number, json: self.text()? }),
            SIGNAL => Some(Record::Signal { number, name: self.text()? }),
            POINTS => {
                let signal = self.number()?;
                Some(Record::Points { entity: number, signal, chunk: self.text()? })
            }
            _ => None,
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, ()>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let record = self.record().ok_or(());
        if record.is_err() {
            self.0 = &[];
        }
        Some(record)
    }
}
