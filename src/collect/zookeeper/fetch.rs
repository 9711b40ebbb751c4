//! One server's answer, within a deadline and a cap. A four-letter word is the whole of what is
//! sent: four bytes that change nothing.

use super::parse::{self, Told};
use crate::collect::http::ReadClient;
use std::time::Duration;
use streamwarden_core::estate::{GapReason, plain};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A server that is well answers within milliseconds.
const DEADLINE: Duration = Duration::from_secs(3);
const CONNECT: Duration = Duration::from_secs(2);
/// `mntr` is 18 kB, the AdminServer's answer 20 kB.
const CAP: u64 = 1 << 20;

/// `mntr`; where that is not allowed `srvr`, which is by default.
pub async fn words(server: &str) -> Result<Told, GapReason> {
    let text = word(server, "mntr").await?;
    if !parse::not_allowed(&text) {
        return parse::mntr(&text);
    }
    let detail = "`mntr` is not in its 4lw.commands.whitelist: latency and mode are read, no more; \
                  allow `mntr`, or give `admin:`";
    let text = word(server, "srvr").await?;
    if parse::not_allowed(&text) {
        return Err(GapReason::NoRights { detail: detail.into() });
    }
    let less = Some(GapReason::NoRights { detail: detail.into() });
    parse::srvr(&text).map(|told| Told { less, ..told })
}

async fn word(server: &str, word: &'static str) -> Result<String, GapReason> {
    let connected = timeout(CONNECT, TcpStream::connect(server)).await;
    let mut stream = match connected {
        Err(_) => {
            let detail = "no connection within 2 s: check the address and firewalls".into();
            return Err(GapReason::Unreachable { detail });
        }
        Ok(Err(e)) => return Err(lost(&e)),
        Ok(Ok(stream)) => stream,
    };
    let after_ms = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
    let answer = timeout(DEADLINE, async {
        stream.write_all(word.as_bytes()).await?;
        let mut body = Vec::new();
        stream.take(CAP + 1).read_to_end(&mut body).await?;
        Ok::<_, std::io::Error>(body)
    });
    let body = answer.await.map_err(|_| GapReason::TimedOut { after_ms })?.map_err(|e| lost(&e))?;
    if body.len() as u64 > CAP {
        return Err(GapReason::TooLarge { cap_bytes: CAP });
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

fn lost(e: &std::io::Error) -> GapReason {
    GapReason::Unreachable { detail: plain(&e.to_string()).chars().take(200).collect() }
}

/// `/commands/monitor` fails with 500 where the server serves nobody; `/commands/server_stats` then
/// says so.
pub async fn admin(client: &ReadClient, base: &str) -> Result<Told, GapReason> {
    let of = |command: &str| format!("{base}/commands/{command}");
    match client.get(&of("monitor"), DEADLINE, CAP).await {
        Ok(answer) => parse::monitor(&answer.body),
        Err(GapReason::Status { code: 500 }) => {
            let answer = client.get(&of("server_stats"), DEADLINE, CAP).await?;
            parse::stats(&answer.body)
        }
        Err(reason) => Err(reason),
    }
}
