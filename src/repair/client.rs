//! The client that acts: a type and a credential of its own, apart from the collectors'. No
//! redirect (a credential must not travel), no proxy of the environment, deadlines that cover the
//! body, bodies cut at a cap.

use super::Error;
use super::wire::{Verb, Wire};
use crate::dial::{self, Auth, let_in, said};
use reqwest::redirect::Policy;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Of an answer to a GET: a job with a thousand vertices is far smaller.
const BODY: usize = 8 << 20;
/// Of an answer to anything else: an id, or a reason with its stack.
const HEAD: usize = 64 << 10;

/// How to be let in to act.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    pub auth: Option<Auth>,
    /// PEM of the CA that signed the target's certificate; trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Status {
        code: u16,
        body: Vec<u8>,
    },
    /// No whole answer; the request may have arrived. Never with the address.
    Lost(String),
}

#[derive(Clone, Debug)]
pub struct ActClient {
    base: String,
    auth: Option<Auth>,
    http: reqwest::Client,
}

impl ActClient {
    /// `base`: the REST address, without `/` at its end.
    ///
    /// # Errors
    /// The CA file cannot be used, or this machine's TLS cannot be set up.
    pub fn new(base: &str, access: &Access) -> Result<ActClient, Error> {
        let http = http(access.ca_file.as_deref())?;
        Ok(ActClient { base: base.to_owned(), auth: access.auth.clone(), http })
    }

    /// Where a request goes, as it may be shown.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(super) async fn get(&self, path: &str, deadline: Duration) -> Answer {
        let request = self.http.get(self.url(path));
        self.within(request, deadline, BODY).await
    }

    pub(super) async fn send(&self, wire: &Wire, deadline: Duration) -> Answer {
        let url = self.url(&wire.path);
        let request = match wire.verb {
            Verb::Post => self.http.post(url),
            Verb::Patch => self.http.patch(url),
            Verb::Put => self.http.put(url),
        };
        let request = match &wire.body {
            Some(body) => request.json(body),
            None => request,
        };
        self.within(request, deadline, HEAD).await
    }

    async fn within(
        &self,
        request: reqwest::RequestBuilder,
        deadline: Duration,
        cap: usize,
    ) -> Answer {
        answer(let_in(request, self.auth.as_ref()), deadline, cap).await
    }
}

pub(super) async fn answer(
    request: reqwest::RequestBuilder,
    deadline: Duration,
    cap: usize,
) -> Answer {
    let ask = async {
        let mut response = request.send().await.map_err(said)?;
        let code = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(said)? {
            if body.len() + chunk.len() > cap {
                return Err(format!("an answer of more than {cap} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer::Status { code, body })
    };
    match tokio::time::timeout(deadline, ask).await {
        Ok(answer) => answer.unwrap_or_else(Answer::Lost),
        Err(_) => Answer::Lost(format!("no answer within {} s", deadline.as_secs_f64())),
    }
}

pub(super) fn http(ca_file: Option<&Path>) -> Result<reqwest::Client, dial::Error> {
    dial::client(ca_file, Policy::none)
}
