//! How to be let in at a Kafka cluster.

use super::error::Error;
use crate::secret::Secret;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

/// PLAINTEXT unless `tls`; nobody unless `sasl`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KafkaAccess {
    pub tls: Option<Tls>,
    pub sasl: Option<Sasl>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tls {
    /// PEM of the CA that signed the brokers' certificates; None: the machine's own trust.
    pub ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sasl {
    pub mechanism: Mechanism,
    pub user: String,
    pub password: Secret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    Plain,
    ScramSha256,
    ScramSha512,
}

impl Mechanism {
    /// As Kafka calls it in `sasl.mechanism`.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha512 => "SCRAM-SHA-512",
        }
    }
    pub fn parse(name: &str) -> Option<Mechanism> {
        [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha512]
            .into_iter()
            .find(|m| m.name().eq_ignore_ascii_case(name))
    }
}

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The access, its files read.
#[derive(Clone)]
pub struct Door {
    tls: Option<TlsConnector>,
    pub sasl: Option<Sasl>,
}

impl Door {
    /// Errors: the CA file cannot be read or holds no certificate; says which and what to do.
    pub fn new(access: KafkaAccess) -> Result<Door, String> {
        let tls = match access.tls {
            Some(tls) => Some(TlsConnector::from(Arc::new(client_config(&tls)?))),
            None => None,
        };
        Ok(Door { tls, sasl: access.sasl })
    }

    /// A connection that does not come to be before `until` is told apart from silence after it.
    pub async fn open(&self, address: &str, until: Instant) -> Result<Box<dyn Stream>, Error> {
        let late = |_| Error::Connect(std::io::ErrorKind::TimedOut.into());
        let tcp = timeout_at(until, TcpStream::connect(address)).await.map_err(late)?;
        let tcp = tcp.map_err(Error::Connect)?;
        tcp.set_nodelay(true).map_err(Error::Connect)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(tcp)) };
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|e| Error::Tls(std::io::Error::other(e)))?;
        Ok(Box::new(tls.connect(name, tcp).await.map_err(Error::Tls)?))
    }
}

fn client_config(tls: &Tls) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("TLS cannot be set up: {e}"))?;
    let builder = match &tls.ca_file {
        Some(file) => builder.with_root_certificates(roots(file)?),
        None => builder
            .with_platform_verifier()
            .map_err(|e| format!("the machine's trusted CAs cannot be read ({e}): give ca_file"))?,
    };
    Ok(builder.with_no_client_auth())
}

fn roots(file: &std::path::Path) -> Result<RootCertStore, String> {
    let shown = file.display();
    let mut store = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file)
        .map_err(|e| format!("ca_file {shown} cannot be read ({e})"))?;
    for certificate in certificates {
        certificate
            .map_err(|e| e.to_string())
            .and_then(|c| store.add(c).map_err(|e| e.to_string()))
            .map_err(|e| format!("ca_file {shown}: {e}: give the CA's certificates as PEM"))?;
    }
    match store.is_empty() {
        true => Err(format!("ca_file {shown} holds no certificate: give the CA's as PEM")),
        false => Ok(store),
    }
}
