//! The one client that sends: JSON by POST, to an address that the configuration or the command
//! line names. It has no other method, follows no redirect (a token must not travel), uses no
//! proxy of the environment, and reads no more of an answer than it needs.

use crate::secret::Secret;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use std::path::{Path, PathBuf};
use std::time::Duration;
use streamwarden_core::estate::plain;

/// For the whole of it: a receiver that is slower has failed for us.
const DEADLINE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(3);
/// Of an answer: a receiver's reason for refusing, or our own API's few lines.
const MAX_ANSWER: usize = 64 << 10;
const AGENT: &str = concat!("streamwarden/", env!("CARGO_PKG_VERSION"));

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("ca_file {} cannot be read: check the path and its permissions", path.display())]
    CaUnreadable { path: PathBuf, source: std::io::Error },
    #[error("ca_file {} holds no PEM certificate: give the CA's certificate, not its key", path.display())]
    CaNotPem { path: PathBuf },
    #[error("the HTTP client cannot be set up")]
    Build(#[source] reqwest::Error),
    #[error("no answer within {} s", DEADLINE.as_secs())]
    TimedOut,
    /// Nothing arrived there. Never the address: it may hold a token.
    #[error("no connection: {0}")]
    Unreachable(String),
    #[error("the connection broke: {0}")]
    Broke(String),
}

/// What the receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Its beginning.
    pub body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct PostClient {
    http: reqwest::Client,
    token: Option<Secret>,
}

impl PostClient {
    /// `token` goes with every request as a bearer token.
    ///
    /// # Errors
    /// The CA file cannot be used, or this machine's TLS cannot be set up.
    pub fn new(token: Option<Secret>, ca_file: Option<&Path>) -> Result<PostClient, Error> {
        // an error means that a provider is there already
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = match ca_file {
            Some(path) => builder().tls_certs_merge(roots(path)?).build(),
            // a machine without any CA certificates can still send over plain HTTP
            None => builder().build().or_else(|_| builder().tls_certs_only([]).build()),
        };
        Ok(PostClient { http: http.map_err(Error::Build)?, token })
    }

    /// Sends JSON; `id` lets a receiver know a message that comes again.
    ///
    /// # Errors
    /// No answer came. The message may have arrived all the same.
    pub async fn post(&self, url: &str, id: Option<&str>, json: String) -> Result<Answer, Error> {
        let send = self.send(url, id, json);
        tokio::time::timeout(DEADLINE, send).await.unwrap_or(Err(Error::TimedOut))
    }

    async fn send(&self, url: &str, id: Option<&str>, json: String) -> Result<Answer, Error> {
        let mut request = self.http.post(url).header(CONTENT_TYPE, "application/json").body(json);
        if let Some(id) = id {
            request = request.header("idempotency-key", id);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.reveal());
        }
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            let room = MAX_ANSWER.saturating_sub(body.len());
            body.extend(chunk.iter().take(room));
            if room <= chunk.len() {
                break;
            }
        }
        Ok(Answer { status, body })
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(AGENT)
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(1)
        .redirect(Policy::none())
}

fn roots(path: &Path) -> Result<Vec<reqwest::Certificate>, Error> {
    let pem = std::fs::read(path)
        .map_err(|source| Error::CaUnreadable { path: path.to_path_buf(), source })?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        _ => Err(Error::CaNotPem { path: path.to_path_buf() }),
    }
}

fn failed(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let said: String = plain(&deepest.to_string()).chars().take(200).collect();
    if error.is_connect() { Error::Unreachable(said) } else { Error::Broke(said) }
}
