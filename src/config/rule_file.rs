//! A rule file's YAML as the tree that core compiles, and core's mistakes as problems.

use super::problem::{Problem, Source};
use super::yaml::{self, At};
use streamwarden_core::estate::Name;
use streamwarden_core::rules::{self, Mistake, SourceFile};

/// The text of a rule or of its test, read.
#[derive(Clone, Debug)]
pub struct RuleText {
    source: Source,
    pub file: SourceFile,
}

impl RuleText {
    /// # Errors
    /// What is wrong with it as YAML.
    pub fn read(name: &str, text: &str) -> Result<RuleText, Vec<Problem>> {
        let source = Source::new(name, text);
        let mut problems = Vec::new();
        let root = yaml::parse(&source, &mut problems);
        match root {
            Some(root) if problems.is_empty() => {
                let file = SourceFile { name: Name::from(name), root: node(root) };
                Ok(RuleText { source, file })
            }
            _ => Err(problems),
        }
    }

    pub fn problem(&self, m: &Mistake) -> Problem {
        let at = At { line: m.at.line.max(1), column: m.at.column.max(1), len: m.at.len.max(1) };
        self.source.problem(at, m.message.clone(), m.todo.clone())
    }
}

fn at(a: At) -> rules::At {
    rules::At { line: a.line, column: a.column, len: a.len }
}

fn node(n: yaml::Node) -> rules::Node {
    let value = match n.value {
        yaml::Value::Null => rules::Value::Null,
        yaml::Value::Text(t) => rules::Value::Text(t),
        yaml::Value::List(items) => rules::Value::List(items.into_iter().map(node).collect()),
        yaml::Value::Map(entries) => rules::Value::Map(
            entries
                .into_iter()
                .map(|(k, v)| {
                    let key = rules::Node { at: at(k.at), value: rules::Value::Text(k.name) };
                    (key, node(v))
                })
                .collect(),
        ),
    };
    rules::Node { at: at(n.at), value }
}
