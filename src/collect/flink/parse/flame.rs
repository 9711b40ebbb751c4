//! `/jobs/:id/vertices/:id/flamegraph?type=full`: where the threads of a vertex were, as a tree.
//!
//! A tree of stacks nests deeper than a JSON reader that guards its own stack allows, so it is
//! read by its tokens.

use super::frames::{Place, place, waits};
use std::collections::BTreeMap;
use streamwarden_core::estate::{GapReason, Millis, Name};

const DEPTH: usize = 1024;

#[derive(Clone, Debug, PartialEq)]
pub enum Flame {
    /// Flink has begun to sample; ask again.
    Waiting,
    /// rest.flamegraph.enabled is not set.
    Disabled,
    /// The job has ended.
    Ended,
    Sampled(Shares),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    pub at: Millis,
    pub samples: u64,
    pub user: f64,
    pub idle: f64,
    pub off_cpu: Option<f64>,
    pub on_cpu: Option<f64>,
    pub top: Option<(Name, f64)>,
}

pub fn flame(body: &[u8]) -> Result<Flame, GapReason> {
    let bad = |what: &str| GapReason::NotUnderstood { detail: format!("flame graph: {what}") };
    let text = std::str::from_utf8(body).map_err(|_| bad("not UTF-8"))?;
    let read = Reader::default().read(text).ok_or_else(|| bad("not the tree that Flink draws"))?;
    match read.end {
        Some(-3) => Ok(Flame::Waiting),
        Some(-2) => Ok(Flame::Disabled),
        Some(-1) => Ok(Flame::Ended),
        Some(at) if at > 0 => Ok(Flame::Sampled(read.shares(at))),
        _ => Err(bad("no endTimestamp")),
    }
}

#[derive(Default)]
struct Node<'a> {
    name: &'a str,
    value: u64,
    children: u64,
}

#[derive(Default)]
struct Reader<'a> {
    end: Option<i64>,
    stack: Vec<Node<'a>>,
    samples: u64,
    user: BTreeMap<Name, u64>,
    waiting: u64,
    idle: u64,
}

impl<'a> Reader<'a> {
    /// None: not JSON of this shape.
    fn read(mut self, text: &'a str) -> Option<Reader<'a>> {
        let mut rest = text.trim_start();
        let mut key = "";
        while let Some(c) = rest.chars().next() {
            match c {
                '{' => {
                    self.stack.push(Node::default());
                    if self.stack.len() > DEPTH {
                        return None;
                    }
                    rest = &rest[1..];
                }
                '}' => {
                    self.close()?;
                    rest = &rest[1..];
                }
                '"' => {
                    let (word, after) = string(&rest[1..])?;
                    rest = after.trim_start();
                    match rest.strip_prefix(':') {
                        Some(after) => {
                            key = word;
                            rest = after;
                        }
                        None if key == "name" => self.stack.last_mut()?.name = word,
                        None => {}
                    }
                }
                '-' | '0'..='9' => {
                    let end = rest.find([',', '}', ']', ' ', '\n', '\r', '\t'])?;
                    let number: i64 = rest[..end].parse().ok()?;
                    match key {
                        "endTimestamp" => self.end = Some(number),
                        "value" => self.stack.last_mut()?.value = u64::try_from(number).ok()?,
                        _ => {}
                    }
                    rest = &rest[end..];
                }
                '[' | ']' | ',' => rest = &rest[1..],
                _ => rest = rest.strip_prefix("null")?,
            }
            rest = rest.trim_start();
        }
        self.stack.is_empty().then_some(self)
    }

    /// A node ends: what none of its children has was sampled in it.
    fn close(&mut self) -> Option<()> {
        let own = self.stack.last().map(|n| n.value.saturating_sub(n.children))?;
        // the outermost object is the answer itself, the next one the root
        let frames = self.stack.iter().skip(2).rev().map(|n| without_line(n.name));
        if own > 0 && self.stack.len() > 2 {
            self.samples += own;
            let innermost = frames.clone().next().unwrap_or_default();
            match place(frames) {
                Place::Idle => self.idle += own,
                Place::Flink => {}
                Place::User(frame) => {
                    self.waiting += if waits(innermost) { own } else { 0 };
                    *self.user.entry(frame).or_default() += own;
                }
            }
        }
        let value = self.stack.pop()?.value;
        if let Some(parent) = self.stack.last_mut() {
            parent.children += value;
        }
        Some(())
    }

    fn shares(self, at: i64) -> Shares {
        let share = |n: u64, of: u64| (of > 0).then(|| n as f64 / of as f64);
        let user: u64 = self.user.values().sum();
        let top = self.user.into_iter().max_by_key(|(_, n)| *n);
        Shares {
            at: Millis(at),
            samples: self.samples,
            user: share(user, self.samples).unwrap_or(0.0),
            idle: share(self.idle, self.samples).unwrap_or(0.0),
            off_cpu: share(self.waiting, user),
            on_cpu: share(user - self.waiting.min(user), user),
            top: top.and_then(|(frame, n)| Some((frame, share(n, user)?))),
        }
    }
}

/// `Class.method:line`
fn without_line(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(name, _)| name)
}

/// Up to the closing quote. Frames hold no escapes; one with them is kept as it stands.
fn string(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (i, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((&text[..i], &text[i + 1..])),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! read {
        ($name:literal) => {
            flame(include_bytes!(concat!(
                "../../../../tests/fixtures/flink-rest/probes/",
                $name,
                ".json"
            )))
            .unwrap()
        };
    }

    #[test]
    fn a_function_that_sleeps() {
        let Flame::Sampled(shares) = read!("flame_full") else { panic!() };
        assert_eq!((shares.samples, shares.user, shares.idle), (200, 1.0, 0.0));
        assert_eq!((shares.off_cpu, shares.on_cpu), (Some(1.0), Some(0.0)));
        assert_eq!(shares.top, Some(("bed.FaultUdf.eval".into(), 1.0)));
        assert_eq!(shares.at, Millis(1795220116285));
    }

    #[test]
    fn what_is_not_sampled_is_unknown() {
        let Flame::Sampled(none) = read!("flame_on_empty") else { panic!() };
        assert_eq!((none.samples, none.off_cpu, none.top), (0, None, None));
        assert_eq!(flame(br#"{"endTimestamp": -3}"#), Ok(Flame::Waiting));
        assert_eq!(flame(br#"{"endTimestamp":-2}"#), Ok(Flame::Disabled));
        for bad in ["", "[]", "{", "{}", r#"{"endTimestamp":"x"}"#, "<html>"] {
            assert!(flame(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_deep_stack_and_a_bottomless_one() {
        let tree = |depth: usize, leaf: &str| {
            let open = r#"{"name":"org.apache.flink.A.b:1","value":4,"children":["#;
            let leaf = format!(r#"{{"name":"{leaf}:7","value":4,"children":[]}}"#);
            format!(
                r#"{{"endTimestamp":5,"data":{}{leaf}{}}}"#,
                open.repeat(depth),
                "]}".repeat(depth)
            )
        };
        let deep = tree(300, "shop.Spin.map");
        let Ok(Flame::Sampled(shares)) = flame(deep.as_bytes()) else { panic!() };
        assert_eq!((shares.user, shares.on_cpu), (1.0, Some(1.0)));
        assert!(flame(tree(5000, "shop.Spin.map").as_bytes()).is_err());
    }
}
