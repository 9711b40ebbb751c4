//! The collectors' HTTP client: it can only GET. Deadlines that cover the body, body caps counted
//! after decompression, per-target credentials.
//!
//! - Redirects: at most [`REDIRECTS`], and only within scheme, host and port, so that a credential
//!   never travels to another host.
//! - Proxies of the environment (`HTTP_PROXY`, ...) are not used: targets are inside the estate,
//!   and a proxy would see their credentials.
//! - Only gzip is asked for, and unpacked here under the cap.

mod body;
mod json;
mod reason;
#[cfg(test)]
mod tests;

pub use json::parse_json;

use crate::dial::{self, Auth, Error, let_in};
use crate::secret::Secret;
use bytes::Bytes;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::time::Duration;
use streamwarden_core::estate::GapReason;
use tokio::time::Instant;

/// How many redirects within one origin are followed.
pub const REDIRECTS: usize = 2;

/// How to be let in at one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpAccess {
    pub auth: Option<Auth>,
    /// PEM of the CA that signed the target's certificate; trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// A body that was read in full, under its cap.
#[derive(Clone, Debug)]
pub struct Answer {
    pub body: Bytes,
    pub content_type: Option<String>,
    /// From the request to the last byte.
    pub took: Duration,
}

/// A client without a method that changes anything. Clones share connections.
#[derive(Clone, Debug)]
pub struct ReadClient {
    auth: Option<Auth>,
    http: reqwest::Client,
}

/// What to do with a body that is longer than its cap.
#[derive(Clone, Copy, PartialEq)]
enum Over {
    Refuse,
    Cut,
}

/// The URL as it may be shown: without user info, query or fragment.
pub fn safe_address(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return "(not a URL)".into() };
    // both fail only for URLs that cannot have user info
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

impl ReadClient {
    pub fn new(access: HttpAccess) -> Result<ReadClient, Error> {
        let http = dial::client(access.ca_file.as_deref(), || Policy::custom(within_origin))?;
        Ok(ReadClient { auth: access.auth, http })
    }

    /// GET within `deadline` (connecting and the body included); at most `cap` bytes after
    /// decompression. Anything but 200 is a reason, not an answer.
    pub async fn get(&self, url: &str, deadline: Duration, cap: u64) -> Result<Answer, GapReason> {
        self.within(url, deadline, cap, Over::Refuse).await
    }

    /// The first `bytes` of a text that may be longer; what is over is not read.
    pub async fn get_head(
        &self,
        url: &str,
        deadline: Duration,
        bytes: u64,
    ) -> Result<Answer, GapReason> {
        self.within(url, deadline, bytes, Over::Cut).await
    }

    /// [`ReadClient::get`], read as JSON.
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        url: &str,
        deadline: Duration,
        cap: u64,
    ) -> Result<(T, Answer), GapReason> {
        let answer = self.get(url, deadline, cap).await?;
        Ok((parse_json(&answer.body)?, answer))
    }

    /// What a server says beside a status that is no success; None: it does not any more.
    pub async fn get_refusal(&self, url: &str, deadline: Duration, cap: u64) -> Option<Vec<u8>> {
        let read = async {
            let (url, from_url) = split_user_info(url).ok()?;
            let request = let_in(self.http.get(url), self.auth.as_ref().or(from_url.as_ref()));
            let response = request.send().await.ok()?;
            let refused = response.status() != StatusCode::OK;
            let body = body::read(response, cap, Over::Refuse).await.ok()?;
            refused.then(|| body.to_vec())
        };
        tokio::time::timeout(deadline, read).await.ok().flatten()
    }

    async fn within(
        &self,
        url: &str,
        deadline: Duration,
        cap: u64,
        over: Over,
    ) -> Result<Answer, GapReason> {
        let after_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        tokio::time::timeout(deadline, self.ask(url, cap, over))
            .await
            .unwrap_or(Err(GapReason::TimedOut { after_ms }))
    }

    async fn ask(&self, url: &str, cap: u64, over: Over) -> Result<Answer, GapReason> {
        let begun = Instant::now();
        let (url, from_url) = split_user_info(url)?;
        let request = self.http.get(url).header(ACCEPT_ENCODING, "gzip");
        let request = let_in(request, self.auth.as_ref().or(from_url.as_ref()));
        let response = request.send().await.map_err(reason::of_error)?;
        if response.status() != StatusCode::OK {
            return Err(reason::of_status(&response));
        }
        let content_type = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .map(|v| v.chars().take(100).collect());
        let body = body::read(response, cap, over).await?;
        Ok(Answer { body, content_type, took: begun.elapsed() })
    }
}

fn within_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let origin = attempt.previous().first().map(Url::origin);
    if attempt.previous().len() > REDIRECTS || origin != Some(attempt.url().origin()) {
        attempt.stop()
    } else {
        attempt.follow()
    }
}

/// The URL without its user info, and that user info as a credential.
fn split_user_info(url: &str) -> Result<(Url, Option<Auth>), GapReason> {
    let bad = || GapReason::NotConfigured {
        detail: "the address is not an HTTP URL: write http://host:port".into(),
    };
    let mut url = Url::parse(url).map_err(|_| bad())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(bad());
    }
    let text = |s: &str| percent_encoding::percent_decode_str(s).decode_utf8_lossy().into_owned();
    let auth = (!url.username().is_empty() || url.password().is_some()).then(|| Auth::Basic {
        user: text(url.username()),
        password: Secret::new(text(url.password().unwrap_or_default())),
    });
    // both fail only for URLs that cannot have user info
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok((url, auth))
}
