//! What a checkpoint is to be restored into, as far as it is known from outside.

use super::describe::{OperatorId, Saved, SavedOperator};
use crate::estate::Name;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Flink's own bounds for a maximum that the program leaves open.
const LEAST_DEFAULT: u32 = 1 << 7;
const MOST_DEFAULT: u32 = 1 << 15;

/// A job's program, or what is known of it.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub vertices: Vec<ProgramVertex>,
    /// Every operator is among them: what is missing there is not in the program.
    pub complete: bool,
    pub states: KnownStates,
}

/// Operators that run as one.
#[derive(Clone, Debug)]
pub struct ProgramVertex {
    pub name: Name,
    pub parallelism: u32,
    pub max: MaxParallelism,
    pub operators: BTreeMap<OperatorId, Option<Name>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "is")]
pub enum MaxParallelism {
    /// Whether the program sets it is not known.
    Unknown(Option<u32>),
    /// Set by the program: a checkpoint with another one is refused.
    Program(u32),
    /// Flink's default: it takes the checkpoint's instead.
    Flink(u32),
}

impl MaxParallelism {
    /// From REST: of the vertex, and of the job's configuration, where None is unset.
    pub fn of(vertex: Option<u32>, job: Option<u32>, parallelism: u32) -> MaxParallelism {
        let default = (parallelism.saturating_add(parallelism / 2))
            .clamp(LEAST_DEFAULT, MOST_DEFAULT)
            .next_power_of_two();
        match (vertex, job) {
            (Some(max), Some(_)) => MaxParallelism::Program(max),
            (Some(max), None) if max == default => MaxParallelism::Flink(max),
            (max, _) => MaxParallelism::Unknown(max),
        }
    }
}

/// What is known of the program's states and their serializers.
#[derive(Clone, Debug, Default)]
pub enum KnownStates {
    /// Only the restore will tell.
    #[default]
    Nothing,
    /// It is the program that wrote the checkpoint.
    Same,
    /// A checkpoint of this program has these.
    Saved(Vec<SavedOperator>),
}

impl Program {
    /// As a checkpoint of it shows it. Operators without state need not be in it.
    pub fn of(saved: &Saved) -> Program {
        let vertex = |operator: &SavedOperator| ProgramVertex {
            name: operator.called().as_str().into(),
            parallelism: operator.parallelism,
            max: MaxParallelism::Unknown(Some(operator.max_parallelism)),
            operators: BTreeMap::from([(operator.id, operator.name.clone())]),
        };
        Program {
            vertices: saved.operators.iter().map(vertex).collect(),
            complete: true,
            states: KnownStates::Saved(saved.operators.clone()),
        }
    }

    /// Takes over what a checkpoint of this very program shows: states, and operators that were not
    /// known before.
    pub fn learn(&mut self, saved: &Saved) {
        let Program { vertices, states, .. } = Program::of(saved);
        let known: BTreeSet<OperatorId> =
            self.vertices.iter().flat_map(|v| v.operators.keys().copied()).collect();
        let new = |vertex: &ProgramVertex| vertex.operators.keys().all(|id| !known.contains(id));
        self.vertices.extend(vertices.into_iter().filter(new));
        self.states = states;
    }
}
