//! A question to an HTTP address, and a knock at a TCP port. Neither sends anything that changes.

use crate::collect::http::ReadClient;
use std::time::Duration;
use streamwarden_core::estate::{GapReason, Name, plain};
use tokio::net::TcpStream;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(4);
const CAP: u64 = 256 << 10;

/// A GET that must be answered with 200, and perhaps with a text in it.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpProbe {
    pub url: String,
    pub contains: Option<String>,
}

type Told = Vec<(Name, f64)>;

pub async fn http(client: &ReadClient, probe: &HttpProbe) -> Result<Told, GapReason> {
    let answer = client.get_head(&probe.url, DEADLINE, CAP).await?;
    let Some(wanted) = &probe.contains else { return Ok(Vec::new()) };
    if String::from_utf8_lossy(&answer.body).contains(wanted.as_str()) {
        return Ok(Vec::new());
    }
    let detail = format!("its answer does not contain `{wanted}`");
    Err(GapReason::NotUnderstood { detail })
}

pub async fn tcp(address: &str) -> Result<Told, GapReason> {
    let after_ms = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
    match timeout(DEADLINE, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(Vec::new()),
        Ok(Err(e)) => {
            let detail = plain(&e.to_string()).chars().take(200).collect();
            Err(GapReason::Unreachable { detail })
        }
        Err(_) => Err(GapReason::TimedOut { after_ms }),
    }
}
