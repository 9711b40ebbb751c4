//! Just enough HTTP for JSON on loopback: one request, one answer, connection closed; 1.0, so that it never comes in
//! chunks.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);

pub fn request(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
    exchange(port, method, path, body).with_context(|| format!("{method} {path}"))
}

fn exchange(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let (status, body) = split(&answer).context("not an HTTP answer")?;
    if !(200..300).contains(&status) {
        bail!("{status}: {}", String::from_utf8_lossy(body));
    }
    if body.is_empty() {
        return Ok(Value::Null);
    }
    Ok(serde_json::from_slice(body)?)
}

fn split(answer: &[u8]) -> Option<(u16, &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, &answer[end + 4..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_head_and_body() {
        assert_eq!(
            split(b"HTTP/1.1 202 Accepted\r\nA: b\r\n\r\n{}"),
            Some((202, b"{}".as_slice()))
        );
        assert_eq!(split(b"HTTP/1.1 200 OK\r\n"), None);
    }
}
