//! `notify:` – where messages about incidents go.

use super::flink::{access_ca, secret};
use super::problem::did_you_mean;
use super::read::{Put, Reader};
use super::values;
use super::yaml::Node;
use crate::notify::{Happened, Language, Webhook};
use std::collections::BTreeSet;

pub(super) fn read(reader: &mut Reader, node: Option<&Node>) -> Option<Webhook> {
    let mut map = reader.map(node?, "`notify`")?;
    let webhook = map.need(reader, "webhook").and_then(|node| webhook(reader, node));
    map.finish(reader);
    webhook
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
    map.finish(reader);
    let language = language.unwrap_or_default();
    Some(Webhook { url: url?.into(), token, ca_file, only, language })
}

/// All of them unless some are named.
fn only(reader: &mut Reader, node: Option<&Node>) -> BTreeSet<Happened> {
    let mut named = BTreeSet::new();
    for item in reader.list(node) {
        let text = reader.text(item);
        named.extend(text.and_then(|text| word(reader, &text, &Happened::ALL)));
    }
    if named.is_empty() {
        named.extend(Happened::ALL.iter().map(|(_, h)| *h));
    }
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
        let todo = did_you_mean(&text.value, all.iter().map(|(name, _)| *name));
        reader.problem(text.at, message, todo);
    }
    found.map(|(_, value)| *value)
}
