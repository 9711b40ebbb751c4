//! Bodies in capped chunks. Unpacking happens here, chunk by chunk, so that a gzip bomb stops at
//! the cap (reqwest's own `bytes()` let 2 MB of one grow to 4 GiB).

use super::Over;
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use reqwest::header::CONTENT_ENCODING;
use std::io::{self, Write};
use streamwarden_core::estate::GapReason;

/// Reads the body; over `cap` it is an error, or cut there.
pub(super) async fn read(
    mut response: reqwest::Response,
    cap: u64,
    over: Over,
) -> Result<Bytes, GapReason> {
    let too_large = GapReason::TooLarge { cap_bytes: cap };
    let mut sink = Sink::new(&response, usize::try_from(cap).unwrap_or(usize::MAX))?;
    if over == Over::Refuse
        && matches!(sink, Sink::Plain(_))
        && response.content_length().is_some_and(|n| n > cap)
    {
        return Err(too_large);
    }
    while let Some(chunk) = response.chunk().await.map_err(super::reason::of_error)? {
        if let Err(error) = sink.take(&chunk) {
            return match (sink.is_full(), over) {
                (true, Over::Cut) => Ok(sink.into_bytes()),
                (true, Over::Refuse) => Err(too_large),
                (false, _) => Err(damaged(&error)),
            };
        }
    }
    match sink.finish() {
        Err(error) => Err(damaged(&error)),
        Ok(()) => Ok(sink.into_bytes()),
    }
}

fn damaged(error: &io::Error) -> GapReason {
    GapReason::NotUnderstood { detail: format!("the gzip body is damaged or cut short: {error}") }
}

enum Sink {
    Plain(Capped),
    Gzip(MultiGzDecoder<Capped>),
}

impl Sink {
    fn new(response: &reqwest::Response, cap: usize) -> Result<Sink, GapReason> {
        let buffer = capped(cap);
        match response.headers().get(CONTENT_ENCODING).map(|v| v.as_bytes()) {
            None | Some(b"" | b"identity") => Ok(Sink::Plain(buffer)),
            Some(b"gzip" | b"x-gzip") => Ok(Sink::Gzip(MultiGzDecoder::new(buffer))),
            Some(_) => Err(GapReason::NotUnderstood {
                detail: "answered in an encoding that was not asked for; only gzip is read".into(),
            }),
        }
    }

    fn take(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Sink::Plain(sink) => sink.write_all(chunk),
            Sink::Gzip(sink) => sink.write_all(chunk),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Sink::Plain(_) => Ok(()),
            Sink::Gzip(sink) => sink.try_finish(),
        }
    }

    fn buffer(&self) -> &Capped {
        match self {
            Sink::Plain(sink) => sink,
            Sink::Gzip(sink) => sink.get_ref(),
        }
    }

    fn is_full(&self) -> bool {
        self.buffer().over
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Sink::Plain(sink) => sink.bytes.into(),
            Sink::Gzip(mut sink) => std::mem::take(&mut sink.get_mut().bytes).into(),
        }
    }
}

/// A buffer that never holds, nor reserves, more than its cap.
pub(super) struct Capped {
    pub(super) bytes: Vec<u8>,
    cap: usize,
    pub(super) over: bool,
}

pub(super) fn capped(cap: usize) -> Capped {
    Capped { bytes: Vec::new(), cap, over: false }
}

impl Write for Capped {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let fits = data.len().min(self.cap - self.bytes.len());
        let needed = self.bytes.len() + fits;
        if needed > self.bytes.capacity() {
            let reserve = (2 * needed).min(self.cap);
            self.bytes.reserve_exact(reserve - self.bytes.len());
        }
        self.bytes.extend_from_slice(&data[..fits]);
        if fits < data.len() {
            self.over = true;
            return Err(io::Error::other("over the cap"));
        }
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
