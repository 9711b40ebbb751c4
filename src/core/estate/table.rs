//! All series of the estate by entity and signal. A clone shares everything (a row is copied only
//! when it is written to while a clone is alive), so that a snapshot is cheap to take.

use super::{Entity, EntityId, Millis, Series};
use crate::signals::Signal;
use std::collections::HashMap;
use std::sync::Arc;

/// The series of one entity.
#[derive(Clone, Debug)]
pub struct Row {
    pub entity: Arc<Entity>,
    /// Sorted by signal.
    signals: Vec<(Signal, Series)>,
}

impl Row {
    pub fn get(&self, signal: Signal) -> Option<&Series> {
        self.signals.binary_search_by_key(&signal, |(s, _)| *s).ok().map(|i| &self.signals[i].1)
    }
    pub fn iter(&self) -> impl Iterator<Item = (Signal, &Series)> {
        self.signals.iter().map(|(s, v)| (*s, v))
    }
    fn series_mut(&mut self, signal: Signal) -> &mut Series {
        let i = match self.signals.binary_search_by_key(&signal, |(s, _)| *s) {
            Ok(i) => i,
            Err(i) => {
                self.signals.insert(i, (signal, Series::default()));
                i
            }
        };
        &mut self.signals[i].1
    }
}

#[derive(Clone, Debug, Default)]
pub struct SeriesTable {
    index: Arc<HashMap<Arc<Entity>, EntityId>>,
    rows: Vec<Arc<Row>>,
}

impl SeriesTable {
    pub fn intern(&mut self, entity: &Entity) -> EntityId {
        if let Some(id) = self.index.get(entity) {
            return *id;
        }
        let id = self.rows.len() as EntityId;
        let entity = Arc::new(entity.clone());
        Arc::make_mut(&mut self.index).insert(entity.clone(), id);
        self.rows.push(Arc::new(Row { entity, signals: Vec::new() }));
        id
    }

    /// Appends one value; false when it is not finite or not newer than what is there.
    pub fn push(&mut self, id: EntityId, signal: Signal, at: Millis, value: f64) -> bool {
        match self.rows.get_mut(id as usize) {
            Some(row) => Arc::make_mut(row).series_mut(signal).push(at, value),
            None => false,
        }
    }

    pub fn record(&mut self, entity: &Entity, signal: Signal, at: Millis, value: f64) -> bool {
        let id = self.intern(entity);
        self.push(id, signal, at, value)
    }

    pub fn get(&self, entity: &Entity, signal: Signal) -> Option<&Series> {
        self.row(entity)?.get(signal)
    }

    pub fn row(&self, entity: &Entity) -> Option<&Row> {
        self.index.get(entity).map(|id| &*self.rows[*id as usize])
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().map(|r| &**r)
    }

    /// The value at `at`, if one was seen within `fresh_ms` before it. Older is unknown, not the
    /// same as before.
    pub fn fresh(
        &self,
        entity: &Entity,
        signal: Signal,
        at: Millis,
        fresh: super::Span,
    ) -> Option<(Millis, f64)> {
        self.get(entity, signal)?.at_or_before(at).filter(|(t, _)| at - *t <= fresh)
    }

    pub fn series_count(&self) -> usize {
        self.rows.iter().map(|r| r.signals.len()).sum()
    }

    /// Drops what is older than `before`, and rows that have nothing left.
    pub fn trim(&mut self, before: Millis) {
        let mut dead = false;
        for row in &mut self.rows {
            if row.signals.iter().any(|(_, s)| s.first().is_some_and(|f| f < before)) {
                let row = Arc::make_mut(row);
                row.signals.retain_mut(|(_, s)| {
                    s.trim(before);
                    s.last().is_some_and(|(t, _)| t >= before)
                });
            }
            dead |= row.signals.is_empty();
        }
        if dead {
            self.rows.retain(|r| !r.signals.is_empty());
            self.index = Arc::new(
                self.rows
                    .iter()
                    .enumerate()
                    .map(|(i, r)| (r.entity.clone(), i as EntityId))
                    .collect(),
            );
        }
    }
}
