//! `notify:` – where messages about incidents go, and where it is heard that we are alive.

use super::flink::{access_ca, secret};
use super::problem::did_you_mean;
use super::read::{Put, Reader};
use super::values;
use super::yaml::Node;
use crate::notify::{Happened, Heartbeat, Language, Webhook};
use std::collections::BTreeSet;
use std::time::Duration;

/// A heartbeat more often is of no use to anybody; more rarely, our silence is noticed too late.
const SHORTEST_BEAT: Duration = Duration::from_secs(5);
const LONGEST_BEAT: Duration = Duration::from_secs(3600);
const BEAT: Duration = Duration::from_secs(60);

pub(super) fn read(
    reader: &mut Reader,
    node: Option<&Node>,
) -> (Option<Webhook>, Option<Heartbeat>) {
    let Some(mut map) = node.and_then(|node| reader.map(node, "`notify`")) else {
        return (None, None);
    };
    if map.present(&["webhook", "heartbeat"]).is_empty() {
        let todo = "add `webhook: { url: … }`, `heartbeat: { url: … }` or both";
        reader.problem(map.at, "`notify` names nobody", todo);
    }
    let webhook = map.get("webhook").and_then(|node| webhook(reader, node));
    let heartbeat = map.get("heartbeat").and_then(|node| heartbeat(reader, node));
    map.finish(reader);
    (webhook, heartbeat)
}

fn heartbeat(reader: &mut Reader, node: &Node) -> Option<Heartbeat> {
    let mut map = reader.map(node, "`heartbeat`")?;
    let url = map.need_text(reader, "url").and_then(|text| values::url(reader, &text));
    let every = map.get("every").and_then(|n| reader.duration(n, SHORTEST_BEAT, LONGEST_BEAT));
    let token = secret(reader, &mut map, "token", "token_file");
    let ca_file = access_ca(reader, &mut map);
    map.finish(reader);
    Some(Heartbeat { url: url?.into(), every: every.unwrap_or(BEAT), token, ca_file })
}

fn webhook(reader: &mut Reader, node: &Node) -> Option<Webhook> {
    let mut map = reader.map(node, "`webhook`")?;
    let url = map.need_text(reader, "url").and_then(|text| values::url(reader, &text));
    if map.present(&["token", "token_file"]).len() > 1 {
        reader.problem(map.at, "`token` and `token_file` are both given", "keep `token_file`");
    }
    let token = secret(reader, &mut map, "token", "token_file");
    let ca_file = access_ca(reader, &mut map);
    let only = only(reader, map.get("only"));
    let language = map.text(reader, "language");
    let language = language.and_then(|text| word(reader, &text, &Language::ALL));
    let page = map.text(reader, "page").and_then(|text| values::url(reader, &text));
    map.finish(reader);
    let language = language.unwrap_or_default();
    let page = page.map_or_else(String::new, |p| p.as_str().trim_end_matches('/').to_owned());
    Some(Webhook { url: url?.into(), token, ca_file, only, language, page })
}

/// All of them unless some are named. That somebody has to look at a repair always goes out: its job
/// may be down by us.
fn only(reader: &mut Reader, node: Option<&Node>) -> BTreeSet<Happened> {
    let mut named = BTreeSet::new();
    for item in reader.list(node) {
        let text = reader.text(item);
        named.extend(text.and_then(|text| word(reader, &text, &Happened::ALL)));
    }
    if named.is_empty() {
        named.extend(Happened::ALL.iter().map(|(_, h)| *h));
    }
    named.insert(Happened::RepairStuck);
    named
}

pub(super) fn word<T: Copy>(
    reader: &mut Reader,
    text: &Put<String>,
    all: &[(&'static str, T)],
) -> Option<T> {
    let found = all.iter().find(|(name, _)| *name == text.value);
    if found.is_none() {
        let message = format!("`{}` is none of the words for this", text.value);
        let known = || all.iter().map(|(name, _)| *name);
        // the country for the language
        let meant = if text.value.starts_with("cn") { "zh" } else { text.value.as_str() };
        let todo = match known().find(|name| *name == meant) {
            Some(name) => format!("did you mean `{name}`?"),
            None => did_you_mean(&text.value, known()),
        };
        reader.problem(text.at, message, todo);
    }
    found.map(|(_, value)| *value)
}
