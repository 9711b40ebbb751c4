//! The brokers of one cluster: a connection to each, kept, renewed with back-off, one request at
//! a time. Brokers do not wait for each other: each [`Link`] is driven by a future of its own.

use super::access::Door;
use super::conn::{Answered, Conn, Offer};
use super::error::Error;
use super::reads::Read;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;
use streamwarden_core::estate::{Broker, GapReason};
use tokio::time::Instant;

/// Waits after a failure: doubling from the first to the last, a quarter more or less by chance,
/// so that a returning broker is not met by all at once.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Limits in time of one conversation.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// For the connection with its negotiation and log-in.
    pub connect: Duration,
    /// For one answer.
    pub request: Duration,
}

/// One broker's address and what is open to it.
pub struct Link {
    pub address: String,
    conn: Option<Conn>,
    pub offer: Offer,
    failed: Option<Failed>,
    bytes: u64,
    requests: u32,
}

struct Failed {
    reason: GapReason,
    times: u32,
    until: Instant,
}

impl Link {
    pub fn new(address: String) -> Link {
        Link { address, conn: None, offer: Offer::default(), failed: None, bytes: 0, requests: 0 }
    }

    pub fn is_open(&self) -> bool {
        self.conn.is_some()
    }

    /// Asks, connecting first where needed. While it rests after a failure the last reason is
    /// given again. `until` bounds it all besides the pace.
    pub async fn call<R: Read>(
        &mut self,
        door: &Door,
        pace: Pace,
        until: Instant,
        build: impl FnOnce(i16) -> R,
    ) -> Result<Answered<R::Answer>, GapReason> {
        self.open(door, pace, until).await?;
        let Some(conn) = &mut self.conn else {
            return Err(Error::Closed.reason());
        };
        let before = (conn.bytes, conn.requests);
        let end = until.min(Instant::now() + pace.request);
        let result = conn.call(end, build).await;
        self.bytes += conn.bytes - before.0;
        self.requests += conn.requests - before.1;
        result.map_err(|e| match e.keeps_connection() {
            true => e.reason(),
            false => self.fail(&e),
        })
    }

    pub async fn open(&mut self, door: &Door, pace: Pace, until: Instant) -> Result<(), GapReason> {
        if self.conn.is_some() {
            return Ok(());
        }
        if let Some(failed) = &self.failed
            && Instant::now() < failed.until
        {
            return Err(failed.reason.clone());
        }
        let end = until.min(Instant::now() + pace.connect);
        match Conn::open(door, &self.address, end).await {
            Ok(conn) => {
                self.bytes += conn.bytes;
                self.requests += conn.requests;
                self.offer = conn.offer.clone();
                self.failed = None;
                self.conn = Some(conn);
                Ok(())
            }
            Err(e) => Err(self.fail(&e)),
        }
    }

    fn fail(&mut self, error: &Error) -> GapReason {
        self.conn = None;
        let reason = error.reason();
        let times = self.failed.as_ref().map_or(0, |f| f.times) + 1;
        let until = Instant::now() + back_off(times);
        self.failed = Some(Failed { reason: reason.clone(), times, until });
        reason
    }
}

fn back_off(times: u32) -> Duration {
    let (first, last) = BACK_OFF;
    let whole = first.saturating_mul(1 << times.saturating_sub(1).min(10)).min(last);
    let chance = RandomState::new().hash_one(times) % 512;
    whole * 3 / 4 + whole * u32::try_from(chance).unwrap_or(0) / 1024
}

/// All links of a cluster.
pub struct Client {
    pub door: Door,
    pub pace: Pace,
    seeds: Vec<Link>,
    pub links: BTreeMap<i32, Link>,
    /// Links that metadata no longer names: their counts are not lost.
    spent: (u64, u32),
}

impl Client {
    pub fn new(door: Door, pace: Pace, bootstrap: Vec<String>) -> Client {
        let seeds = bootstrap.into_iter().map(Link::new).collect();
        Client { door, pace, seeds, links: BTreeMap::new(), spent: (0, 0) }
    }

    /// Asks whoever answers: open connections first, then the other known brokers, then the
    /// bootstrap list in turn. The error names each that was tried.
    pub async fn any<R: Read>(
        &mut self,
        until: Instant,
        build: impl Fn(i16) -> R,
    ) -> Result<(Answered<R::Answer>, Offer), GapReason> {
        let mut tried: Vec<(String, GapReason)> = Vec::new();
        let (open, closed): (Vec<_>, Vec<_>) =
            self.links.values_mut().chain(&mut self.seeds).partition(|l| l.is_open());
        for link in open.into_iter().chain(closed) {
            match link.call(&self.door, self.pace, until, &build).await {
                Ok(answered) => return Ok((answered, link.offer.clone())),
                Err(reason) => {
                    // a broker's own address may be a bootstrap address as well
                    tried.retain(|(address, _)| *address != link.address);
                    tried.push((link.address.clone(), reason));
                }
            }
        }
        Err(nobody(tried))
    }

    /// Each bootstrap address, tried by itself.
    pub async fn knock(&mut self, until: Instant) -> Vec<(String, Result<(), GapReason>)> {
        let (door, pace) = (&self.door, self.pace);
        let tries = self.seeds.iter_mut().map(|seed| async move {
            let result = seed.open(door, pace, until).await;
            (seed.address.clone(), result)
        });
        futures_util::future::join_all(tries).await
    }

    /// Takes on the brokers that metadata names; a connection to a bootstrap address that turns
    /// out to be a broker's own is kept as that broker's.
    pub fn follow(&mut self, brokers: &[Broker]) {
        let mut old = std::mem::take(&mut self.links);
        for broker in brokers {
            let address = address(broker);
            let known = match old.remove(&broker.id) {
                Some(link) if link.address == address => link,
                _ => Link::new(address),
            };
            let link = self.adopt(known);
            self.links.insert(broker.id, link);
        }
        for link in old.into_values().chain(self.seeds.iter_mut().map(reset)) {
            self.spent = (self.spent.0 + link.bytes, self.spent.1 + link.requests);
        }
    }

    /// The bootstrap connection to the same address, where only that one is open.
    fn adopt(&mut self, link: Link) -> Link {
        let open = |s: &&mut Link| s.address == link.address && s.is_open();
        match self.seeds.iter_mut().find(open) {
            Some(seed) if !link.is_open() => std::mem::replace(seed, link),
            _ => link,
        }
    }

    /// Bytes and requests since the last call.
    pub fn take_counts(&mut self) -> (u64, u32) {
        let mut sum = std::mem::take(&mut self.spent);
        for link in self.links.values_mut().chain(&mut self.seeds) {
            sum.0 += std::mem::take(&mut link.bytes);
            sum.1 += std::mem::take(&mut link.requests);
        }
        sum
    }
}

/// A bootstrap connection is not held once the brokers are known.
fn reset(seed: &mut Link) -> Link {
    std::mem::replace(seed, Link::new(seed.address.clone()))
}

pub fn address(broker: &Broker) -> String {
    match broker.host.contains(':') {
        true => format!("[{}]:{}", broker.host, broker.port),
        false => format!("{}:{}", broker.host, broker.port),
    }
}

/// One reason for all: the only one, or the first with the addresses that failed likewise.
fn nobody(mut tried: Vec<(String, GapReason)>) -> GapReason {
    if tried.len() == 1
        && let Some((_, reason)) = tried.pop()
    {
        return reason;
    }
    let said: Vec<String> = tried.iter().take(6).map(|(a, r)| format!("{a}: {}", say(r))).collect();
    GapReason::Unreachable { detail: format!("no broker answers; {}", said.join("; ")) }
}

/// A reason in a few words.
pub fn say(reason: &GapReason) -> String {
    match reason {
        GapReason::Unreachable { detail }
        | GapReason::NotUnderstood { detail }
        | GapReason::NoRights { detail }
        | GapReason::NotConfigured { detail } => detail.clone(),
        GapReason::TimedOut { after_ms } => format!("no answer within {after_ms} ms"),
        GapReason::Status { code } => format!("status {code}"),
        GapReason::TooLarge { cap_bytes } => format!("an answer of more than {cap_bytes} bytes"),
        GapReason::TooMany { what, cap, seen } => format!("{seen} {what}, at most {cap} are kept"),
        GapReason::Kafka { error } => error.clone(),
    }
}
