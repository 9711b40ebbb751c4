//! Whether a job can go on from a checkpoint: the checks that Flink makes at a restore, made before.

use super::compare::{Fit, compare};
use super::describe::*;
use super::program::{KnownStates, MaxParallelism, Program, ProgramVertex};
use crate::estate::Name;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub answer: Answer,
    /// Operators with state that find their place, and its bytes.
    pub fits: u32,
    pub bytes: u64,
    /// Why Flink would refuse it, or fail at the restore.
    pub blocks: Vec<Block>,
    /// What would be gone, or lie unread.
    pub losses: Vec<Loss>,
    /// What cannot be told from outside.
    pub open: Vec<Open>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Maps,
    MapsWithLoss,
    DoesNotMap,
    CannotTell,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Block {
    /// More subtasks than the state has key groups.
    Parallelism {
        operator: Name,
        parallelism: u32,
        max: u32,
    },
    /// The program sets another maximum than the one the state was cut by.
    MaxParallelism {
        operator: Name,
        program: u32,
        state: u32,
    },
    /// No operator with state is in the program.
    NothingFits,
    Kind {
        operator: Name,
        state: Name,
        from: StateKind,
        to: StateKind,
    },
    Serializer {
        operator: Name,
        state: Name,
        from: Name,
        to: Name,
    },
    Key {
        operator: Name,
        from: Name,
        to: Name,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Loss {
    /// Not in the program: Flink refuses unless it is told `allowNonRestoredState`, and then drops it.
    Operator { operator: Name, bytes: u64, states: Vec<Name> },
    /// The operator is there and does not ask for this state: Flink says nothing.
    State { operator: Name, state: Name },
    /// The program keeps state there, and the checkpoint has none of it: it begins empty, and Flink
    /// says nothing.
    Empty { operator: Name },
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Open {
    /// Not all operators of the program are known; these may be in it.
    Operators { missing: Vec<Name> },
    /// Whether the program sets its maximum, which is another than the state's.
    MaxParallelism { operator: Name, program: Option<u32>, state: u32 },
    /// Only the restore shows whether serializers read what is there.
    Serializers { operators: Vec<Name> },
    /// The serializer may or may not read what another version of it wrote.
    Serializer { operator: Name, state: Name, from: Name, to: Name },
    /// Records in flight fit only the same graph.
    InFlight,
    /// Operators that had ended fit only where all of their vertex had.
    Finished,
}

/// Pure, and the same for a checkpoint, a savepoint and a description of a running job.
pub fn verdict(from: &Saved, to: &Program) -> Verdict {
    let mut found = Found::new(to);
    for operator in &from.operators {
        found.operator(operator);
    }
    found.whole(from);
    found.answer()
}

struct Found<'a> {
    to: &'a Program,
    places: BTreeMap<OperatorId, &'a ProgramVertex>,
    /// What a checkpoint of the program has.
    theirs: BTreeMap<OperatorId, &'a SavedOperator>,
    fits: u32,
    bytes: u64,
    blocks: Vec<Block>,
    losses: Vec<Loss>,
    open: Vec<Open>,
    /// Not found among the operators that are known.
    missing: Vec<Name>,
    /// Whose serializers nobody knows.
    unknown: Vec<Name>,
}

impl<'a> Found<'a> {
    fn new(to: &'a Program) -> Found<'a> {
        let places = to.vertices.iter().flat_map(|v| v.operators.keys().map(move |id| (*id, v)));
        let theirs = match &to.states {
            KnownStates::Saved(all) => all.iter().map(|o| (o.id, o)).collect(),
            KnownStates::Nothing | KnownStates::Same => BTreeMap::new(),
        };
        Found {
            to,
            places: places.collect(),
            theirs,
            fits: 0,
            bytes: 0,
            blocks: Vec::new(),
            losses: Vec::new(),
            open: Vec::new(),
            missing: Vec::new(),
            unknown: Vec::new(),
        }
    }

    fn operator(&mut self, operator: &SavedOperator) {
        match self.places.get(&operator.id).copied() {
            Some(vertex) => {
                self.bounds(operator, vertex);
                if operator.has_state() {
                    self.fits += 1;
                    self.bytes = self.bytes.saturating_add(operator.sizes.bytes());
                    self.states(operator);
                }
            }
            None if !operator.has_state() => {}
            None if self.to.complete => self.losses.push(Loss::Operator {
                operator: operator.called().as_str().into(),
                bytes: operator.sizes.bytes(),
                states: operator.states.iter().map(|state| state.name.clone()).collect(),
            }),
            None => self.missing.push(operator.called().as_str().into()),
        }
    }

    /// Flink holds also operators without state to them.
    fn bounds(&mut self, operator: &SavedOperator, vertex: &ProgramVertex) {
        let name: Name = operator.called().as_str().into();
        let state = operator.max_parallelism;
        if vertex.parallelism > state {
            let parallelism = vertex.parallelism;
            self.blocks.push(Block::Parallelism { operator: name, parallelism, max: state });
            return;
        }
        match vertex.max {
            MaxParallelism::Program(program) if program != state => {
                self.blocks.push(Block::MaxParallelism { operator: name, program, state });
            }
            MaxParallelism::Unknown(program) if program != Some(state) => {
                self.open.push(Open::MaxParallelism { operator: name, program, state });
            }
            _ => {}
        }
    }

    fn states(&mut self, from: &SavedOperator) {
        let name: Name = from.called().as_str().into();
        let nothing_written = from.states.is_empty() && from.unread.is_empty();
        if matches!(self.to.states, KnownStates::Same) || nothing_written {
            return;
        }
        // one that has no state yet tells nothing of what it asks for
        let known = self.theirs.get(&from.id).copied().filter(|o| o.has_state());
        let Some(to) = known else {
            self.unknown.push(name);
            return;
        };
        if !from.unread.is_empty() || !to.unread.is_empty() {
            self.unknown.push(name.clone());
        }
        if let (Some(a), Some(b)) = (&from.key, &to.key) {
            self.serializer(&name, None, a, b);
        }
        let key = |state: &State| (state.kind.is_keyed(), state.name.clone());
        let asked: BTreeMap<_, _> = to.states.iter().map(|s| (key(s), s)).collect();
        for state in &from.states {
            match asked.get(&key(state)) {
                Some(asked) => self.state(&name, state, asked),
                // what was not read may have it
                None if !to.unread.is_empty() => {}
                None => {
                    let (operator, state) = (name.clone(), state.name.clone());
                    self.losses.push(Loss::State { operator, state });
                }
            }
        }
    }

    fn state(&mut self, operator: &Name, from: &State, to: &State) {
        let told = |kind| kind != StateKind::Keyed;
        if from.kind != to.kind && told(from.kind) && told(to.kind) {
            let (operator, state) = (operator.clone(), from.name.clone());
            let (from, to) = (from.kind, to.kind);
            self.blocks.push(Block::Kind { operator, state, from, to });
            return;
        }
        let pairs =
            [(&from.key, &to.key), (&from.namespace, &to.namespace), (&from.value, &to.value)];
        for pair in pairs {
            if let (Some(a), Some(b)) = pair {
                self.serializer(operator, Some(&from.name), a, b);
            }
        }
    }

    /// `state` is None for the keys.
    fn serializer(
        &mut self,
        operator: &Name,
        state: Option<&Name>,
        a: &Serializer,
        b: &Serializer,
    ) {
        let (from, to): (Name, Name) = (a.short().as_str().into(), b.short().as_str().into());
        let operator = operator.clone();
        match (compare(a, b), state) {
            (Fit::Same, _) => {}
            (Fit::Refused, Some(state)) => {
                let state = state.clone();
                self.blocks.push(Block::Serializer { operator, state, from, to });
            }
            (Fit::Refused, None) => self.blocks.push(Block::Key { operator, from, to }),
            (Fit::Maybe, state) => {
                let state = state.cloned().unwrap_or_else(|| "".into());
                self.open.push(Open::Serializer { operator, state, from, to });
            }
        }
    }

    /// What the program keeps and would not find.
    fn empty(&mut self, from: &Saved) {
        // one that had ended has written its state away
        let brings = |o: &&SavedOperator| o.has_state() || o.finished == Finished::All;
        let there: BTreeSet<OperatorId> =
            from.operators.iter().filter(brings).map(|o| o.id).collect();
        let theirs = self.theirs.values().filter(|o| o.has_state() && !there.contains(&o.id));
        let empty = theirs.map(|o| Loss::Empty { operator: o.called().as_str().into() });
        self.losses.extend(empty);
    }

    fn whole(&mut self, from: &Saved) {
        self.empty(from);
        let same = matches!(self.to.states, KnownStates::Same);
        if !same && from.operators.iter().any(|o| o.sizes.in_flight > 0) {
            self.open.push(Open::InFlight);
        }
        if !same && from.operators.iter().any(|o| o.finished == Finished::All) {
            self.open.push(Open::Finished);
        }
        if !self.missing.is_empty() {
            let missing = std::mem::take(&mut self.missing);
            self.open.push(Open::Operators { missing });
        }
        if !self.unknown.is_empty() {
            let operators = std::mem::take(&mut self.unknown);
            self.open.push(Open::Serializers { operators });
        }
        let lost = self.losses.iter().any(|loss| matches!(loss, Loss::Operator { .. }));
        if lost && self.fits == 0 {
            self.blocks.push(Block::NothingFits);
        }
    }

    fn answer(self) -> Verdict {
        let may_be_there = self.open.iter().any(|open| matches!(open, Open::Operators { .. }));
        let answer = if !self.blocks.is_empty() {
            Answer::DoesNotMap
        } else if !self.losses.is_empty() && !may_be_there {
            Answer::MapsWithLoss
        } else if !self.open.is_empty() {
            Answer::CannotTell
        } else {
            Answer::Maps
        };
        let Found { fits, bytes, blocks, losses, open, .. } = self;
        Verdict { answer, fits, bytes, blocks, losses, open }
    }
}
