//! `users:` and `trusted_proxy:` – who may change something.

use super::problem::did_you_mean;
use super::read::{Map, Put, Reader};
use super::values;
use super::yaml::{At, Node};
use crate::access::{Access, Proxy, Role, User};
use crate::clock;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use streamwarden_core::estate::{ClusterId, Millis};

/// Headers that carry something else.
const EVERYBODYS: [&str; 10] = [
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "origin",
    "referer",
    "user-agent",
];

/// `clusters`: the Flink clusters that a scope may name; empty where they are discovered.
pub(super) fn read(reader: &mut Reader, map: &mut Map, clusters: &[ClusterId]) -> Access {
    if map.present(&["token", "token_file"]).len() > 1 {
        reader.problem(map.at, "`token` and `token_file` are both given", "keep `token_file`");
    }
    let token = super::flink::secret(reader, map, "token", "token_file");
    let proxy = map.get("trusted_proxy").and_then(|node| proxy(reader, node));
    let mut names = Vec::new();
    let mut hashes: Vec<([u8; 32], At)> = Vec::new();
    let mut users = Vec::new();
    for item in reader.list(map.get("users")) {
        let Some(mut one) = reader.map(item, "a user") else { continue };
        let name = one.need_text(reader, "name");
        let name = values::name(reader, name);
        let role = one.need_text(reader, "role").and_then(|text| role(reader, &text));
        let hash = one.text(reader, "token_sha256").and_then(|text| {
            let read = hash(reader, &text)?;
            alone(reader, &mut hashes, read, text.at);
            Some(read)
        });
        let expires = one.text(reader, "expires").and_then(|text| day(reader, &text));
        let named = one.get("clusters");
        // an empty list that is left over must not be the whole estate
        let key = one.present(&["clusters"]).first().map(|key| key.at);
        let scope = scope(reader, named, clusters);
        if let Some(at) = key.filter(|_| reader.list(named).is_empty()) {
            let todo = "name those it may change something in, or leave the key out: all clusters";
            reader.problem(at, "`clusters` of this user names none", todo);
        }
        if one.present(&["token_sha256"]).is_empty() && proxy.is_none() {
            let todo = "`streamwarden token` makes one, or set `trusted_proxy`";
            reader.problem(one.at, "this user has no token", todo);
        }
        one.finish(reader);
        if let (Some(name), Some(role)) = (name, role) {
            names.push((name.value.clone(), name.at));
            users.push(User {
                name: name.value,
                role,
                token_sha256: hash,
                clusters: scope,
                expires,
            });
        }
    }
    values::unique(reader, "users", &names);
    Access { users, token, proxy }
}

/// One token of two people: nobody can tell who it was.
fn alone(reader: &mut Reader, seen: &mut Vec<([u8; 32], At)>, hash: [u8; 32], at: At) {
    match seen.iter().find(|(other, _)| *other == hash) {
        Some((_, first)) => {
            let message = format!("the user in line {} has the same token", first.line);
            reader.problem(at, message, "make one for each: `streamwarden token`");
        }
        None => seen.push((hash, at)),
    }
}

fn role(reader: &mut Reader, text: &Put<String>) -> Option<Role> {
    let found = Role::ALL.iter().find(|(name, _)| *name == text.value).map(|(_, role)| *role);
    if found.is_none() {
        let todo = did_you_mean(&text.value, Role::ALL.iter().map(|(name, _)| *name));
        reader.problem(text.at, format!("`{}` is no role", text.value), todo);
    }
    found
}

fn hash(reader: &mut Reader, text: &Put<String>) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    let digits = text.value.as_bytes();
    let good = digits.len() == 64
        && out.iter_mut().zip(digits.chunks(2)).all(|(byte, pair)| {
            let pair = std::str::from_utf8(pair).ok();
            let read = pair.and_then(|p| u8::from_str_radix(p, 16).ok());
            read.map(|b| *byte = b).is_some()
        });
    if !good {
        let message = "this is not the SHA-256 of a token";
        reader.problem(text.at, message, "64 hex digits, as `streamwarden token` prints them");
    }
    good.then_some(out)
}

/// The end of that day, UTC.
fn day(reader: &mut Reader, text: &Put<String>) -> Option<Millis> {
    let end = text.value.parse::<Date>().ok().and_then(|day| {
        let next = day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(Millis(next.timestamp().as_millisecond()))
    });
    if end.is_none() {
        reader.problem(text.at, format!("`{}` is no day", text.value), "write 2027-03-31");
    }
    if end.is_some_and(|end| end <= clock::now()) {
        let message = format!("this token is over since {}", text.value);
        reader.warn(
            text.at,
            message,
            "make another one (`streamwarden token`), or take the user out",
        );
    }
    end
}

fn scope(reader: &mut Reader, node: Option<&Node>, known: &[ClusterId]) -> Vec<ClusterId> {
    let mut scope = Vec::new();
    for item in reader.list(node) {
        let Some(text) = reader.text(item) else { continue };
        let names = known.iter().map(ClusterId::as_str);
        if !known.is_empty() && !names.clone().any(|n| n == text.value) {
            let todo = did_you_mean(&text.value, names);
            reader.problem(text.at, format!("no Flink cluster is called `{}`", text.value), todo);
        }
        scope.push(ClusterId::new(text.value));
    }
    scope
}

fn proxy(reader: &mut Reader, node: &Node) -> Option<Proxy> {
    let mut map = reader.map(node, "`trusted_proxy`")?;
    let header = map.need_text(reader, "header").and_then(|text| {
        let lower = text.value.to_ascii_lowercase();
        let good = axum::http::HeaderName::from_bytes(lower.as_bytes()).is_ok();
        if !good {
            let message = format!("`{}` is no header's name", text.value);
            reader.problem(text.at, message, "for instance x-forwarded-user");
        }
        if EVERYBODYS.contains(&lower.as_str()) {
            let message = format!("`{lower}` is sent by every client, and says nothing of a name");
            let todo =
                "one that only the proxy sets, and takes out of what it is sent: x-forwarded-user";
            reader.problem(text.at, message, todo);
        }
        good.then_some(lower)
    });
    let mut from = Vec::new();
    let asked = map.need(reader, "from");
    if let Some(node) = asked.filter(|n| reader.list(Some(n)).is_empty()) {
        let message = "no address: the header would be believed from nowhere";
        reader.problem(node.at, message, "the proxy's own: [127.0.0.1]");
    }
    for item in asked.map(|n| reader.list(Some(n))).unwrap_or_default() {
        let Some(text) = reader.text(item) else { continue };
        match text.value.parse() {
            Ok(ip) => from.push(ip),
            Err(_) => {
                let message = format!("`{}` is no address", text.value);
                reader.problem(text.at, message, "the proxy's own: 127.0.0.1");
            }
        }
    }
    map.finish(reader);
    Some(Proxy { from, header: header? })
}
