//! Where things stand in a rule file, and what is wrong there. The YAML itself is read by the
//! shell: this crate has no parser for it.

use crate::estate::Name;

/// Line and column from 1, length in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    pub line: usize,
    pub column: usize,
    pub len: usize,
}

/// One value of a YAML file.
#[derive(Clone, Debug)]
pub struct Node {
    pub at: At,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a block of keys",
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    /// Items of a list; one value stands for a list of one, nothing for an empty one.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Null => &[],
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        let (_, node) = self.entries().iter().find(|(k, _)| k.text() == Some(key))?;
        (!matches!(node.value, Value::Null)).then_some(node)
    }
}

/// A file as the shell has read it.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub name: Name,
    pub root: Node,
}

/// A mistake, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub file: Name,
    pub at: At,
    pub message: String,
    pub todo: String,
}

/// Mistakes of one file, gathered while reading goes on.
#[derive(Debug)]
pub struct Mistakes {
    pub file: Name,
    pub found: Vec<Mistake>,
}

impl Mistakes {
    pub fn of(file: &Name) -> Mistakes {
        Mistakes { file: file.clone(), found: Vec::new() }
    }

    pub fn add(&mut self, at: At, message: impl Into<String>, todo: impl Into<String>) {
        let (file, message, todo) = (self.file.clone(), message.into(), todo.into());
        self.found.push(Mistake { file, at, message, todo });
    }
}

/// "did you mean `x`?", else what there is.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let lower = word.to_lowercase();
    let near = known
        .iter()
        .map(|k| (edits(&lower, k), *k))
        .filter(|(n, k)| {
            let long = k.chars().count().max(3);
            *n * 3 <= long + 1
                || (lower.len() >= 3 && (k.starts_with(&lower) || k.contains(&*lower)))
        })
        .min_by_key(|(n, _)| *n);
    match near {
        Some((_, k)) => format!("did you mean `{k}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => {
            let shown: Vec<String> = known.iter().take(40).map(|k| format!("`{k}`")).collect();
            format!("one of {}", shown.join(", "))
        }
    }
}

/// Letters put in, left out, changed or swapped with their neighbour.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let cost = usize::from(x != y);
            let mut best = (last[j] + cost).min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && a[i - 1] == *y && *x == b[j - 1];
            if swapped {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word() {
        let known = ["parallelism", "busy", "rate_in"];
        assert_eq!(did_you_mean("paralelism", known), "did you mean `parallelism`?");
        assert_eq!(did_you_mean("bsuy", known), "did you mean `busy`?");
        assert!(did_you_mean("colour", known).starts_with("one of"));
        assert_eq!((edits("ab", "ba"), edits("abc", ""), edits("kitten", "sitting")), (1, 3, 3));
    }
}
