//! Tells that we are alive, as long as every loop moves.

use super::{Beat, LoopHandle, Loops};
use crate::clock;
use crate::notify::{Alive, Heartbeat, PostClient};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Until `stop`. What does not arrive is not made up for: the receiver's alarm is the point.
pub async fn heartbeat_loop(
    to: Heartbeat,
    client: PostClient,
    loops: Loops,
    handle: LoopHandle,
    stop: CancellationToken,
) {
    let mut beat = Beat::every(to.every, &stop);
    while beat.comes().await {
        handle.begin();
        let began = Instant::now();
        let outcome = match loops.moving() {
            false => "a loop is stuck: nothing is sent".to_owned(),
            true => {
                let alive = Alive::now(clock::now().0, to.every);
                let json = serde_json::to_string(&alive).unwrap_or_default();
                match client.post(&to.url, None, json).await {
                    Ok(answer) if answer.status < 300 => "sent".to_owned(),
                    Ok(answer) => format!("refused: {}", answer.status),
                    Err(error) => error.to_string(),
                }
            }
        };
        if outcome != "sent" {
            tracing::warn!(outcome, "nobody hears that we are alive");
        }
        handle.end(outcome, began.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn it_is_told() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alive", listener.local_addr().unwrap());
        let to = Heartbeat { url, every: Duration::from_millis(50), token: None, ca_file: None };
        let (loops, stop) = (Loops::default(), CancellationToken::new());
        let handle = loops.register("heartbeat", to.every);
        let client = PostClient::new(None, None).unwrap();
        let task = heartbeat_loop(to, client, loops.clone(), handle, stop.clone());
        let task = tokio::spawn(task);
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let n = stream.read(&mut asked).await.unwrap();
        let text = String::from_utf8_lossy(&asked[..n]).into_owned();
        assert!(text.starts_with("POST /alive") && text.contains(r#""event":"alive""#), "{text}");
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        stop.cancel();
        task.await.unwrap();
    }
}
