//! Java's `DataInput`, counted and bounded: what a length claims is believed only while so much is left.

use std::io::{ErrorKind, Read};

/// Why bytes are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("this is no checkpoint metadata of Flink: it begins with {0:08x}, not with 4960672d")]
    Magic(u32),
    #[error("metadata format {0} is not known here (2 to 6 are: Flink 1.3 to 2.2)")]
    Version(u32),
    #[error("it ends in the middle, at byte {0}: cut off, or still being written")]
    Ended(u64),
    #[error("damaged at byte {at}: {what}")]
    Damaged { at: u64, what: &'static str },
    #[error("it cannot be read")]
    Read(#[source] std::io::Error),
}

const COUNT: &str = "a count of more than the rest can hold";
const LENGTH: &str = "a length of more than the rest";

impl Error {
    /// It is no metadata file, or a part of one: not that something in it is not known here.
    pub fn is_cut_off(&self) -> bool {
        match self {
            Error::Magic(_) | Error::Ended(_) => true,
            Error::Damaged { what, .. } => *what == COUNT || *what == LENGTH,
            Error::Version(_) | Error::Read(_) => false,
        }
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// Of a length that is only passed over, this much is read at a time.
const STEP: usize = 16 * 1024;

/// Big-endian values from a source of which it is known how long it is.
pub struct Input<R> {
    from: R,
    at: u64,
    left: u64,
}

impl<R: Read> Input<R> {
    /// `len` bytes are there at most.
    pub fn new(from: R, len: u64) -> Input<R> {
        Input { from, at: 0, left: len }
    }

    pub fn left(&self) -> u64 {
        self.left
    }

    pub fn damaged(&self, what: &'static str) -> Error {
        Error::Damaged { at: self.at, what }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<()> {
        let len = buffer.len() as u64;
        if len > self.left {
            return Err(Error::Ended(self.at + self.left));
        }
        self.from.read_exact(buffer).map_err(|e| match e.kind() {
            ErrorKind::UnexpectedEof => Error::Ended(self.at),
            _ => Error::Read(e),
        })?;
        self.at += len;
        self.left -= len;
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub fn id(&mut self) -> Result<[u8; 16]> {
        self.array()
    }

    /// A length or size: never negative.
    pub fn size(&mut self) -> Result<u64> {
        let size = self.i64()?;
        u64::try_from(size).map_err(|_| self.damaged("a negative size"))
    }

    /// How many things follow, each of `least` bytes at the least.
    pub fn count(&mut self, least: u64) -> Result<u32> {
        let count = self.i32()?;
        let count = u32::try_from(count).map_err(|_| self.damaged("a negative count"))?;
        if u64::from(count).saturating_mul(least) > self.left {
            return Err(self.damaged(COUNT));
        }
        Ok(count)
    }

    /// Java's modified UTF-8; what is no text is replaced.
    pub fn utf(&mut self) -> Result<String> {
        let len = self.array().map(u16::from_be_bytes)?;
        let mut bytes = vec![0; usize::from(len)];
        self.fill(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The first `keep` of `len` bytes; the others are passed over.
    pub fn head(&mut self, len: u64, keep: u64) -> Result<Vec<u8>> {
        if len > self.left {
            return Err(self.damaged(LENGTH));
        }
        let mut bytes = Vec::new();
        let mut want = len.min(keep);
        while want > 0 {
            let step = (STEP as u64).min(want) as usize;
            let from = bytes.len();
            bytes.resize(from + step, 0);
            self.fill(bytes.get_mut(from..).unwrap_or_default())?;
            want -= step as u64;
        }
        self.skip(len - len.min(keep))?;
        Ok(bytes)
    }

    pub fn skip(&mut self, mut len: u64) -> Result<()> {
        if len > self.left {
            return Err(self.damaged(LENGTH));
        }
        let mut waste = [0; 1024];
        while len > 0 {
            let step = (waste.len() as u64).min(len);
            self.fill(waste.get_mut(..step as usize).unwrap_or_default())?;
            len -= step;
        }
        Ok(())
    }
}
