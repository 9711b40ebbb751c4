//! One connection to one broker: versions negotiated, logged in, one request at a time.

use super::access::{Door, Mechanism, Sasl, Stream};
use super::error::{Error, brief};
use super::reads::Read;
use super::scram::{self, Scram};
use super::wire;
use bytes::{Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, SaslAuthenticateRequest, SaslHandshakeRequest,
};
use kafka_protocol::protocol::StrBytes;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// What a broker said it can do.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// First and last version by API key.
    pub versions: BTreeMap<i16, (i16, i16)>,
    /// The newest `metadata.version` the broker's program knows: tells its release.
    pub metadata_level: Option<i16>,
}

impl Offer {
    /// The newest version that both speak.
    pub fn common<R: Read>(&self) -> Result<i16, Error> {
        let (api, ours) = (R::NAME, R::VERSIONS);
        let theirs = *self.versions.get(&R::KEY).ok_or(Error::NotOffered { api })?;
        match (theirs.0.max(ours.0), theirs.1.min(ours.1)) {
            (min, max) if min <= max => Ok(max),
            _ => Err(Error::NoCommonVersion { api, ours, theirs }),
        }
    }
}

/// An answer and when it was asked for and read.
#[derive(Debug)]
pub struct Answered<T> {
    pub answer: T,
    pub version: i16,
    pub sent: Instant,
    pub received: Instant,
}

pub struct Conn {
    stream: Box<dyn Stream>,
    correlation: i32,
    pub offer: Offer,
    /// Read and written so far.
    pub bytes: u64,
    pub requests: u32,
}

impl Conn {
    /// Connects, negotiates and logs in; all of it before `until`.
    pub async fn open(door: &Door, address: &str, until: Instant) -> Result<Conn, Error> {
        let started = Instant::now();
        let work = async {
            let stream = door.open(address, until).await?;
            let offer = Offer::default();
            let mut conn = Conn { stream, correlation: 0, offer, bytes: 0, requests: 0 };
            conn.negotiate().await?;
            if let Some(sasl) = &door.sasl {
                conn.log_in(sasl).await?;
            }
            Ok(conn)
        };
        within(work, started, until).await
    }

    /// One request, answered before `until`. After an error that is not
    /// [`Error::keeps_connection`] the connection must be dropped.
    pub async fn call<R: Read>(
        &mut self,
        until: Instant,
        build: impl FnOnce(i16) -> R,
    ) -> Result<Answered<R::Answer>, Error> {
        let version = self.offer.common::<R>()?;
        let sent = Instant::now();
        let answer = within(self.exchange(&build(version), version), sent, until).await?;
        Ok(Answered { answer, version, sent, received: Instant::now() })
    }

    async fn exchange<R: Read>(&mut self, request: &R, version: i16) -> Result<R::Answer, Error> {
        let (frame, correlation) = self.trade(request, version).await?;
        wire::decode::<R>(frame, version, correlation)
    }

    async fn trade<R: Read>(&mut self, request: &R, version: i16) -> Result<(Bytes, i32), Error> {
        self.correlation = self.correlation.wrapping_add(1);
        let correlation = self.correlation;
        let out = wire::encode(request, version, correlation)?;
        self.requests += 1;
        self.bytes += out.len() as u64;
        self.stream.write_all(&out).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)?;
        // a broker that wants a log-in closes at the first request after the negotiation
        let frame = self.read_frame().await.map_err(|e| match e {
            Error::Closed if self.requests <= 2 => Error::ClosedAtOnce,
            e => e,
        })?;
        self.bytes += frame.len() as u64 + 4;
        Ok((frame, correlation))
    }

    /// Memory grows with what has come, not with what is declared.
    async fn read_frame(&mut self) -> Result<Bytes, Error> {
        let mut first = [0; 4];
        self.stream.read_exact(&mut first).await.map_err(lost)?;
        let length = wire::check_length(first)? as usize;
        let mut frame = BytesMut::with_capacity(length.min(64 << 10));
        let mut rest = (&mut self.stream).take(length as u64);
        while frame.len() < length {
            if rest.read_buf(&mut frame).await.map_err(lost)? == 0 {
                return Err(Error::Closed);
            }
        }
        Ok(frame.freeze())
    }

    /// A broker that does not know our ApiVersions answers in version 0 that it does not.
    async fn negotiate(&mut self) -> Result<(), Error> {
        const NEWEST: i16 = ApiVersionsRequest::VERSIONS.1;
        let request = ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str("streamwarden"))
            .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")));
        let (frame, correlation) = self.trade(&request, NEWEST).await?;
        let unsupported = ResponseError::UnsupportedVersion.code();
        let old = frame.get(4..6) == Some(&unsupported.to_be_bytes()[..]);
        let answer = match old {
            true => self.exchange(&ApiVersionsRequest::default(), 0).await?,
            false => wire::decode::<ApiVersionsRequest>(frame, NEWEST, correlation)?,
        };
        if answer.error_code != 0 {
            let detail = error_name(answer.error_code);
            return Err(Error::NotUnderstood { api: ApiVersionsRequest::NAME, detail });
        }
        self.offer = offer(&answer);
        Ok(())
    }

    async fn log_in(&mut self, sasl: &Sasl) -> Result<(), Error> {
        let version = self.offer.common::<SaslHandshakeRequest>()?;
        let hello = SaslHandshakeRequest::default()
            .with_mechanism(StrBytes::from_static_str(sasl.mechanism.name()));
        let answer = self.exchange(&hello, version).await?;
        if answer.error_code != 0 {
            let known: Vec<_> = answer.mechanisms.iter().take(8).map(|m| brief(m)).collect();
            return Err(Error::Refused(format!(
                "{} is not enabled, it takes {}",
                sasl.mechanism.name(),
                known.join(", ")
            )));
        }
        let Some(mut exchange) = Scram::new(sasl.mechanism, &sasl.user, nonce(sasl)?) else {
            let token = scram::plain(&sasl.user, sasl.password.reveal());
            return self.authenticate(token).await.map(|_| ());
        };
        let challenge = self.authenticate(exchange.first()).await?;
        let proof = exchange.answer(&challenge, sasl.password.reveal()).map_err(Error::Refused)?;
        let last = self.authenticate(proof).await?;
        exchange.verify(&last).map_err(Error::Refused)
    }

    async fn authenticate(&mut self, token: Vec<u8>) -> Result<Bytes, Error> {
        let version = self.offer.common::<SaslAuthenticateRequest>()?;
        let request = SaslAuthenticateRequest::default().with_auth_bytes(token.into());
        let answer = self.exchange(&request, version).await?;
        match answer.error_code {
            0 => Ok(answer.auth_bytes),
            code => {
                let said = answer.error_message.map(|m| m.to_string());
                Err(Error::Refused(brief(&said.unwrap_or_else(|| error_name(code)))))
            }
        }
    }
}

fn nonce(sasl: &Sasl) -> Result<String, Error> {
    match sasl.mechanism {
        Mechanism::Plain => Ok(String::new()),
        _ => scram::nonce().map_err(Error::Refused),
    }
}

fn offer(answer: &ApiVersionsResponse) -> Offer {
    let versions =
        answer.api_keys.iter().map(|k| (k.api_key, (k.min_version, k.max_version))).collect();
    let level = answer.supported_features.iter().find(|f| &*f.name == "metadata.version");
    Offer { versions, metadata_level: level.map(|f| f.max_version) }
}

/// Kafka's name of an error code, in our words where it has none.
pub fn error_name(code: i16) -> String {
    match ResponseError::try_from_code(code) {
        Some(ResponseError::Unknown(code)) => format!("error code {code}"),
        Some(known) => format!("{known:?}"),
        None => "no error".into(),
    }
}

fn lost(e: std::io::Error) -> Error {
    use std::io::ErrorKind::*;
    match e.kind() {
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe => Error::Closed,
        _ => Error::Io(e),
    }
}

async fn within<T>(
    work: impl Future<Output = Result<T, Error>>,
    started: Instant,
    until: Instant,
) -> Result<T, Error> {
    match timeout_at(until, work).await {
        Ok(done) => done,
        Err(_) => {
            let after: Duration = until.saturating_duration_since(started);
            Err(Error::TimedOut { after })
        }
    }
}
