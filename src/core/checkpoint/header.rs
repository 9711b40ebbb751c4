//! The first bytes of a piece of state: names, kinds and serializers of what follows.
//!
//! A serializer's snapshot is written without its length, in a way that only its class knows. So
//! what comes after it is found by the words that Flink writes there: the role of the next
//! serializer, and before a state's first one the state's name, kind and options.

use super::bytes::{Error, Result};
use super::describe::{Print, Serializer, State, StateKind};

/// Kryo and Avro snapshots may hold whole schemas; of a longer header the end is left out.
pub const HEADER_MAX: u64 = 4 << 20;
/// As many as Flink can write of one operator.
const STATES_MAX: usize = i16::MAX as usize;
/// Of the serializers within one.
const PARTS_MAX: usize = 16;
const KEYED_VERSIONS: [i32; 1] = [6];
const OPERATOR_VERSIONS: [i32; 2] = [5, 6];
/// From here on it says whether the state is compressed.
const SAYS_COMPRESSED: i32 = 6;
const SNAPSHOT_VERSION: i32 = 2;
/// Names of classes and states are not longer; what is looked for backwards must not cost more.
const CLASS_MAX: usize = 1000;
const NAME_MAX: usize = 4000;
/// Flink begins the snapshot of a serializer of parts with this number and a version.
const COMPOSITE: i32 = 911_108;

/// What a header says.
#[derive(Debug, Default, PartialEq)]
pub struct Header {
    /// Of the keys.
    pub key: Option<Serializer>,
    pub states: Vec<State>,
}

/// Of keyed state. `whole`: the bytes are the header and nothing else.
pub fn keyed(bytes: &[u8], whole: bool) -> Result<Header> {
    let at = version(bytes, &KEYED_VERSIONS)? + 1;
    let (class, content) = snapshot(bytes, at).ok_or(ended(bytes, at))?;
    let marks = marks(bytes, content);
    let first = marks.first().and_then(|mark| head(bytes, content + 2, mark));
    let (count, end) = match &first {
        Some(head) => (short(bytes, head.start - 2), Some(head.start - 2)),
        // no state: its count, 0, is all that follows
        None => (Some(0), whole.then(|| bytes.len().saturating_sub(2))),
    };
    let key = Some(serializer(bytes, class, content, end));
    let states = states(bytes, &marks, content, whole.then_some(bytes.len()));
    enough(bytes, states.len(), count.unwrap_or(0).into())?;
    let mut states = states;
    states.truncate(count.unwrap_or(0).into());
    Ok(Header { key, states })
}

/// Of an operator's own state: lists, then broadcasts.
pub fn operator(bytes: &[u8], whole: bool) -> Result<Header> {
    let mut at = version(bytes, &OPERATOR_VERSIONS)?;
    at += usize::from(int(bytes, 0) >= Some(SAYS_COMPRESSED));
    let lists = usize::from(short(bytes, at).ok_or(ended(bytes, at))?);
    let marks = marks(bytes, at + 2);
    let states = states(bytes, &marks, at + 2, whole.then_some(bytes.len()));
    enough(bytes, states.len(), lists)?;
    Ok(Header { key: None, states })
}

fn ended(bytes: &[u8], at: usize) -> Error {
    Error::Ended(at.min(bytes.len()) as u64)
}

fn enough(bytes: &[u8], found: usize, said: usize) -> Result<()> {
    let damaged =
        Error::Damaged { at: bytes.len() as u64, what: "fewer states are found than it says" };
    if found < said { Err(damaged) } else { Ok(()) }
}

fn int(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// Text with its length before it; also where it ends.
fn text(bytes: &[u8], at: usize) -> Option<(&str, usize)> {
    let end = at + 2 + usize::from(short(bytes, at)?);
    Some((std::str::from_utf8(bytes.get(at + 2..end)?).ok()?, end))
}

fn version(bytes: &[u8], known: &[i32]) -> Result<usize> {
    let version = int(bytes, 0).ok_or(ended(bytes, 0))?;
    let what = "a header of a version that is not known";
    known.contains(&version).then_some(4).ok_or(Error::Damaged { at: 0, what })
}

/// A class name and where the content of its snapshot begins.
fn snapshot(bytes: &[u8], at: usize) -> Option<(&str, usize)> {
    if int(bytes, at)? != SNAPSHOT_VERSION {
        return None;
    }
    let (class, end) = text(bytes, at + 4)?;
    // its own version stands there
    (is_class(class) && int(bytes, end).is_some()).then_some((class, end + 4))
}

fn is_class(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '-' | '[' | ';');
    !text.is_empty() && text.len() <= CLASS_MAX && text.chars().all(fits)
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Key,
    Namespace,
    Value,
}

const ROLES: [(&str, Role); 4] = [
    ("KEY_SERIALIZER", Role::Key),
    ("NAMESPACE_SERIALIZER", Role::Namespace),
    ("VALUE_SERIALIZER", Role::Value),
    ("USER_KEY_SERIALIZER", Role::Key),
];

/// Where a serializer of a state begins.
struct Mark<'a> {
    start: usize,
    role: Role,
    class: &'a str,
    content: usize,
}

fn marks(bytes: &[u8], from: usize) -> Vec<Mark<'_>> {
    let mut out = Vec::new();
    let mut at = from;
    while at < bytes.len() && out.len() < 3 * STATES_MAX {
        match mark(bytes, at) {
            Some(mark) => {
                at = mark.content;
                out.push(mark);
            }
            None => at += 1,
        }
    }
    out
}

fn mark(bytes: &[u8], start: usize) -> Option<Mark<'_>> {
    // of all lengths the first byte is 0: this is asked at every byte
    if *bytes.get(start)? != 0 {
        return None;
    }
    let rest = bytes.get(start + 2..)?;
    let (word, role) = ROLES.iter().find(|(word, _)| rest.starts_with(word.as_bytes()))?;
    if usize::from(short(bytes, start)?) != word.len() {
        return None;
    }
    let (class, content) = snapshot(bytes, start + 2 + word.len())?;
    Some(Mark { start, role: *role, class, content })
}

/// What stands before a state's first serializer.
struct Head<'a> {
    start: usize,
    name: &'a str,
    kind: StateKind,
    serializers: usize,
}

/// The state whose first serializer is `mark`: the nearest place before it that reads as one.
fn head<'a>(bytes: &'a [u8], from: usize, mark: &Mark<'_>) -> Option<Head<'a>> {
    // with the texts of its options
    let earliest = mark.start.saturating_sub(NAME_MAX + 300).max(from);
    (earliest..mark.start).rev().find_map(|start| {
        let (head, end) = head_at(bytes, start)?;
        (end == mark.start).then_some(head)
    })
}

fn head_at(bytes: &[u8], start: usize) -> Option<(Head<'_>, usize)> {
    if usize::from(short(bytes, start)?) > NAME_MAX {
        return None;
    }
    let (name, at) = text(bytes, start)?;
    let backend = int(bytes, at)?;
    let options = int(bytes, at + 4)?;
    let mut at = at + 8;
    if name.is_empty() || !(0..=10).contains(&backend) || !(0..=4).contains(&options) {
        return None;
    }
    let mut kind = match backend {
        0 | 4 | 10 => StateKind::Keyed,
        1 => StateKind::Split,
        2 => StateKind::Broadcast,
        3 => StateKind::Timers,
        _ => return None,
    };
    for _ in 0..options {
        let (option, end) = text(bytes, at)?;
        let (value, end) = text(bytes, end)?;
        at = end;
        if matches!(option, "KEYED_STATE_TYPE" | "OPERATOR_STATE_DISTRIBUTION_MODE") {
            kind = kind_of(value).unwrap_or(kind);
        }
    }
    let serializers = usize::try_from(int(bytes, at)?).ok().filter(|n| (1..=4).contains(n))?;
    Some((Head { start, name, kind, serializers }, at + 4))
}

fn kind_of(word: &str) -> Option<StateKind> {
    Some(match word {
        "VALUE" => StateKind::Value,
        "LIST" => StateKind::List,
        "MAP" => StateKind::Map,
        "REDUCING" => StateKind::Reducing,
        "AGGREGATING" => StateKind::Aggregating,
        "SPLIT_DISTRIBUTE" => StateKind::Split,
        "UNION" => StateKind::Union,
        "BROADCAST" => StateKind::Broadcast,
        _ => return None,
    })
}

/// All that stand between `from` and `end`; None: where they end is not known.
fn states(bytes: &[u8], marks: &[Mark<'_>], from: usize, end: Option<usize>) -> Vec<State> {
    let mut out: Vec<State> = Vec::new();
    let mut rest = marks;
    let mut from = from;
    while let Some(head) = rest.first().and_then(|mark| head(bytes, from, mark)) {
        let Some((own, later)) = rest.split_at_checked(head.serializers) else { break };
        from = own.last().map_or(from, |mark| mark.content);
        let next = later.first().and_then(|mark| self::head(bytes, from, mark));
        // between lists and broadcasts, and where no broadcast follows, stands a count
        let own_state = matches!(head.kind, StateKind::Split | StateKind::Union);
        let end = match &next {
            Some(next) => {
                Some(next.start - 2 * usize::from(own_state && next.kind == StateKind::Broadcast))
            }
            None => end.map(|end| end.saturating_sub(2 * usize::from(own_state))),
        };
        out.push(state(bytes, &head, own, end));
        if out.len() == STATES_MAX {
            break;
        }
        rest = later;
    }
    out
}

fn state(bytes: &[u8], head: &Head<'_>, own: &[Mark<'_>], end: Option<usize>) -> State {
    let of = |role: Role| {
        let at = own.iter().position(|mark| mark.role == role)?;
        let mark = own.get(at)?;
        let end = own.get(at + 1).map(|next| next.start).or(end);
        Some(serializer(bytes, mark.class, mark.content, end))
    };
    State {
        name: head.name.into(),
        kind: head.kind,
        value: of(Role::Value),
        namespace: of(Role::Namespace),
        key: of(Role::Key),
    }
}

fn serializer(bytes: &[u8], class: &str, content: usize, end: Option<usize>) -> Serializer {
    let known = end.and_then(|end| bytes.get(content..end));
    // the version of the class's own snapshot stands right before its content
    let printed = end.and_then(|end| bytes.get(content.checked_sub(4)?..end));
    let content = known.unwrap_or_default();
    let inner = if int(content, 0) == Some(COMPOSITE) { 8 } else { 0 };
    let of = text(content, inner).map(|(of, _)| of).filter(|of| is_class(of) && of.len() > 2);
    let print = printed.map(|printed| Print {
        bytes: u32::try_from(printed.len()).unwrap_or(u32::MAX),
        crc: crc32fast::hash(printed),
    });
    Serializer { class: class.into(), of: of.map(Into::into), parts: parts(content), print }
}

/// The classes of snapshots within one, in their order.
fn parts(content: &[u8]) -> Vec<crate::estate::Name> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < content.len() && out.len() < PARTS_MAX {
        match part(content, at) {
            Some((class, end)) => {
                out.push(class.into());
                at = end;
            }
            None => at += 1,
        }
    }
    out
}

fn part(content: &[u8], at: usize) -> Option<(&str, usize)> {
    let end = at + 2 + usize::from(short(content, at)?);
    // asked at every byte: the cheap question first
    let ends = content.get(at + 2..end)?.ends_with(b"Snapshot");
    let (class, end) = if ends { text(content, at)? } else { return None };
    is_class(class).then_some((class, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf(out: &mut Vec<u8>, text: &str) {
        out.extend((text.len() as u16).to_be_bytes());
        out.extend(text.as_bytes());
    }

    fn snap(out: &mut Vec<u8>, class: &str, content: &[u8]) {
        out.extend(2_i32.to_be_bytes());
        utf(out, class);
        out.extend(3_i32.to_be_bytes());
        out.extend(content);
    }

    /// A serializer that nobody knows, whose content has no length, between two states.
    fn header() -> Vec<u8> {
        let mut out = 6_i32.to_be_bytes().to_vec();
        out.push(0);
        snap(&mut out, "a.KeySerializer$S", b"");
        out.extend(2_u16.to_be_bytes());
        for (name, kind, content) in
            [("one", "VALUE", &b"\0\0\0\x07opaque"[..]), ("two", "MAP", b"")]
        {
            utf(&mut out, name);
            out.extend(0_i32.to_be_bytes());
            out.extend(1_i32.to_be_bytes());
            utf(&mut out, "KEYED_STATE_TYPE");
            utf(&mut out, kind);
            out.extend(2_i32.to_be_bytes());
            utf(&mut out, "NAMESPACE_SERIALIZER");
            snap(&mut out, "n.Void$S", b"");
            utf(&mut out, "VALUE_SERIALIZER");
            snap(&mut out, "my.UserSnapshot", content);
        }
        out
    }

    #[test]
    fn an_unknown_serializer_hides_nothing_after_it() {
        let header = keyed(&header(), true).unwrap();
        assert_eq!(&*header.key.unwrap().class, "a.KeySerializer$S");
        let named: Vec<_> = header.states.iter().map(|s| (&*s.name, s.kind)).collect();
        assert_eq!(named, [("one", StateKind::Value), ("two", StateKind::Map)]);
        let print = |i: usize| header.states[i].value.as_ref().unwrap().print.unwrap().bytes;
        assert_eq!((print(0), print(1)), (14, 4));
    }

    #[test]
    fn where_the_end_is_not_known_the_last_has_no_print() {
        let mut bytes = header();
        bytes.extend(b"data of the first key group");
        let header = keyed(&bytes, false).unwrap();
        assert!(header.states[0].value.as_ref().unwrap().print.is_some());
        assert!(header.states[1].value.as_ref().unwrap().print.is_none());
    }

    #[test]
    fn what_is_cut_off_says_so() {
        let bytes = header();
        assert!(matches!(keyed(&bytes[..3], true), Err(Error::Ended(0))));
        assert!(matches!(keyed(&bytes[..80], true), Ok(_) | Err(_)));
        let half = bytes.len() / 2;
        assert!(matches!(keyed(&bytes[..half], true), Err(Error::Damaged { .. })), "{half}");
        assert!(matches!(keyed(b"\0\0\0\x09rest", true), Err(Error::Damaged { .. })));
    }
}
