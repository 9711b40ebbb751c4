//! The rows of the series table, sorted by what lineage asks for.

use crate::estate::{ClusterId, Entity, Estate, Name, Row, RunId, SeriesTable, TopicId, VertexId};
use crate::signals::resolve::same_name;
use std::collections::{BTreeMap, BTreeSet};

type RunKey = (ClusterId, RunId);

/// Rows by run, vertex and topic; borrowed from one snapshot.
#[derive(Default)]
pub struct Index<'a> {
    /// Where the sources of a run stand.
    pub positions: BTreeMap<RunKey, Vec<Position<'a>>>,
    pub subtasks: BTreeMap<RunKey, BTreeMap<VertexId, Vec<&'a Row>>>,
    /// Operators of a run, by vertex and operator name.
    pub operators: BTreeMap<RunKey, BTreeMap<(VertexId, Name), Vec<&'a Row>>>,
    pub partitions: BTreeMap<TopicId, BTreeMap<i32, &'a Row>>,
    /// Committed offsets by topic, then group and partition.
    pub committed: BTreeMap<TopicId, Vec<(Name, i32, &'a Row)>>,
}

pub struct Position<'a> {
    pub vertex: VertexId,
    pub topic: Name,
    pub partition: i32,
    pub row: &'a Row,
}

impl<'a> Index<'a> {
    pub fn of(table: &'a SeriesTable, estate: &Estate) -> Index<'a> {
        let mut index = Index::default();
        for row in table.rows() {
            index.add(row);
        }
        let mut names = BTreeMap::new();
        for p in index.positions.values_mut().flatten() {
            let real = names.entry(p.topic.clone()).or_insert_with(|| real_topic(estate, &p.topic));
            p.topic = real.clone();
        }
        index
    }

    fn add(&mut self, row: &'a Row) {
        match &*row.entity {
            Entity::Position { cluster, run, vertex, topic, partition } => {
                self.positions.entry((cluster.clone(), run.clone())).or_default().push(Position {
                    vertex: vertex.clone(),
                    topic: topic.clone(),
                    partition: *partition,
                    row,
                });
            }
            Entity::Subtask { cluster, run, vertex, .. } => {
                self.subtasks
                    .entry((cluster.clone(), run.clone()))
                    .or_default()
                    .entry(vertex.clone())
                    .or_default()
                    .push(row);
            }
            Entity::Operator { cluster, run, vertex, operator, .. } => {
                self.operators
                    .entry((cluster.clone(), run.clone()))
                    .or_default()
                    .entry((vertex.clone(), operator.clone()))
                    .or_default()
                    .push(row);
            }
            Entity::Partition { topic, partition } => {
                self.partitions.entry(topic.clone()).or_default().insert(*partition, row);
            }
            Entity::Committed { group, topic, partition } => {
                self.committed
                    .entry(TopicId { cluster: group.cluster.clone(), topic: topic.clone() })
                    .or_default()
                    .push((group.group.clone(), *partition, row));
            }
            _ => {}
        }
    }

    /// Topics that a run reads, by the vertex that reads them.
    pub fn topics_read(&self, run: &RunKey) -> BTreeSet<(Name, VertexId)> {
        self.positions
            .get(run)
            .into_iter()
            .flatten()
            .map(|p| (p.topic.clone(), p.vertex.clone()))
            .collect()
    }
}

/// Flink's reporters spell `order-stats` as `order_stats` unless told otherwise: the topic that is
/// called so, else the only one that can be meant, else as it was told.
fn real_topic(estate: &Estate, told: &Name) -> Name {
    if estate.kafka.values().any(|k| k.topics.contains_key(told)) {
        return told.clone();
    }
    let alike: BTreeSet<&Name> = estate
        .kafka
        .values()
        .flat_map(|k| k.topics.keys())
        .filter(|real| same_name(told, real))
        .collect();
    match (alike.first(), alike.len()) {
        (Some(real), 1) => (*real).clone(),
        _ => told.clone(),
    }
}
