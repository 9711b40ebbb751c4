//! A broker of the old kind, by hand: topics of one partition that grow by 25 records a second. It
//! keeps the key of each request, and answers only those that it knows.

use bytes::{Buf, BufMut};
use std::sync::{Arc, Mutex};
use streamwarden_core::estate::Millis;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const API_VERSIONS: i16 = 18;
const METADATA: i16 = 3;
const LIST_OFFSETS: i16 = 2;
const LIST_GROUPS: i16 = 16;
const DESCRIBE_CONFIGS: i16 = 32;
/// As Kafka numbers them; the one version of each that is spoken here.
const KNOWN: [(i16, i16); 5] =
    [(API_VERSIONS, 0), (METADATA, 4), (LIST_OFFSETS, 2), (LIST_GROUPS, 1), (DESCRIBE_CONFIGS, 1)];
const UNSUPPORTED_VERSION: i16 = 35;
pub const TOPICS: [&str; 2] = ["payments", "scores"];
const PER_SECOND: i64 = 25;

pub struct Broker {
    pub address: String,
    asked: Arc<Mutex<Vec<i16>>>,
}

impl Broker {
    pub async fn start() -> Broker {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, began) = (Arc::new(Mutex::default()), crate::clock::now());
        let keys = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, port, began, Arc::clone(&keys)));
            }
        });
        Broker { address: format!("127.0.0.1:{port}"), asked }
    }

    /// The API key of every request.
    pub fn asked(&self) -> Vec<i16> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    port: u16,
    began: Millis,
    asked: Arc<Mutex<Vec<i16>>>,
) -> Option<()> {
    loop {
        let length = stream.read_u32().await.ok()?;
        let mut request = vec![0; length as usize];
        stream.read_exact(&mut request).await.ok()?;
        let mut body = &request[..];
        let (key, version, correlation) = (body.get_i16(), body.get_i16(), body.get_i32());
        asked.lock().unwrap().push(key);
        let mut out = Vec::new();
        out.put_i32(correlation);
        match (key, version) {
            (API_VERSIONS, v) => {
                api_versions(&mut out, if v == 0 { 0 } else { UNSUPPORTED_VERSION })
            }
            (METADATA, 4) => metadata(&mut out, port),
            (LIST_OFFSETS, 2) => {
                let _client = text(&mut body);
                list_offsets(&mut out, body, began);
            }
            // nobody commits here
            (LIST_GROUPS, 1) => out.extend_from_slice(&[0; 10]),
            (DESCRIBE_CONFIGS, 1) => {
                let _client = text(&mut body);
                describe_configs(&mut out, body);
            }
            _ => return None,
        }
        stream.write_u32(u32::try_from(out.len()).unwrap()).await.ok()?;
        stream.write_all(&out).await.ok()?;
    }
}

fn text(from: &mut &[u8]) -> String {
    let n = usize::try_from(from.get_i16()).unwrap_or(0);
    String::from_utf8_lossy(&from.copy_to_bytes(n)).into_owned()
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.put_i16(i16::try_from(text.len()).unwrap());
    out.extend_from_slice(text.as_bytes());
}

fn api_versions(out: &mut Vec<u8>, error: i16) {
    out.put_i16(error);
    out.put_i32(i32::try_from(KNOWN.len()).unwrap());
    for (key, version) in KNOWN {
        out.put_i16(key);
        out.put_i16(version);
        out.put_i16(version);
    }
}

fn metadata(out: &mut Vec<u8>, port: u16) {
    out.put_i32(0);
    out.put_i32(1);
    out.put_i32(1);
    put(out, "127.0.0.1");
    out.put_i32(i32::from(port));
    out.put_i16(-1);
    put(out, "made-up");
    out.put_i32(1);
    out.put_i32(2);
    for topic in TOPICS {
        out.put_i16(0);
        put(out, topic);
        out.put_i8(0);
        out.put_i32(1);
        out.put_i16(0);
        // partition and leader, then replicas and those in sync
        for n in [0, 1, 1, 1, 1, 1] {
            out.put_i32(n);
        }
    }
}

fn list_offsets(out: &mut Vec<u8>, mut request: &[u8], began: Millis) {
    let _replica_and_isolation = (request.get_i32(), request.get_i8());
    let grown = (crate::clock::now() - began).0 * PER_SECOND / 1000;
    let topics = request.get_i32();
    out.put_i32(0);
    out.put_i32(topics);
    for _ in 0..topics {
        put(out, &text(&mut request));
        let partitions = request.get_i32();
        out.put_i32(partitions);
        for _ in 0..partitions {
            out.put_i32(request.get_i32());
            // the end, the beginning; by time nothing is found
            let offset = match request.get_i64() {
                -1 => 10_000 + grown,
                -2 => 0,
                _ => -1,
            };
            out.put_i16(0);
            out.put_i64(-1);
            out.put_i64(offset);
        }
    }
}

/// Nothing is set.
fn describe_configs(out: &mut Vec<u8>, mut request: &[u8]) {
    let topics = request.get_i32();
    out.put_i32(0);
    out.put_i32(topics);
    for _ in 0..topics {
        let (kind, topic) = (request.get_i8(), text(&mut request));
        for _ in 0..request.get_i32() {
            text(&mut request);
        }
        out.put_i16(0);
        out.put_i16(-1);
        out.put_i8(kind);
        put(out, &topic);
        out.put_i32(0);
    }
}
