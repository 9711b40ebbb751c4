//! The collector against small servers: one that replays what real brokers answered, and peers
//! that are no broker at all.

mod hostile;
mod recorded;
mod wire;

use super::{KafkaAccess, KafkaOptions, KafkaTarget};
use bytes::{Buf, Bytes};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use streamwarden_core::estate::{ClusterId, GapReason, Target, TargetKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// (API key, version) and the answer without its length, in the order in which they were given.
pub type Frames = Vec<((i16, i16), Bytes)>;

pub fn frames(mut raw: Bytes) -> Frames {
    let mut frames = Frames::new();
    while raw.has_remaining() {
        let key = (raw.get_i16(), raw.get_i16());
        let length = raw.get_u32() as usize;
        frames.push((key, raw.split_to(length)));
    }
    frames
}

pub const BROKER_2_3: &[u8] = include_bytes!("../../../../tests/fixtures/kafka/2.3.1.frames");
pub const BROKER_4_1: &[u8] = include_bytes!("../../../../tests/fixtures/kafka/4.1.1.frames");
/// DescribeLogDirs of a 3.9.1 that holds `orders` (3 partitions of 300 records) and `pay` (2, empty),
/// in the newest version and in the oldest.
pub const LOG_DIRS: &[u8] =
    include_bytes!("../../../../tests/fixtures/kafka/3.9.1-log-dirs.frames");
pub const NO_RIGHTS: &[u8] =
    include_bytes!("../../../../tests/fixtures/kafka/3.9.1-no-rights.frames");

pub fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Bytes {
    let Some(at) = bytes.windows(from.len()).position(|w| w == from) else {
        return Bytes::copy_from_slice(bytes);
    };
    [&bytes[..at], to, &bytes[at + from.len()..]].concat().into()
}

/// Answers each request with the next recorded answer of its key and version, or, where there is
/// none, by closing. The recorded port 9092 becomes its own.
pub async fn replay(recorded: Frames) -> String {
    replay_at("127.0.0.1:0", recorded).await.0
}

/// At this address, until the task is aborted.
pub async fn replay_at(address: &str, recorded: Frames) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let port = i32::from(listener.local_addr().unwrap().port());
    let mut queues: BTreeMap<_, VecDeque<Bytes>> = BTreeMap::new();
    for (key, frame) in recorded {
        let frame = replace(&frame, &9092i32.to_be_bytes(), &port.to_be_bytes());
        queues.entry(key).or_default().push_back(frame);
    }
    let queues = Arc::new(Mutex::new(queues));
    let life = tokio::spawn(async move {
        let mut conversations = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            conversations.spawn(answer(stream, queues.clone()));
        }
    });
    (format!("127.0.0.1:{port}"), life)
}

type Queues = Arc<Mutex<BTreeMap<(i16, i16), VecDeque<Bytes>>>>;

async fn answer(mut stream: TcpStream, queues: Queues) -> Option<()> {
    loop {
        let length = stream.read_u32().await.ok()?;
        let mut request = vec![0; length as usize];
        stream.read_exact(&mut request).await.ok()?;
        let mut head = &request[..];
        let (key, version, correlation) = (head.get_i16(), head.get_i16(), head.get_i32());
        let frame = queues.lock().unwrap().get_mut(&(key, version))?.pop_front()?;
        let length = u32::try_from(frame.len()).unwrap();
        let out = [&length.to_be_bytes(), &correlation.to_be_bytes(), &frame[4..]].concat();
        stream.write_all(&out).await.ok()?;
    }
}

/// A peer that does `work` with each connection.
pub async fn peer<F: Future<Output = ()> + Send>(
    work: impl Fn(TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            work(stream).await;
        }
    });
    address
}

pub fn kafka(bootstrap: &[&str], access: KafkaAccess) -> KafkaTarget {
    let options = KafkaOptions {
        connect: Duration::from_millis(300),
        request: Duration::from_millis(600),
        round: Duration::from_millis(900),
        ..KafkaOptions::default()
    };
    let target = Target { name: "pay".into(), kind: TargetKind::Kafka, address: "k".into() };
    let bootstrap = bootstrap.iter().map(|b| (*b).to_owned()).collect();
    KafkaTarget::new(target, ClusterId::new("pay"), bootstrap, access, options).unwrap()
}

pub fn gap<'a>(gaps: &'a [streamwarden_core::estate::Gap], what: &str) -> Option<&'a GapReason> {
    gaps.iter().find(|g| &*g.what == what).map(|g| &g.reason)
}
