//! `heal:` – how far Streamwarden may go by itself.

use super::notify::word;
use super::read::{Map, Reader};
use super::yaml::{Node, Value};
use std::time::Duration;
use streamwarden_core::case::Mode;
use streamwarden_core::estate::Span;
use streamwarden_core::plan::Policy;

const MODES: [(&str, Mode); 4] = [
    ("observe", Mode::Observe),
    ("suggest", Mode::Suggest),
    ("approve", Mode::Approve),
    ("auto", Mode::Auto),
];
/// Evidence that held for less than this is noise on any estate but a demo's.
const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// `acts`: some cluster has `act`.
pub(super) fn read(reader: &mut Reader, node: Option<&Node>, acts: bool) -> Policy {
    let mut heal = Policy::default();
    let Some(mut map) = node.and_then(|node| reader.map(node, "`heal`")) else { return heal };
    if let Some(node) = map.get("mode") {
        modes(reader, node, &mut heal);
        if !acts && heal.a.max(heal.b).max(heal.c) >= Mode::Approve {
            let message = "nothing may be acted on: no cluster has `act`";
            let todo = "add `act: { roots: [file:///checkpoints] }` to a cluster under `flink`, or write `mode: suggest`";
            reader.problem(node.at, message, todo);
        }
    }
    let limits = &mut heal.limits;
    let span = |reader: &mut Reader, map: &mut Map, key, to: &mut Span| {
        let read = map.get(key).and_then(|n| reader.duration(n, SHORTEST, LONGEST));
        if let Some(read) = read {
            *to = Span(i64::try_from(read.as_millis()).unwrap_or(i64::MAX));
        }
    };
    span(reader, &mut map, "debounce", &mut limits.debounce);
    span(reader, &mut map, "restore_age", &mut limits.restore_age);
    span(reader, &mut map, "hands_off", &mut limits.hands_off);
    span(reader, &mut map, "verify", &mut limits.verify);
    map.finish(reader);
    heal
}

/// One word for all risks, or one for each.
fn modes(reader: &mut Reader, node: &Node, policy: &mut Policy) {
    if let Value::Text(_) = node.value {
        let Some(mode) = reader.text(node).and_then(|text| word(reader, &text, &MODES)) else {
            return;
        };
        (policy.a, policy.b, policy.c) = (mode.min(Mode::Approve), mode, mode);
        return;
    }
    let Some(mut map) = reader.map(node, "`mode`") else { return };
    for (risk, to) in [("a", &mut policy.a), ("b", &mut policy.b), ("c", &mut policy.c)] {
        let Some(text) = map.text(reader, risk) else { continue };
        let Some(mode) = word(reader, &text, &MODES) else { continue };
        if risk == "a" && mode == Mode::Auto {
            let message = "what may lose or double data is never done without a person";
            reader.problem(text.at, message, "write `a: approve`");
            continue;
        }
        *to = mode;
    }
    map.finish(reader);
}
