//! The plan within `/jobs/:id`: who feeds whom, and a hash that says when it is another plan.

use super::{cut, lenient, name};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use streamwarden_core::estate::{Name, Vertex, VertexId, VertexInput};
use streamwarden_core::text::hex;

/// Longest description that is kept; those of large SQL plans run to many pages.
const DESCRIPTION: usize = 32 * 1024;

#[derive(Default, Deserialize)]
pub(super) struct Plan {
    #[serde(default)]
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    #[serde(default, deserialize_with = "lenient")]
    description: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    inputs: Option<Vec<Input>>,
}

#[derive(Deserialize)]
struct Input {
    id: String,
    #[serde(default, deserialize_with = "lenient")]
    ship_strategy: Option<String>,
}

impl Plan {
    fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.id == id)
    }

    pub(super) fn description(&self, id: &str) -> Name {
        let raw = self.node(id).and_then(|n| n.description.as_deref()).unwrap_or_default();
        cut(&readable(raw), DESCRIPTION).into()
    }

    pub(super) fn inputs(&self, id: &str) -> Vec<VertexInput> {
        let inputs = self.node(id).and_then(|n| n.inputs.as_deref()).unwrap_or_default();
        inputs
            .iter()
            .map(|i| VertexInput {
                from: VertexId(name(&i.id)),
                ship: name(i.ship_strategy.as_deref().unwrap_or_default()),
            })
            .collect()
    }

    /// Of node ids, descriptions without literals and numbers (operators are numbered anew at each
    /// submission), edges and ship strategies. Empty while there is no plan yet.
    pub(super) fn hash(&self) -> Name {
        if self.nodes.is_empty() {
            return "".into();
        }
        let mut nodes: Vec<String> = self
            .nodes
            .iter()
            .map(|n| {
                let mut inputs: Vec<_> =
                    self.inputs(&n.id).iter().map(|i| format!("{}/{}", i.from, i.ship)).collect();
                inputs.sort_unstable();
                let description = blanked(n.description.as_deref().unwrap_or_default());
                format!("{}\0{description}\0{}\0\n", n.id, inputs.join(" "))
            })
            .collect();
        nodes.sort_unstable();
        let mut hash = Sha256::new();
        nodes.iter().for_each(|n| hash.update(n));
        hex(&hash.finalize()[..16]).into()
    }
}

/// The text as the author wrote it: Flink turns line breaks into `<br/>` and escapes the rest.
fn readable(description: &str) -> String {
    let lines: Vec<_> =
        description.split("<br/>").map(|line| html_escape::decode_html_entities(line)).collect();
    lines.join("\n").trim_end().to_owned()
}

/// Quoted literals and numbers replaced, so that they do not make another plan.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                out.push('?');
                while chars.next_if(|c| *c != '\'').is_some() {}
                chars.next();
            }
            '0'..='9' => {
                out.push('#');
                while chars.next_if(char::is_ascii_digit).is_some() {}
            }
            _ => out.push(c),
        }
    }
    out
}

/// Sources first; as Flink lists them where the order is free. What hangs in a loop comes last.
pub(super) fn in_flow_order(vertices: Vec<Vertex>) -> Vec<Vertex> {
    let at: BTreeMap<VertexId, usize> =
        vertices.iter().enumerate().map(|(i, v)| (v.id.clone(), i)).collect();
    let mut waits: Vec<BTreeSet<usize>> = vertices
        .iter()
        .map(|v| v.inputs.iter().filter_map(|i| at.get(&i.from).copied()).collect())
        .collect();
    let mut feeds: Vec<Vec<usize>> = vec![Vec::new(); vertices.len()];
    for (to, from) in waits.iter().enumerate() {
        from.iter().for_each(|f| feeds[*f].push(to));
    }
    let mut free: VecDeque<usize> = (0..waits.len()).filter(|i| waits[*i].is_empty()).collect();
    let mut place = vec![usize::MAX; vertices.len()];
    let mut next = 0;
    while let Some(i) = free.pop_front() {
        place[i] = next;
        next += 1;
        for to in &feeds[i] {
            if waits[*to].remove(&i) && waits[*to].is_empty() {
                free.push_back(*to);
            }
        }
    }
    let mut ordered: Vec<_> = place.into_iter().zip(vertices).collect();
    ordered.sort_by_key(|(place, _)| *place);
    ordered.into_iter().map(|(_, v)| v).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(json: &str) -> Plan {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_plan_is_another_by_content_only() {
        let text = |order: bool, description: &str, ship: &str, parallelism: u32| {
            let mut nodes = [
                format!(
                    r#"{{"id":"b","parallelism":{parallelism},"description":"{description}",
                        "inputs":[{{"num":0,"id":"a","ship_strategy":"{ship}"}}]}}"#
                ),
                r#"{"id":"a","description":"Source: s[1]"}"#.into(),
            ];
            if order {
                nodes.reverse();
            }
            plan(&format!(r#"{{"nodes":[{}]}}"#, nodes.join(","))).hash()
        };
        let one = text(false, "[7]:Calc(where=[(a = 'x')])", "HASH", 2);
        assert_eq!(one, text(true, "[12]:Calc(where=[(a = 'yy')])", "HASH", 8));
        assert_ne!(one, text(false, "[7]:Calc(where=[(b = 'x')])", "HASH", 2));
        assert_ne!(one, text(false, "[7]:Calc(where=[(a = 'x')])", "REBALANCE", 2));
        assert_eq!(one.len(), 32);
        assert_eq!(&*plan("{}").hash(), "");
    }

    #[test]
    fn descriptions_are_read_back() {
        assert_eq!(
            readable("Calc(where=[(a &lt;&gt; &quot;&amp;lt;&quot;)])<br/>+- x: Writer<br/>"),
            "Calc(where=[(a <> \"&lt;\")])\n+- x: Writer"
        );
        assert_eq!(blanked("it's 12.5 'open 7"), "it?open #");
        assert_eq!(blanked("TUMBLE(1000) '/a b'"), "TUMBLE(#) ?");
    }
}
