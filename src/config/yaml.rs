//! YAML text into a tree that knows where every key and value stands.
//!
//! serde stops at the first mistake and has lost the place by then; the events of serde_yaml's own
//! parser have neither fault, so all mistakes of a file can be told at once.

use super::problem::{Problem, Source};
use serde_yaml::granit_parser::{Event, Options, Parser, ScalarStyle, Span};
use std::collections::HashMap;

/// Far over what a person writes; a file that is larger is not a configuration.
const MAX_NODES: usize = 100_000;
/// Deeper than any key of ours by far; keeps the recursion below small.
const MAX_DEPTH: usize = 32;

/// Where something stands: line and column from 1, length in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pub line: usize,
    pub column: usize,
    pub len: usize,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub at: At,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    /// As written: what it means is for the key that it belongs to.
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug)]
pub struct Key {
    pub at: At,
    pub name: String,
}

impl Node {
    /// For a message: what kind of thing it is.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a block of keys",
        }
    }
}

/// The first document of the file; `None` after a syntax error. A key given twice is a problem,
/// and its first value counts.
pub fn parse(source: &Source, problems: &mut Vec<Problem>) -> Option<Node> {
    let mut options = Options::default();
    options.emit_comments = false;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let parser = Parser::new_from_str_with_options(source.text(), options);
    let mut builder = Builder { parser, source, problems, anchors: HashMap::new(), nodes: 0 };
    match builder.document() {
        Ok(node) => Some(node),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

struct Builder<'a> {
    parser: Parser<'a, serde_yaml::granit_parser::StrInput<'a>>,
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

type Stop<T> = Result<T, Box<Problem>>;

impl<'a> Builder<'a> {
    fn document(&mut self) -> Stop<Node> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                _ if root.is_some() => {
                    let todo = "remove the `---` line, or keep one document per file";
                    return Err(self.problem(at(&span), "a second YAML document", todo));
                }
                event => root = Some(self.node(event, span)?),
            }
        }
        let start = At { line: 1, column: 1, len: 1 };
        Ok(root.unwrap_or(Node { at: start, value: Value::Null }))
    }

    fn next(&mut self) -> Stop<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(e)) => {
                let (line, column) = (e.marker().line().max(1), e.marker().col() + 1);
                let message = format!("this is not YAML: {}", e.info());
                let broken = self.source.text().lines().nth(line - 1).unwrap_or_default();
                let todo = if broken.contains("${") {
                    "between braces quote it: \"${NAME}\""
                } else {
                    "mend this first: nothing else can be checked before"
                };
                Err(self.problem(At { line, column, len: 1 }, message, todo))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Stop<Node> {
        self.count(1, &span)?;
        let anchor = event.anchor_id();
        let at = at(&span);
        let value = match event {
            Event::Scalar(text, style, ..) => scalar(text.into_owned(), style),
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.map()?,
            Event::Alias(id) => match self.anchors.get(&id).cloned() {
                Some(node) => {
                    self.count(size(&node), &span)?;
                    node.value
                }
                None => {
                    let todo = "write the value out";
                    return Err(self.problem(at, "an alias to a value that contains it", todo));
                }
            },
            _ => {
                let todo = "write a value, a list or a block of keys";
                return Err(self.problem(at, "no value stands here", todo));
            }
        };
        let node = Node { at, value };
        if let Some(id) = anchor {
            self.anchors.insert(id, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self) -> Stop<Value> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                return Ok(Value::List(items));
            }
            items.push(self.node(event, span)?);
        }
    }

    fn map(&mut self) -> Stop<Value> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                return Ok(Value::Map(entries));
            }
            let key = self.node(event, span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            let name = match key.value {
                Value::Text(name) => name,
                _ => {
                    let found = format!("a key is a word, not {}", key.kind());
                    self.problems.push(*self.problem(key.at, found, "write `key: value`"));
                    continue;
                }
            };
            match entries.iter().find(|(k, _)| k.name == name) {
                Some((first, _)) => {
                    let todo = format!("keep one; the first stands in line {}", first.at.line);
                    let message = format!("`{name}` is given twice");
                    self.problems.push(*self.problem(key.at, message, todo));
                }
                None => entries.push((Key { at: key.at, name }, value)),
            }
        }
    }

    /// Aliases multiply: what they stand for counts each time.
    fn count(&mut self, nodes: usize, span: &Span) -> Stop<()> {
        self.nodes += nodes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let todo = format!("a configuration has at most {MAX_NODES} keys and values");
        Err(self.problem(at(span), "too much to be a configuration", todo))
    }

    fn problem(&self, at: At, message: impl Into<String>, todo: impl Into<String>) -> Box<Problem> {
        Box::new(self.source.problem(at, message, todo))
    }
}

fn scalar(text: String, style: ScalarStyle) -> Value {
    let plain = style == ScalarStyle::Plain;
    if plain && matches!(text.as_str(), "" | "~" | "null") {
        Value::Null
    } else {
        Value::Text(text)
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Text(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, v)| size(v)).sum::<usize>(),
    }
}

/// A block of keys is pointed at by its first character, a scalar in full.
fn at(span: &Span) -> At {
    let one_line = span.start.line() == span.end.line();
    let len = if one_line { span.end.col().saturating_sub(span.start.col()) } else { 1 };
    At { line: span.start.line().max(1), column: span.start.col() + 1, len: len.max(1) }
}
