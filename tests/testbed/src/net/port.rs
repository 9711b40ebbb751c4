use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// Below the range that the kernel gives to outgoing connections, so that nothing takes one before its owner binds it.
const FIRST: u64 = 20_000;
const COUNT: u64 = 12_000;
const TRIES: u64 = 1000;

/// Free ports at random places, so that two beds side by side do not meet.
#[derive(Default)]
pub struct Ports {
    given: HashSet<u16>,
}

impl Ports {
    pub fn next(&mut self) -> Result<u16> {
        let random = RandomState::new();
        (0..TRIES)
            .map(|n| (FIRST + random.hash_one(n) % COUNT) as u16)
            .find(|&port| {
                TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() && self.given.insert(port)
            })
            .context("no free port on loopback between 20000 and 32000")
    }
}
