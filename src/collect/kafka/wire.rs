//! Frames: bytes into requests and out of answers. Pure.
//!
//! kafka-protocol 0.18 reserves an array's declared length before it reads the first element
//! (`Vec::with_capacity(n)`), so that twenty bytes of garbage abort the process. [`Guarded`]
//! stands between: a length that cannot be true ends the decoding with an error.

use super::error::Error;
use super::reads::Read;
use bytes::{Buf, Bytes, BytesMut, TryGetError};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::buf::ByteBuf;
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};
use std::ops::Range;

/// The largest answer that is read: metadata of about 190,000 partitions with three replicas.
/// Decoded, an answer of this size takes up to about 40 times its bytes.
pub const FRAME_CAP: u32 = 8 << 20;
/// The longest array that is believed: ten times what a target may hold, and 250 MB of address
/// space at most where nothing is behind it.
const ARRAY_CAP: u32 = 1 << 20;
const CLIENT_ID: &str = "streamwarden";

/// A request with its length before it.
pub fn encode<R: Read>(request: &R, version: i16, correlation: i32) -> Result<Bytes, Error> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation)
        .with_client_id(Some(StrBytes::from_static_str(CLIENT_ID)));
    let mut frame = BytesMut::with_capacity(256);
    frame.extend_from_slice(&[0; 4]);
    header
        .encode(&mut frame, R::header_version(version))
        .and_then(|()| request.encode(&mut frame, version))
        .map_err(|e| Error::Encode { api: R::NAME, detail: e.to_string() })?;
    let length = u32::try_from(frame.len() - 4)
        .map_err(|_| Error::Encode { api: R::NAME, detail: "request over 4 GiB".into() })?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame.freeze())
}

/// The body of a frame into the answer. Every byte must be used up: what is left over means that
/// we did not understand.
pub fn decode<R: Read>(frame: Bytes, version: i16, correlation: i32) -> Result<R::Answer, Error> {
    let fail = |detail: String| Error::NotUnderstood { api: R::NAME, detail };
    // flexible versions (request header 2) have lengths as varints, older ones as int32
    let mut buf = Guarded::new(frame, R::header_version(version) >= 2);
    let header = ResponseHeader::decode(&mut buf, R::Answer::header_version(version))
        .map_err(|e| fail(e.to_string()))?;
    if header.correlation_id != correlation {
        return Err(fail("answers a request that was not sent".into()));
    }
    let answer = R::Answer::decode(&mut buf, version).map_err(|e| fail(e.to_string()))?;
    match buf.remaining() {
        0 => Ok(answer),
        n => Err(fail(format!("{n} bytes left over"))),
    }
}

/// What the first four bytes of an answer say about who is there, unless they are a length.
pub fn check_length(first: [u8; 4]) -> Result<u32, Error> {
    match first {
        [b'H', b'T', b'T', b'P'] => {
            Err(Error::NotKafka("is not a Kafka broker: it answers in HTTP"))
        }
        // a TLS record: alert or handshake, version 3.x
        [0x15 | 0x16, 3, ..] => Err(Error::NotKafka("answers in TLS: configure `tls` for it")),
        bytes => match u32::from_be_bytes(bytes) {
            n if n > FRAME_CAP => Err(Error::TooLarge { declared: n }),
            n if n < 4 => Err(Error::NotKafka(
                "is not a Kafka broker: its frame is too short to be an answer",
            )),
            n => Ok(n),
        },
    }
}

/// The bytes of an answer, distrustful of lengths.
struct Guarded {
    bytes: Bytes,
    flexible: bool,
    /// The varint being read byte by byte, and its bits so far.
    varint: (u64, u32),
}

impl Guarded {
    fn new(bytes: Bytes, flexible: bool) -> Guarded {
        Guarded { bytes, flexible, varint: (0, 0) }
    }

    /// In a flexible version every varint is a length plus one, a count or a tag. Booleans come
    /// through here too, as 0 or 1.
    fn check_varint(&mut self, byte: u8) -> Result<(), TryGetError> {
        let (value, bits) = self.varint;
        let value = value | (u64::from(byte & 0x7f) << bits);
        if byte >= 0x80 && bits < 28 {
            self.varint = (value, bits + 7);
            return Ok(());
        }
        self.varint = (0, 0);
        let least = usize::try_from(value.saturating_sub(1)).unwrap_or(usize::MAX);
        if self.flexible && (least > self.bytes.len() || least > ARRAY_CAP as usize) {
            return Err(TryGetError { requested: least, available: self.bytes.len() });
        }
        Ok(())
    }
}

impl Buf for Guarded {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }
    fn chunk(&self) -> &[u8] {
        &self.bytes
    }
    fn advance(&mut self, n: usize) {
        self.bytes.advance(n);
    }
    fn try_get_u8(&mut self) -> Result<u8, TryGetError> {
        let byte = self.bytes.try_get_u8()?;
        self.check_varint(byte)?;
        Ok(byte)
    }
    /// Before flexible versions a length looks like any other number: ports, node ids and epochs
    /// of such brokers are far below the cap as well.
    fn try_get_i32(&mut self) -> Result<i32, TryGetError> {
        let value = self.bytes.try_get_i32()?;
        match usize::try_from(value) {
            Ok(n) if !self.flexible && n > ARRAY_CAP as usize => {
                Err(TryGetError { requested: n, available: self.bytes.len() })
            }
            _ => Ok(value),
        }
    }
}

impl ByteBuf for Guarded {
    fn peek_bytes(&mut self, r: Range<usize>) -> Bytes {
        self.bytes.slice(r)
    }
    fn get_bytes(&mut self, size: usize) -> Bytes {
        self.bytes.split_to(size)
    }
}
