//! What every HTTP client of ours has in common: no proxy of the environment and no referrer (both
//! would see credentials), a CA beside the system's, a way to be let in, errors without the address.

use crate::secret::Secret;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder};
use std::path::{Path, PathBuf};
use std::time::Duration;
use streamwarden_core::estate::plain;

/// How long a TCP and TLS handshake may take; the deadline of a request may be shorter.
pub const CONNECT: Duration = Duration::from_secs(3);
const AGENT: &str = concat!("streamwarden/", env!("CARGO_PKG_VERSION"));

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("ca_file {} cannot be read: check the path and its permissions", path.display())]
    CaUnreadable { path: PathBuf, source: std::io::Error },
    #[error("ca_file {} holds no PEM certificate: give the CA's certificate, not its key", path.display())]
    CaNotPem { path: PathBuf },
    #[error("the HTTP client cannot be set up")]
    Build(#[source] reqwest::Error),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Auth {
    Bearer(Secret),
    Basic { user: String, password: Secret },
}

/// The request with its credential, where there is one.
pub fn let_in(request: RequestBuilder, auth: Option<&Auth>) -> RequestBuilder {
    match auth {
        Some(Auth::Bearer(token)) => request.bearer_auth(token.reveal()),
        Some(Auth::Basic { user, password }) => request.basic_auth(user, Some(password.reveal())),
        None => request,
    }
}

/// Makes ring the process's TLS provider; call as often as you like.
pub fn install_crypto() {
    // an error means that a provider is there already
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// `ca_file`: PEM of a CA that is trusted beside the system's.
///
/// # Errors
/// The CA file cannot be used, or this machine's TLS cannot be set up.
pub fn client(ca_file: Option<&Path>, redirects: fn() -> Policy) -> Result<Client, Error> {
    install_crypto();
    let builder = || builder().redirect(redirects());
    let client = match ca_file {
        Some(path) => builder().tls_certs_merge(roots(path)?).build(),
        // a machine without any CA certificates can still speak plain HTTP
        None => builder().build().or_else(|_| builder().tls_certs_only([]).build()),
    };
    client.map_err(Error::Build)
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(AGENT)
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(1)
}

fn roots(path: &Path) -> Result<Vec<Certificate>, Error> {
    let pem = std::fs::read(path)
        .map_err(|source| Error::CaUnreadable { path: path.to_path_buf(), source })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        _ => Err(Error::CaNotPem { path: path.to_path_buf() }),
    }
}

/// The deepest cause. Never the address: it may hold a token.
pub fn said(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    plain(&deepest.to_string()).chars().take(200).collect()
}
