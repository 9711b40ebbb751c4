//! Base clusters of a test's world.

use crate::estate::*;
use crate::rules::testing::curve::number;
use crate::rules::text::{Mistakes, Node, did_you_mean};

const KEYS: [&str; 12] = [
    "kind",
    // how long it has been so
    "for",
    "sort",
    "members",
    "notes",
    "serves",
    "flink",
    "jobs",
    "reads",
    "upstream",
    "health",
    "applications",
];

/// `zk: { kind: zookeeper, members: { z1: { state: leader } , z2: { answers: unreachable } } }`
pub fn facts(name: &str, n: &Node, out: &mut Mistakes) -> Vec<Fact> {
    for (k, _) in n.entries() {
        let word = k.text().unwrap_or_default();
        if !KEYS.contains(&word) {
            let message = format!("unknown key `{word}` in a base cluster");
            out.add(k.at, message, did_you_mean(word, KEYS));
        }
    }
    let text = |key: &str| n.get(key).and_then(Node::text).map(Name::from);
    let Some(base) = text("kind").and_then(|k| BaseKind::parse(&k)) else {
        let todo = "kind: zookeeper, hdfs, yarn or component";
        out.add(n.at, "this is no base cluster", todo);
        return Vec::new();
    };
    let cluster = ClusterId::new(name);
    let members = n.get("members").map(Node::entries).unwrap_or_default().iter();
    let names = |key: &str| -> Vec<Name> {
        let items = n.get(key).map(Node::items).unwrap_or_default().iter();
        items.filter_map(Node::text).map(Name::from).collect()
    };
    let notes = n.get("notes").map(Node::entries).unwrap_or_default().iter();
    let fact = BaseFact {
        cluster: cluster.clone(),
        base,
        sort: text("sort").unwrap_or_else(|| base.name().into()),
        members: members.filter_map(|(k, m)| Some(member(base, k.text()?, m))).collect(),
        notes: notes.filter_map(|(k, v)| Some((k.text()?.to_owned(), v.text()?.into()))).collect(),
        serves: text("serves").map(|t| &*t == "true"),
        place: Place {
            flink: names("flink").into_iter().map(ClusterId).collect(),
            jobs: names("jobs"),
            reads: names("reads"),
            upstream: names("upstream"),
            ..Place::default()
        },
        health: names("health"),
    };
    let mut facts = vec![Fact::Base(fact)];
    if let Some(list) = n.get("applications") {
        let list = list.items().iter().map(application).collect();
        facts.push(Fact::Applications { cluster, list });
    }
    facts
}

/// A machine whose exporter answers, with its mounts.
pub fn host(name: &str, mounts: &Node) -> Fact {
    Fact::Host(HostFact {
        host: name.into(),
        mounts: mounts.items().iter().filter_map(Node::text).map(Name::from).collect(),
        answering: Answering::Answers,
        error: None,
    })
}

/// `{ role: datanode, state: dead, answers: silent }`; the role that its kind has first.
fn member(base: BaseKind, name: &str, n: &Node) -> Member {
    let text = |key: &str| n.get(key).and_then(Node::text);
    let word = |w: &str| serde_json::Value::String(w.to_owned());
    let usual = match base {
        BaseKind::Zookeeper => MemberRole::Server,
        BaseKind::Hdfs => MemberRole::Namenode,
        BaseKind::Yarn => MemberRole::Resourcemanager,
        BaseKind::Component => MemberRole::Endpoint,
    };
    let role = text("role").and_then(|r| serde_json::from_value(word(r)).ok()).unwrap_or(usual);
    let asked = role == usual;
    let answering = match text("answers") {
        Some(w) => serde_json::from_value(word(w)).ok(),
        None => asked.then_some(Answering::Answers),
    };
    Member {
        name: name.into(),
        role,
        state: text("state").filter(|s| *s != "none").map(Name::from),
        answering,
        detail: text("detail").map(Name::from),
        host: text("host").map(Name::from),
    }
}

fn application(n: &Node) -> Application {
    let text = |key: &str| n.get(key).and_then(Node::text).unwrap_or_default();
    let state = Name::from(text("state"));
    Application {
        id: text("id").into(),
        name: text("name").into(),
        sort: "Apache Flink".into(),
        queue: text("queue").into(),
        outcome: if &*state == "FAILED" { "FAILED".into() } else { "UNDEFINED".into() },
        state,
        diagnostics: text("diagnostics").into(),
        started: Millis(0),
        finished: n.get("finished").and_then(Node::text).and_then(number).map(|v| Millis(v as i64)),
        containers: None,
        pending_mb: None,
        rpc: None,
    }
}
