//! A platform that submits for us: JSON by POST, signed.

use super::super::client::{Answer, answer, http};
use super::Submission;
use crate::secret::Secret;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use streamwarden_core::estate::RunId;
use streamwarden_core::text::hex;

const HEAD: usize = 64 << 10;
/// `sha256=` and the hex of HMAC-SHA-256 over the body.
const SIGNATURE: &str = "x-streamwarden-signature";

#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    pub url: String,
    /// What the body is signed with.
    pub secret: Secret,
    pub ca_file: Option<PathBuf>,
}

/// All that the platform has to hand on. A repeated message has the same `job_id`: Flink refuses
/// the second submission of one.
pub(super) fn body(s: &Submission<'_>) -> Value {
    json!({
        "request": "submit",
        "cluster": s.job.cluster,
        "job": s.job.key,
        "job_id": s.run,
        "savepoint_path": s.point.path,
        "claim_mode": "NO_CLAIM",
        "allow_non_restored_state": false,
        "parallelism": s.parallelism,
    })
}

impl Webhook {
    pub(super) async fn post(&self, run: &RunId, body: &Value, deadline: Duration) -> Answer {
        let client = match http(self.ca_file.as_deref()) {
            Ok(client) => client,
            Err(e) => return Answer::Lost(e.to_string()),
        };
        let text = body.to_string();
        let request = client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", run.as_str())
            .header(SIGNATURE, self.sign(text.as_bytes()))
            .body(text);
        answer(request, deadline, HEAD).await
    }

    fn sign(&self, body: &[u8]) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.secret.reveal().as_bytes());
        let tag = ring::hmac::sign(&key, body);
        format!("sha256={}", hex(tag.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_hmac_sha256() {
        let hook = Webhook { url: String::new(), secret: Secret::new("Jefe"), ca_file: None };
        assert_eq!(
            hook.sign(b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
