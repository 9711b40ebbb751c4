//! All series of the estate by entity and signal. A clone shares everything (a row is copied only
//! when it is written to while a clone is alive), so that a snapshot is cheap to take.

use super::chunk::TimesPool;
use super::slots::Slots;
use super::{Entity, EntityId, Millis, Series};
use crate::signals::Signal;
use std::collections::HashMap;
use std::sync::Arc;

/// About 500 MB at two hours of 5 s scrapes; a label explosion ends here.
pub const MAX_SERIES: usize = 500_000;

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

    /// The row's share of [`SeriesTable::bytes`].
    fn heap(&self) -> f64 {
        // the entity's names are shared with the collector's or not: counted as its own
        let fixed = 2 * size_of::<Entity>() + size_of::<Row>() + 64;
        let slots = self.signals.capacity() * size_of::<(Signal, Series)>();
        (fixed + slots) as f64 + self.signals.iter().map(|(_, s)| s.heap()).sum::<f64>()
    }
}

#[derive(Clone, Debug)]
pub struct SeriesTable {
    index: Arc<HashMap<Arc<Entity>, EntityId>>,
    rows: Slots<Arc<Row>>,
    /// Times of the chunks sealed last, shared by the series of one scrape.
    times: TimesPool,
    series: usize,
    max_series: usize,
    refused: u64,
}

impl Default for SeriesTable {
    fn default() -> SeriesTable {
        SeriesTable::with_max(MAX_SERIES)
    }
}

impl SeriesTable {
    /// A table that holds at most so many series; values of others are refused and counted.
    pub fn with_max(max_series: usize) -> SeriesTable {
        SeriesTable {
            index: Arc::default(),
            rows: Slots::default(),
            times: TimesPool::default(),
            series: 0,
            max_series,
            refused: 0,
        }
    }

    /// The entity's id; a new entity gets one as long as the table is not full. In a full table it
    /// gets [`super::NOBODY`], for which every push is refused and counted.
    pub fn intern(&mut self, entity: &Entity) -> EntityId {
        if let Some(id) = self.index.get(entity) {
            return *id;
        }
        if self.series >= self.max_series || self.rows.len() >= self.max_series {
            return super::NOBODY;
        }
        let entity = Arc::new(entity.clone());
        let row = Arc::new(Row { entity: entity.clone(), signals: Vec::new() });
        let Some(id) = self.rows.add(row) else { return super::NOBODY };
        Arc::make_mut(&mut self.index).insert(entity, id);
        id
    }

    /// Whether the id still stands for its entity. [`SeriesTable::trim`] drops entities of which
    /// nothing is left; who caches ids interns anew when this says false. An id never comes to
    /// stand for another entity: a push with a dead id is refused.
    pub fn contains(&self, id: EntityId) -> bool {
        self.rows.get(id).is_some()
    }

    /// Appends one value; false when it is not finite or not newer than what is there, when the
    /// id is dead, or when it would be one series too many (see [`SeriesTable::refused`]).
    pub fn push(&mut self, id: EntityId, signal: Signal, at: Millis, value: f64) -> bool {
        let Some(row) = self.rows.get_mut(id) else {
            self.refused += u64::from(id == super::NOBODY);
            return false;
        };
        let known = row.signals.binary_search_by_key(&signal, |(s, _)| *s);
        let row = match known {
            Ok(_) => Arc::make_mut(row),
            Err(_) if !value.is_finite() => return false,
            Err(_) if self.series >= self.max_series => {
                self.refused += 1;
                return false;
            }
            Err(i) => {
                let row = Arc::make_mut(row);
                row.signals.reserve_exact(1);
                row.signals.insert(i, (signal, Series::default()));
                self.series += 1;
                row
            }
        };
        let (Ok(i) | Err(i)) = known;
        row.signals.get_mut(i).is_some_and(|(_, s)| s.push_sharing(at, value, &mut self.times))
    }

    pub fn record(&mut self, entity: &Entity, signal: Signal, at: Millis, value: f64) -> bool {
        let id = self.intern(entity);
        self.push(id, signal, at, value)
    }

    /// As [`SeriesTable::record`], for a series that is there already; a new one is refused and
    /// counted.
    pub fn record_known(
        &mut self,
        entity: &Entity,
        signal: Signal,
        at: Millis,
        value: f64,
    ) -> bool {
        let id = self.index.get(entity).copied();
        let known = id.filter(|id| self.rows.get(*id).is_some_and(|r| r.get(signal).is_some()));
        match known {
            Some(id) => self.push(id, signal, at, value),
            None => self.push(super::NOBODY, signal, at, value),
        }
    }

    pub fn get(&self, entity: &Entity, signal: Signal) -> Option<&Series> {
        self.row(entity)?.get(signal)
    }

    pub fn row(&self, entity: &Entity) -> Option<&Row> {
        self.rows.get(*self.index.get(entity)?).map(|row| &**row)
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().map(|(_, row)| &**row)
    }

    /// As [`SeriesTable::rows`], with the ids.
    pub fn rows_by_id(&self) -> impl Iterator<Item = (EntityId, &Row)> {
        self.rows.iter().map(|(id, row)| (id, &**row))
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

    /// The most series that it will hold.
    pub fn max_series(&self) -> usize {
        self.max_series
    }

    pub fn series_count(&self) -> usize {
        self.series
    }

    /// Values that were not kept because the table was full.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// About how much memory it all takes. Walks every series.
    pub fn bytes(&self) -> u64 {
        self.rows().map(Row::heap).sum::<f64>() as u64
    }

    /// Drops what is older than `before`, and rows that have nothing left.
    pub fn trim(&mut self, before: Millis) {
        let mut dead = Vec::new();
        for (id, row) in self.rows.iter_mut() {
            if row.signals.iter().any(|(_, s)| s.first().is_some_and(|f| f < before)) {
                let row = Arc::make_mut(row);
                let had = row.signals.len();
                row.signals.retain_mut(|(_, s)| {
                    s.trim(before);
                    s.last().is_some_and(|(t, _)| t >= before)
                });
                self.series -= had - row.signals.len();
            }
            if row.signals.is_empty() {
                dead.push(id);
            }
        }
        if !dead.is_empty() {
            let index = Arc::make_mut(&mut self.index);
            for row in dead.into_iter().filter_map(|id| self.rows.remove(id)) {
                index.remove(&row.entity);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::ClusterId;

    fn cluster(name: &str) -> Entity {
        Entity::FlinkCluster { cluster: ClusterId::new(name) }
    }

    #[test]
    fn a_dead_id_never_stands_for_another() {
        let mut t = SeriesTable::default();
        let (a, b) = (t.intern(&cluster("a")), t.intern(&cluster("b")));
        t.push(a, Signal::Uptime, Millis(1), 1.0);
        t.push(b, Signal::Uptime, Millis(100), 1.0);
        t.trim(Millis(50));
        assert!(!t.contains(a) && t.contains(b));
        let c = t.intern(&cluster("c"));
        assert!(!t.push(a, Signal::Uptime, Millis(200), 7.0));
        assert!(t.push(c, Signal::Uptime, Millis(200), 1.0));
        assert_eq!((t.series_count(), t.rows().count(), t.refused()), (2, 2, 0));
        assert!(t.row(&cluster("a")).is_none());
        assert_ne!(t.intern(&cluster("a")), a);
    }

    #[test]
    fn a_full_table_refuses_new_series_and_counts() {
        let mut t = SeriesTable::with_max(2);
        assert!(t.record(&cluster("a"), Signal::Uptime, Millis(1), 1.0));
        assert!(t.record(&cluster("a"), Signal::Restarts, Millis(1), 1.0));
        assert!(!t.record(&cluster("a"), Signal::TargetUp, Millis(1), 1.0));
        assert!(!t.record(&cluster("b"), Signal::Uptime, Millis(1), 1.0));
        assert!(t.record(&cluster("a"), Signal::Uptime, Millis(2), 1.0));
        assert_eq!((t.series_count(), t.rows().count(), t.refused()), (2, 1, 2));
        t.trim(Millis(9));
        assert_eq!((t.series_count(), t.bytes()), (0, 0));
        assert!(t.record(&cluster("b"), Signal::Uptime, Millis(10), 1.0));
    }

    #[test]
    fn a_clone_does_not_move() {
        let mut t = SeriesTable::default();
        t.record(&cluster("a"), Signal::Uptime, Millis(1), 1.0);
        let then = t.clone();
        t.record(&cluster("a"), Signal::Uptime, Millis(2), 2.0);
        let last = |t: &SeriesTable| t.get(&cluster("a"), Signal::Uptime).unwrap().last();
        assert_eq!(last(&then), Some((Millis(1), 1.0)));
        assert_eq!(last(&t), Some((Millis(2), 2.0)));
    }
}
