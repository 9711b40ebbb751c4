//! A description while it is made: first the metadata, then the headers of the files they name.

use super::describe::*;
use super::header;
use crate::estate::Name;
use std::collections::BTreeMap;

/// Files whose headers are read of one operator, and of one checkpoint. All subtasks of an operator
/// name the same states, unless one has not come to register its own.
const WANTED_OF_OPERATOR: usize = 16;
const WANTED: usize = 1024;
/// As many as Flink can write.
const STATES_MAX: usize = 2 * i16::MAX as usize;
/// Of a whole checkpoint: a thousand operators with two hundred states each.
const STATES_OF_ALL: usize = 200_000;
/// Files that were not read, of one operator, that are named.
const UNREAD_MAX: usize = 4;

/// A file that begins with a header.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Beside the metadata, or as it is written, with or without a scheme.
    pub path: String,
    pub beside: bool,
    /// The header begins at this byte and has at most `limit`.
    pub start: u64,
    pub limit: u64,
    /// `limit` is where it ends.
    pub whole: bool,
    pub keyed: bool,
}

/// What [`super::read`] brings: [`Draft::wanted`] may be read and handed to [`Draft::answer`].
#[derive(Debug)]
pub struct Draft {
    saved: Saved,
    /// Of each operator, by whether they are keyed and by name.
    states: Vec<BTreeMap<(bool, Name), State>>,
    /// So many more states are kept.
    room: usize,
    wanted: Vec<(usize, Wanted)>,
    of_operator: usize,
}

impl Draft {
    pub(super) fn new(id: u64, format: u32) -> Draft {
        let saved = Saved { id, format, kind: None, operators: Vec::new(), bytes: 0 };
        let room = STATES_OF_ALL;
        Draft { saved, states: Vec::new(), room, wanted: Vec::new(), of_operator: 0 }
    }

    pub(super) fn kind(&mut self, kind: Option<SavedKind>) {
        self.saved.kind = kind;
    }

    pub(super) fn begin(&mut self, operator: SavedOperator) {
        self.saved.operators.push(operator);
        self.states.push(BTreeMap::new());
        self.of_operator = 0;
    }

    pub(super) fn finished(&mut self, finished: Finished) {
        if let Some(operator) = self.saved.operators.last_mut() {
            operator.finished = finished;
        }
    }

    pub(super) fn sizes(&mut self, change: impl FnOnce(&mut Sizes)) {
        if let Some(operator) = self.saved.operators.last_mut() {
            change(&mut operator.sizes);
        }
    }

    pub(super) fn state(&mut self, state: State) {
        let (operator, states) = (self.saved.operators.last_mut(), self.states.last_mut());
        if let Some((operator, states)) = operator.zip(states)
            && !add(states, &mut self.room, state)
        {
            note(operator, "_metadata", UnreadWhy::TooMany);
        }
    }

    pub(super) fn header(&mut self, bytes: &[u8], whole: bool, keyed: bool, path: &str) {
        if let Some(last) = self.saved.operators.len().checked_sub(1) {
            self.take(last, bytes, whole, keyed, path);
        }
    }

    pub(super) fn note(&mut self, path: &str, why: UnreadWhy) {
        if let Some(operator) = self.saved.operators.last_mut() {
            note(operator, path, why);
        }
    }

    pub(super) fn want(&mut self, wanted: Wanted) {
        let Some(operator) = self.saved.operators.len().checked_sub(1) else { return };
        if self.of_operator < WANTED_OF_OPERATOR && self.wanted.len() < WANTED {
            self.of_operator += 1;
            self.wanted.push((operator, wanted));
        } else if self.of_operator == 0 {
            self.unread(operator, &wanted.path, UnreadWhy::TooMany);
        }
    }

    /// The files that would tell more, in the order in which they are to be answered.
    pub fn wanted(&self) -> Vec<Wanted> {
        self.wanted.iter().map(|(_, wanted)| wanted.clone()).collect()
    }

    /// The bytes from `start`, at most `limit`, of the `at`-th that is wanted; or why there are none.
    pub fn answer(&mut self, at: usize, bytes: Result<&[u8], UnreadWhy>) {
        let Some((operator, wanted)) = self.wanted.get(at).cloned() else { return };
        match bytes {
            Ok(bytes) => {
                // a file that is shorter than said is cut off
                let whole = wanted.whole && bytes.len() as u64 == wanted.limit;
                self.take(operator, bytes, whole, wanted.keyed, &wanted.path);
            }
            Err(why) => self.unread(operator, &wanted.path, why),
        }
    }

    fn unread(&mut self, operator: usize, path: &str, why: UnreadWhy) {
        if let Some(operator) = self.saved.operators.get_mut(operator) {
            note(operator, path, why);
        }
    }

    fn take(&mut self, at: usize, bytes: &[u8], whole: bool, keyed: bool, path: &str) {
        let (Some(operator), Some(states)) =
            (self.saved.operators.get_mut(at), self.states.get_mut(at))
        else {
            return;
        };
        let read = if keyed { header::keyed(bytes, whole) } else { header::operator(bytes, whole) };
        match read {
            Ok(header) => {
                if operator.key.as_ref().is_none_or(|key| key.print.is_none()) {
                    operator.key = header.key.or(operator.key.take());
                }
                let room = &mut self.room;
                let all = header.states.into_iter().map(|state| add(states, room, state));
                if all.filter(|kept| !kept).count() > 0 {
                    note(operator, path, UnreadWhy::TooMany);
                }
            }
            Err(e) => note(operator, path, UnreadWhy::Damaged(e.to_string().as_str().into())),
        }
    }

    pub fn finish(mut self) -> Saved {
        for (operator, states) in self.saved.operators.iter_mut().zip(self.states) {
            operator.states = states.into_values().collect();
            operator.states.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        }
        let sizes = self.saved.operators.iter().map(|operator| operator.sizes.bytes());
        self.saved.bytes = sizes.fold(0, u64::saturating_add);
        self.saved
    }
}

fn note(operator: &mut SavedOperator, path: &str, why: UnreadWhy) {
    if operator.unread.len() < UNREAD_MAX && !operator.unread.iter().any(|u| u.why == why) {
        operator.unread.push(Unread { path: path.into(), why });
    }
}

/// Of what several subtasks say, the one that says more. False: there is no room for it.
fn add(states: &mut BTreeMap<(bool, Name), State>, room: &mut usize, state: State) -> bool {
    let key = (state.kind.is_keyed(), state.name.clone());
    let full = states.len() >= STATES_MAX || *room == 0;
    match states.get_mut(&key) {
        Some(known) => {
            let says_more = known.value.as_ref().is_none_or(|v| v.print.is_none());
            if says_more && state.value.is_some() {
                *known = state;
            }
        }
        None if full => return false,
        None => {
            *room -= 1;
            states.insert(key, state);
        }
    }
    true
}
