//! Proof by the kernel: on which addresses a process listens.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result};

const LISTEN: &str = "0A";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    pub pid: u32,
    pub port: u16,
    pub loopback: bool,
}

/// Every TCP listener of the process, IPv4 and IPv6.
pub fn of(pid: u32) -> Result<Vec<Listener>> {
    let sockets = sockets(pid).with_context(|| format!("cannot see the files of process {pid}"))?;
    let mut found = Vec::new();
    for table in ["tcp", "tcp6"] {
        let path = Path::new("/proc").join(pid.to_string()).join("net").join(table);
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mine =
            text.lines().skip(1).filter_map(parse).filter(|(inode, ..)| sockets.contains(*inode));
        found.extend(mine.map(|(_, loopback, port)| Listener { pid, port, loopback }));
    }
    Ok(found)
}

fn sockets(pid: u32) -> Result<HashSet<String>> {
    let mut inodes = HashSet::new();
    for file in std::fs::read_dir(format!("/proc/{pid}/fd"))? {
        let target = std::fs::read_link(file?.path()).unwrap_or_default();
        let name = target.to_string_lossy();
        if let Some(inode) = name.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')) {
            inodes.insert(inode.to_owned());
        }
    }
    Ok(inodes)
}

/// (inode, on loopback, port) of a listening line
fn parse(line: &str) -> Option<(&str, bool, u16)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    if *fields.get(3)? != LISTEN {
        return None;
    }
    let (address, port) = fields.get(1)?.split_once(':')?;
    Some((fields.get(9)?, is_loopback(address), u16::from_str_radix(port, 16).ok()?))
}

/// Addresses are 32-bit words in host order: 127.0.0.1 is 0100007F, and so it ends in an IPv4-mapped IPv6 one.
fn is_loopback(address: &str) -> bool {
    let v4 = |word: &str| word.ends_with("7F");
    match address.len() {
        8 => v4(address),
        32 => {
            address == "00000000000000000000000001000000"
                || address.strip_prefix("0000000000000000FFFF0000").is_some_and(v4)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kernels_table() {
        let line = "   1: 0100007F:4E20 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 4711 1 0 100";
        assert_eq!(parse(line), Some(("4711", true, 20_000)));
        assert_eq!(parse(&line.replace("0100007F", "00000000")), Some(("4711", false, 20_000)));
        assert_eq!(parse(&line.replace(" 0A ", " 01 ")), None);
    }

    #[test]
    fn knows_loopback_in_ipv6() {
        assert!(is_loopback("00000000000000000000000001000000"));
        assert!(is_loopback("0000000000000000FFFF00000100007F"));
        assert!(!is_loopback("00000000000000000000000000000000"));
        assert!(!is_loopback("0000000000000000FFFF00000A00000A"));
    }
}
