//! What a checkpoint holds, in the words of whoever asks whether a job can go on from it.

use crate::estate::Name;
use serde::{Serialize, Serializer as Writer};
use std::fmt;

/// Of an operator: the hash of its uid, or of its place in the program where it has none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorId(pub [u8; 16]);

impl OperatorId {
    /// From 32 hexadecimal digits, as Flink writes it.
    pub fn parse(text: &str) -> Option<OperatorId> {
        let mut id = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        for (i, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(OperatorId(id))
    }
}

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for OperatorId {
    fn serialize<S: Writer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A completed checkpoint or savepoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Saved {
    pub id: u64,
    /// Of the metadata.
    pub format: u32,
    /// None: the metadata do not say.
    pub kind: Option<SavedKind>,
    pub operators: Vec<SavedOperator>,
    /// Bytes of all state, as Flink counts them: what is shared counts once for each who has it.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedKind {
    Checkpoint,
    Savepoint,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SavedOperator {
    pub id: OperatorId,
    /// Only from format 5 on.
    pub name: Option<Name>,
    pub uid: Option<Name>,
    pub parallelism: u32,
    pub max_parallelism: u32,
    pub finished: Finished,
    /// Of the keys.
    pub key: Option<Serializer>,
    pub states: Vec<State>,
    pub sizes: Sizes,
    /// Why `states` may lack some, or their serializers.
    pub unread: Vec<Unread>,
}

impl SavedOperator {
    /// Whether Flink refuses to leave this away without `allowNonRestoredState`.
    pub fn has_state(&self) -> bool {
        self.sizes.handles > 0 || self.sizes.coordinator > 0
    }

    /// As well as it can be called.
    pub fn called(&self) -> String {
        let name = self.uid.as_deref().or(self.name.as_deref());
        name.map_or_else(|| self.id.to_string(), |name| format!("{name} ({})", self.id))
    }
}

/// How many of an operator's subtasks had come to their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finished {
    No,
    Subtasks(u32),
    All,
}

/// Bytes, and how they lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// Pieces of state of all kinds.
    pub handles: u32,
    pub keyed: u64,
    pub operator: u64,
    /// Written by the operator itself.
    pub raw: u64,
    /// Records between subtasks, of an unaligned checkpoint.
    pub in_flight: u64,
    pub coordinator: u64,
    /// Within the metadata file.
    pub inline: u64,
    /// Of incremental RocksDB state: files that other checkpoints have too, and its own.
    pub shared_files: u32,
    pub shared: u64,
    pub private_files: u32,
    pub private: u64,
}

impl Sizes {
    pub fn bytes(&self) -> u64 {
        [self.keyed, self.operator, self.raw, self.in_flight, self.coordinator]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    pub name: Name,
    pub kind: StateKind,
    /// Its values'; of timers, the timers'.
    pub value: Option<Serializer>,
    pub namespace: Option<Serializer>,
    /// Of a broadcast state's keys.
    pub key: Option<Serializer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StateKind {
    Value,
    List,
    Map,
    Reducing,
    Aggregating,
    /// Keyed, of a kind that is not told.
    Keyed,
    Timers,
    /// Operator state that is dealt out to the subtasks.
    Split,
    /// Operator state of which every subtask gets all.
    Union,
    Broadcast,
}

impl StateKind {
    /// Names of keyed state and of an operator's own are two worlds.
    pub fn is_keyed(self) -> bool {
        self < StateKind::Split
    }
}

/// What is written of a serializer: the class of its snapshot, and a print of the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Serializer {
    pub class: Name,
    /// The class that it is for, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Name>,
    /// Of its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Name>,
    /// None: where it ends is not known.
    pub print: Option<Print>,
}

/// Two snapshots of one class with the same print are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Print {
    pub bytes: u32,
    pub crc: u32,
}

impl Serializer {
    /// `LongSerializer`, `PojoSerializer of my.Order`, `MapSerializer (StringSerializer, LongSerializer)`.
    pub fn short(&self) -> String {
        let mut text = short(&self.class);
        if let Some(of) = &self.of {
            text.push_str(&format!(" of {of}"));
        }
        if !self.parts.is_empty() {
            let parts: Vec<_> = self.parts.iter().map(|part| short(part)).collect();
            text.push_str(&format!(" ({})", parts.join(", ")));
        }
        text
    }
}

/// `…base.LongSerializer$LongSerializerSnapshot` -> `LongSerializer`.
fn short(class: &str) -> String {
    let last = class.rsplit('.').next().unwrap_or(class);
    let outer = last.split('$').next().unwrap_or(last);
    outer.strip_suffix("Snapshot").unwrap_or(outer).to_owned()
}

/// A file that holds names and serializers of states, and was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    pub path: Name,
    pub why: UnreadWhy,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why", content = "what")]
pub enum UnreadWhy {
    Missing,
    /// Not below the checkpoint's own folder.
    Outside,
    /// hdfs, s3 and others are not read.
    Scheme,
    /// More files, or more states, than are read of one checkpoint.
    TooMany,
    /// States that are named only in the log of changes.
    Changelog,
    NotReadable(Name),
    Damaged(Name),
}
