//! The one client that sends: JSON by POST, to an address that the configuration or the command
//! line names. It has no other method, follows no redirect (a token must not travel), uses no
//! proxy of the environment, and reads no more of an answer than it needs.

use crate::dial::{self, said};
use crate::secret::Secret;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use std::path::Path;
use std::time::Duration;

/// For the whole of it: a receiver that is slower has failed for us.
const DEADLINE: Duration = Duration::from_secs(10);
/// Of an answer: a receiver's reason for refusing, or our own API's few lines.
const MAX_ANSWER: usize = 64 << 10;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Client(#[from] dial::Error),
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
        Ok(PostClient { http: dial::client(ca_file, Policy::none)?, token })
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

fn failed(error: reqwest::Error) -> Error {
    let unreachable = error.is_connect();
    let said = said(error);
    if unreachable { Error::Unreachable(said) } else { Error::Broke(said) }
}
