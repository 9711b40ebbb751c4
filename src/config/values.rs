//! Addresses, names and files: what a text value must be to be used.

use super::read::{Put, Reader};
use super::yaml::{At, Node};
use crate::secret::Secret;
use reqwest::Url;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A token or a CA bundle is far smaller.
pub const MAX_FILE: u64 = 1 << 20;
const MAX_NAME: usize = 100;

/// A cluster's, layer's or group's name: it stands in ids (`job:<cluster>/<key>`), lists and URLs.
pub fn name(reader: &mut Reader, text: Option<Put<String>>) -> Option<Put<String>> {
    let text = text?;
    if text.value.contains('/') || text.value.chars().count() > MAX_NAME {
        let message = format!("`{}` cannot be a name", text.value);
        reader.problem(text.at, message, format!("at most {MAX_NAME} characters, without `/`"));
        return None;
    }
    Some(text)
}

/// An http(s) URL without credentials, query or fragment; no `/` at the end.
pub fn url(reader: &mut Reader, text: &Put<String>) -> Option<Url> {
    let (message, todo) = match Url::parse(&text.value) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            let rest = text.value.split_once("://").map_or(&*text.value, |(_, rest)| rest);
            ("this is not an http address".to_owned(), format!("write http://{rest}"))
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => (
            "credentials do not belong in an address: addresses are shown".to_owned(),
            "put them under `auth: { basic: { user: …, password_file: … } }`".to_owned(),
        ),
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            ("an address ends before `?` and `#`".to_owned(), "leave them out".to_owned())
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => {
            ("this address has no host".to_owned(), "write http://host:port".to_owned())
        }
        Ok(url) => return Some(url),
        Err(_) if !text.value.contains("://") => {
            ("this is not an http address".to_owned(), format!("write http://{}", text.value))
        }
        Err(e) => (format!("this is not an address: {e}"), "write http://host:port".to_owned()),
    };
    reader.problem(text.at, message, todo);
    None
}

/// `host:port`, as Kafka and listening sockets have it. IPv6 stands in brackets.
pub fn host_port(reader: &mut Reader, text: &Put<String>) -> Option<String> {
    let good = text.value.rsplit_once(':').is_some_and(|(host, port)| {
        let bracketed = host.starts_with('[') && host.ends_with(']');
        let host_good = !host.is_empty()
            && (bracketed || !host.contains([':', '/', ',', '@']))
            && !host.contains(char::is_whitespace);
        host_good && port.parse::<u16>().is_ok_and(|p| p > 0)
    });
    if good {
        return Some(text.value.clone());
    }
    let todo = if text.value.contains("://") {
        "leave the scheme out: host:port"
    } else if text.value.contains(',') {
        "write a list: [a:9092, b:9092]"
    } else {
        "write host:port, for instance 127.0.0.1:9092"
    };
    reader.problem(text.at, format!("`{}` is not host:port", text.value), todo);
    None
}

/// A host's name as a browser's address bar has it, without scheme and port.
pub fn host(reader: &mut Reader, text: &Put<String>) -> Option<String> {
    let wrong = |c: char| c.is_whitespace() || matches!(c, '/' | ':' | '@' | '*');
    if text.value.contains(wrong) {
        let message = format!("`{}` is no host name", text.value);
        reader.problem(text.at, message, "write the name alone: streams.example.com");
        return None;
    }
    Some(text.value.to_ascii_lowercase())
}

pub fn listen(reader: &mut Reader, node: &Node, allow_remote: bool) -> Option<SocketAddr> {
    let text = reader.text(node)?;
    let parsed = match text.value.strip_prefix("localhost:") {
        Some(port) => port.parse().ok().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        None => text.value.parse().ok(),
    };
    let Some(address) = parsed else {
        let message = format!("`{}` is no address to listen on", text.value);
        reader.problem(text.at, message, "write ip:port, for instance 127.0.0.1:8470");
        return None;
    };
    if !is_loopback(address.ip()) && !allow_remote {
        let message = format!("{address} can be reached from other machines, and nobody logs in");
        let todo = "listen on 127.0.0.1 (behind your proxy), or say `allow_remote: true`";
        reader.problem(text.at, message, todo);
        return None;
    }
    Some(address)
}

/// By its name or number: nobody stands between.
pub fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// The trimmed content of a file that holds one secret.
pub fn secret_file(reader: &mut Reader, node: &Node) -> Option<Secret> {
    let path = reader.path(node)?;
    let text = read_file(reader, &path)?;
    let secret = text.trim();
    if secret.is_empty() || secret.contains(char::is_control) {
        let message = format!("{} does not hold one secret on one line", path.value.display());
        reader.problem(path.at, message, "put the secret alone into the file");
        return None;
    }
    Some(Secret::new(secret))
}

/// A folder that is there.
pub fn folder(reader: &mut Reader, node: &Node) -> Option<PathBuf> {
    let path = reader.path(node)?;
    if !path.value.is_dir() {
        let message = format!("{} is no folder", path.value.display());
        reader.problem(path.at, message, "check the path; it starts at this file's folder");
        return None;
    }
    Some(path.value)
}

/// A PEM file with at least one certificate in it.
pub fn ca_file(reader: &mut Reader, node: &Node) -> Option<PathBuf> {
    let path = reader.path(node)?;
    let text = read_file(reader, &path)?;
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        let message = format!("{} holds no certificate", path.value.display());
        reader.problem(path.at, message, "give a PEM file (-----BEGIN CERTIFICATE-----)");
        return None;
    }
    Some(path.value)
}

/// Whether a program is there and may be executed: by its whole path, or by its name in PATH.
///
/// # Errors
/// What is wrong with it.
pub fn program(name: &str) -> Result<(), String> {
    if !name.contains('/') {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).any(|dir| executable(&dir.join(name)).is_ok());
        return if found { Ok(()) } else { Err(format!("there is no program `{name}` in PATH")) };
    }
    let path = Path::new(name);
    if path.is_relative() {
        return Err(format!("`{name}` is not a whole path: it depends on where we are started"));
    }
    executable(path).map_err(|why| format!("{name}: {why}"))
}

fn executable(path: &Path) -> Result<(), String> {
    let found = std::fs::metadata(path).map_err(|e| e.to_string())?;
    match found.is_file() && found.permissions().mode() & 0o111 != 0 {
        true => Ok(()),
        false => Err("it is not executable".to_owned()),
    }
}

fn read_file(reader: &mut Reader, path: &Put<PathBuf>) -> Option<String> {
    match read_capped(&path.value) {
        Ok(text) => Some(text),
        Err(e) => {
            let message = format!("cannot read {}: {e}", path.value.display());
            let todo = "check the path and its rights; relative paths start at this file's folder";
            reader.problem(path.at, message, todo);
            None
        }
    }
}

fn read_capped(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(std::io::Error::other(format!("larger than {MAX_FILE} bytes")));
    }
    Ok(text)
}

/// A glob of ours: `*` any text, `?` one character. Anything else stands for itself.
pub fn pattern(reader: &mut Reader, text: Put<String>) -> Option<String> {
    let bad = text.value.find(['[', ']', '{', '}', '^', '$', '(', ')', '|', '\\']);
    let regex = text.value.contains(".*");
    if bad.is_none() && !regex {
        return Some(text.value);
    }
    let message = format!("`{}` looks like a regular expression", text.value);
    reader.problem(text.at, message, "patterns know `*` (any text) and `?` (one character)");
    None
}

/// Two entries of a list must not have the same name.
pub fn unique(reader: &mut Reader, what: &str, names: &[(String, At)]) {
    for (i, (name, at)) in names.iter().enumerate() {
        if let Some((_, first)) = names[..i].iter().find(|(n, _)| n == name) {
            let message = format!("two {what} are named `{name}`");
            reader.problem(
                *at,
                message,
                format!("rename one; the first is in line {}", first.line),
            );
        }
    }
}
