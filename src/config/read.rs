//! The tree into typed values; every mistake becomes a problem and reading goes on.

use super::problem::{Problem, Source, did_you_mean};
use super::yaml::{At, Key, Node, Value};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest text value that is read; Flink allows nothing near it in a name or address.
const MAX_TEXT: usize = 4096;

pub struct Reader<'a> {
    pub source: &'a Source,
    pub problems: Vec<Problem>,
    /// What can be left so, and is most likely not meant.
    pub warnings: Vec<Problem>,
    /// Relative paths start at the configuration's own folder.
    pub folder: &'a Path,
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Put<T> {
    pub at: At,
    pub value: T,
}

impl Reader<'_> {
    pub fn problem(&mut self, at: At, message: impl Into<String>, todo: impl Into<String>) {
        let problem = self.source.problem(at, message, todo);
        self.problems.push(problem);
    }

    pub fn warn(&mut self, at: At, message: impl Into<String>, todo: impl Into<String>) {
        let problem = self.source.problem(at, message, todo);
        self.warnings.push(Problem { warning: true, ..problem });
    }

    pub fn map<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<Map<'n>> {
        match &node.value {
            Value::Map(entries) => Some(Map { at: node.at, what, entries, asked: Vec::new() }),
            _ => {
                let message = format!("{what} is a block of keys, not {}", node.kind());
                self.problem(node.at, message, "write `key: value` pairs here");
                None
            }
        }
    }

    /// Items of a list; one single value stands for a list of one, nothing for an empty one.
    pub fn list<'n>(&mut self, node: Option<&'n Node>) -> &'n [Node] {
        match node {
            None => &[],
            Some(node) => match &node.value {
                Value::Null => &[],
                Value::List(items) => items,
                Value::Text(_) | Value::Map(_) => std::slice::from_ref(node),
            },
        }
    }

    /// Text with `${NAME}` replaced from the environment; `$${` is a plain `${`.
    pub fn text(&mut self, node: &Node) -> Option<Put<String>> {
        let Value::Text(raw) = &node.value else {
            let message = format!("a single value is wanted here, not {}", node.kind());
            self.problem(node.at, message, "write one value after the colon");
            return None;
        };
        if raw.len() > MAX_TEXT {
            self.problem(node.at, "this value is too long", format!("at most {MAX_TEXT} bytes"));
            return None;
        }
        let value = self.expand(raw, node.at)?;
        if value.is_empty() || value.contains(char::is_control) {
            let message = "this value is empty or has control characters in it";
            self.problem(node.at, message, "give plain text on one line");
            return None;
        }
        Some(Put { at: node.at, value })
    }

    fn expand(&mut self, raw: &str, at: At) -> Option<String> {
        let mut value = String::new();
        let mut rest = raw;
        while let Some(start) = rest.find("${") {
            if let Some(literal) = rest[..start].strip_suffix('$') {
                value.push_str(literal);
                value.push_str("${");
                rest = &rest[start + 2..];
                continue;
            }
            let Some(len) = rest[start..].find('}') else {
                self.problem(at, "`${` without `}`", "write ${NAME}; a plain `${` is `$${`");
                return None;
            };
            let name = &rest[start + 2..start + len];
            let Some(found) = (self.env)(name) else {
                let message = format!("the environment variable {name} is not set");
                self.problem(at, message, format!("start with {name}=… in the environment"));
                return None;
            };
            value.push_str(&rest[..start]);
            value.push_str(&found);
            rest = &rest[start + len + 1..];
        }
        value.push_str(rest);
        Some(value)
    }

    /// `500ms`, `5s`, `10m`, `2h`, `7d`, within limits.
    pub fn duration(&mut self, node: &Node, min: Duration, max: Duration) -> Option<Duration> {
        let text = self.text(node)?;
        let Some(duration) = parse_duration(&text.value) else {
            let number = text.value.parse::<f64>().is_ok();
            let todo = if number {
                let units = ["s", "m", "h", "d"].map(|unit| format!("{}{unit}", text.value));
                let fits = |t: &String| parse_duration(t).is_some_and(|d| (min..=max).contains(&d));
                let fitting: Vec<String> = units.into_iter().filter(fits).collect();
                match fitting.is_empty() {
                    true => format!("give the unit: {}s for seconds", text.value),
                    false => format!("give the unit: {}", fitting.join(" or ")),
                }
            } else {
                "write it like 500ms, 5s, 10m, 2h or 7d".to_owned()
            };
            self.problem(node.at, format!("`{}` is not a length of time", text.value), todo);
            return None;
        };
        if duration < min || duration > max {
            let message = format!("`{}` is out of range", text.value);
            self.problem(node.at, message, format!("between {} and {}", short(min), short(max)));
            return None;
        }
        Some(duration)
    }

    /// `500MB`, `10GB` (powers of 1000), within limits.
    pub fn bytes(&mut self, node: &Node, min: u64, max: u64) -> Option<u64> {
        let text = self.text(node)?;
        let Some(bytes) = parse_bytes(&text.value) else {
            let message = format!("`{}` is not a size", text.value);
            self.problem(node.at, message, "write it like 500MB or 10GB");
            return None;
        };
        if bytes < min || bytes > max {
            let message = format!("`{}` is out of range", text.value);
            let todo = format!("between {} MB and {} GB", min / 1_000_000, max / 1_000_000_000);
            self.problem(node.at, message, todo);
            return None;
        }
        Some(bytes)
    }

    pub fn yes_no(&mut self, node: &Node) -> Option<bool> {
        let text = self.text(node)?;
        match text.value.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let message = format!("`{other}` is neither true nor false");
                self.problem(node.at, message, "write true or false");
                None
            }
        }
    }

    pub fn path(&mut self, node: &Node) -> Option<Put<PathBuf>> {
        let text = self.text(node)?;
        Some(Put { at: text.at, value: self.folder.join(text.value) })
    }
}

/// A block of keys being read: every key asked for is known, the rest is a mistake.
pub struct Map<'n> {
    pub at: At,
    what: &'static str,
    entries: &'n [(Key, Node)],
    asked: Vec<&'static str>,
}

impl<'n> Map<'n> {
    /// The value of a key; `key:` with nothing behind it is as if it were not there.
    pub fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.push(key);
        let (_, node) = self.entries.iter().find(|(k, _)| k.name == key)?;
        (!matches!(node.value, Value::Null)).then_some(node)
    }

    pub fn need(&mut self, reader: &mut Reader, key: &'static str) -> Option<&'n Node> {
        let node = self.get(key);
        if node.is_none() {
            let message = format!("{} has no `{key}`", self.what);
            reader.problem(self.at, message, format!("add `{key}: …`"));
        }
        node
    }

    pub fn text(&mut self, reader: &mut Reader, key: &'static str) -> Option<Put<String>> {
        self.get(key).and_then(|node| reader.text(node))
    }

    pub fn need_text(&mut self, reader: &mut Reader, key: &'static str) -> Option<Put<String>> {
        self.need(reader, key).and_then(|node| reader.text(node))
    }

    /// Which of these keys are there, with where.
    pub fn present(&self, keys: &[&str]) -> Vec<&'n Key> {
        self.entries.iter().map(|(k, _)| k).filter(|k| keys.contains(&k.name.as_str())).collect()
    }

    /// Call last: what was never asked for is unknown.
    pub fn finish(self, reader: &mut Reader) {
        for (key, _) in self.entries {
            if !self.asked.contains(&key.name.as_str()) {
                let message = format!("unknown key `{}` in {}", key.name, self.what);
                let todo = did_you_mean(&key.name, self.asked.iter().copied());
                reader.problem(key.at, message, todo);
            }
        }
    }
}

pub fn parse_duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let unit_s = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let number: f64 = number.trim_end().parse().ok()?;
    Duration::try_from_secs_f64(number * unit_s).ok()
}

fn parse_bytes(text: &str) -> Option<u64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let power = match unit {
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        _ => return None,
    };
    let number: f64 = number.trim_end().parse().ok()?;
    (number > 0.0).then_some((number * power) as u64)
}

/// As a person writes it: `5s`, `2h`.
pub fn short(duration: Duration) -> String {
    let ms = duration.as_millis();
    [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")]
        .iter()
        .find(|(unit, _)| ms >= *unit && ms.is_multiple_of(*unit))
        .map_or_else(|| format!("{ms}ms"), |(unit, name)| format!("{}{name}", ms / unit))
}
