//! One broker that answers what a reader of offsets asks, in the oldest versions that are spoken.

use super::Shared;
use bytes::{Buf, BufMut, BytesMut};
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

#[derive(Debug, Default)]
pub struct Kafka {
    pub up: bool,
    /// Its offsets were.
    pub asked: bool,
    port: u16,
}

pub struct Server {
    pub address: String,
    world: Shared,
    life: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    pub async fn start(world: &Shared) -> Server {
        let server =
            Server { address: String::new(), world: world.clone(), life: Mutex::default() };
        server.start_again(world).await;
        let port = world.lock().unwrap().kafka.port;
        Server { address: format!("127.0.0.1:{port}"), ..server }
    }

    /// Its port refuses from now on, and every job that writes to it fails.
    pub fn kill(&self) {
        if let Some(life) = self.life.lock().unwrap().take() {
            life.abort();
        }
        let mut world = self.world.lock().unwrap();
        world.kafka.up = false;
        world.jms.iter_mut().for_each(|jm| jm.kafka_is(false));
    }

    pub async fn start_again(&self, world: &Shared) {
        let port = world.lock().unwrap().kafka.port;
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        {
            let mut world = world.lock().unwrap();
            (world.kafka.port, world.kafka.up) = (port, true);
            world.jms.iter_mut().for_each(|jm| jm.kafka_is(true));
        }
        let world = world.clone();
        let life = tokio::spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(answer(stream, world.clone()));
            }
        });
        *self.life.lock().unwrap() = Some(life);
    }
}

async fn answer(mut stream: TcpStream, world: Shared) -> Option<()> {
    loop {
        let length = stream.read_u32().await.ok()?;
        let mut request = vec![0; length as usize];
        stream.read_exact(&mut request).await.ok()?;
        let mut head = &request[..];
        let (key, version, correlation) = (head.get_i16(), head.get_i16(), head.get_i32());
        let client = head.get_i16().max(0);
        head.advance(client as usize);
        let body = reply(&world, key, version, head)?;
        let mut out = BytesMut::new();
        out.put_u32(4 + body.len() as u32);
        out.put_i32(correlation);
        out.extend_from_slice(&body);
        stream.write_all(&out).await.ok()?;
    }
}

fn text(out: &mut BytesMut, text: &str) {
    out.put_i16(text.len() as i16);
    out.extend_from_slice(text.as_bytes());
}

fn read_text<'a>(from: &mut &'a [u8]) -> &'a str {
    let length = from.get_i16().max(0) as usize;
    let (text, rest) = from.split_at(length);
    *from = rest;
    std::str::from_utf8(text).unwrap()
}

fn reply(world: &Shared, key: i16, version: i16, mut body: &[u8]) -> Option<BytesMut> {
    let mut world = world.lock().unwrap();
    let mut out = BytesMut::new();
    match key {
        // ApiVersions
        18 => {
            out.put_i16(if version == 0 { 0 } else { 35 });
            let spoken = [(18, 0, 0), (3, 4, 4), (2, 2, 2), (16, 0, 0)];
            out.put_i32(spoken.len() as i32);
            for (key, min, max) in spoken {
                [key, min, max].into_iter().for_each(|n: i16| out.put_i16(n));
            }
        }
        // Metadata
        3 => {
            let port = i32::from(world.kafka.port);
            out.put_i32(0);
            out.put_i32(1);
            out.put_i32(1);
            text(&mut out, "127.0.0.1");
            out.put_i32(port);
            out.put_i16(-1);
            text(&mut out, "storm");
            out.put_i32(1);
            let topics: Vec<String> = world.jms.iter().flat_map(|jm| jm.topics()).collect();
            out.put_i32(topics.len() as i32);
            for topic in topics {
                out.put_i16(0);
                text(&mut out, &topic);
                out.put_u8(0);
                out.put_i32(1);
                out.put_i16(0);
                out.put_i32(0);
                out.put_i32(1);
                for _ in 0..2 {
                    out.put_i32(1);
                    out.put_i32(1);
                }
            }
        }
        // ListOffsets: the same for every moment that is asked for but the end
        2 => {
            world.kafka.asked = true;
            body.advance(4 + 1);
            out.put_i32(0);
            let topics = body.get_i32();
            out.put_i32(topics);
            for _ in 0..topics {
                let topic = read_text(&mut body).to_owned();
                let end = world.jms.iter_mut().find_map(|jm| jm.end_offset(&topic));
                text(&mut out, &topic);
                let partitions = body.get_i32();
                out.put_i32(partitions);
                for _ in 0..partitions {
                    let (partition, moment) = (body.get_i32(), body.get_i64());
                    out.put_i32(partition);
                    out.put_i16(0);
                    out.put_i64(-1);
                    out.put_i64(if moment == -1 { end.unwrap_or(0) } else { 0 });
                }
            }
        }
        // ListGroups: nobody reads
        16 => {
            out.put_i16(0);
            out.put_i32(0);
        }
        _ => return None,
    }
    Some(out)
}
