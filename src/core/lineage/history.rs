//! Derived ages over time: looking back along the way of a record, quantiles, trend.

use super::Quantiles;
use crate::estate::{Entity, Millis, SeriesTable, Span};
use crate::signals::{Sample, Signal};
use std::collections::HashMap;

/// What is known of derived ages: the history, and what this assessment has found so far.
pub struct Ages<'a> {
    table: &'a SeriesTable,
    now: HashMap<(Entity, Signal), (Millis, f64)>,
    /// Hold a value for no longer than this: three ticks.
    fresh: Span,
}

impl<'a> Ages<'a> {
    pub fn new(table: &'a SeriesTable, fresh: Span) -> Ages<'a> {
        Ages { table, now: HashMap::new(), fresh }
    }

    pub fn set(&mut self, entity: &Entity, signal: Signal, at: Millis, seconds: f64) {
        self.now.insert((entity.clone(), signal), (at, seconds));
    }

    /// The value at `t`: between two known ones evenly, before the first one as the first was
    /// (nothing better is known of a time before we came), after the last one while it is fresh.
    pub fn at(&self, entity: &Entity, signal: Signal, t: Millis) -> Option<f64> {
        let now = self.now.get(&(entity.clone(), signal)).copied();
        let series = self.table.get(entity, signal);
        let before = series.and_then(|s| s.at_or_before(t));
        if let Some((tn, vn)) = now {
            if t >= tn {
                return (t - tn <= self.fresh).then_some(vn);
            }
            return match before {
                Some((tb, vb)) if tn - tb <= self.fresh + self.fresh => {
                    Some(vb + (vn - vb) * (t - tb).0 as f64 / (tn - tb).0.max(1) as f64)
                }
                Some((tb, vb)) if t - tb <= self.fresh => Some(vb),
                Some(_) => None,
                None => series.and_then(|s| s.iter().next()).map(|(_, v)| v).or(Some(vn)),
            };
        }
        match before {
            Some((tb, vb)) => (t - tb <= self.fresh).then_some(vb),
            None => None,
        }
    }

    /// What was found now, as samples for the history.
    pub fn samples(self) -> Vec<Sample> {
        let mut out: Vec<Sample> = self
            .now
            .into_iter()
            .map(|((entity, signal), (at, value))| Sample { entity, signal, at, value })
            .collect();
        out.sort_by(|a, b| (&a.entity, a.signal).cmp(&(&b.entity, b.signal)));
        out
    }

    /// Time-weighted over the `window` before `at`: each value counts for as long as it was the
    /// last one known, but not longer than three ticks.
    pub fn quantiles(
        &self,
        entity: &Entity,
        signal: Signal,
        at: Millis,
        window: Span,
    ) -> Quantiles {
        let points = self.points(entity, signal, at - window, at);
        let mut weighted: Vec<(f64, f64)> = points
            .iter()
            .enumerate()
            .map(|(i, (t, v))| {
                let until = points.get(i + 1).map_or(at, |p| p.0);
                (*v, (until - *t).min(self.fresh).as_secs().max(0.0))
            })
            .collect();
        weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = weighted.iter().map(|w| w.1).sum();
        let pick = |q: f64| {
            let mut left = q * total;
            for (v, w) in &weighted {
                left -= w;
                if left <= 0.0 {
                    return Some(*v);
                }
            }
            weighted.last().map(|w| w.0)
        };
        let enough = total >= MIN_KNOWN_S;
        Quantiles {
            window_s: window.as_secs(),
            known: (total / window.as_secs()).clamp(0.0, 1.0),
            p50: enough.then(|| pick(0.50)).flatten(),
            p95: enough.then(|| pick(0.95)).flatten(),
            p99: enough.then(|| pick(0.99)).flatten(),
        }
    }

    /// Seconds per second over the last half minute, by least squares; None under three points.
    pub fn trend(&self, entity: &Entity, signal: Signal, at: Millis) -> Option<f64> {
        let points = self.points(entity, signal, at - TREND_WINDOW, at);
        if points.len() < 3 {
            return None;
        }
        let n = points.len() as f64;
        let x = |t: Millis| (t - at).as_secs();
        let (mx, my) = (
            points.iter().map(|p| x(p.0)).sum::<f64>() / n,
            points.iter().map(|p| p.1).sum::<f64>() / n,
        );
        let over: f64 = points.iter().map(|p| (x(p.0) - mx) * (p.1 - my)).sum();
        let under: f64 = points.iter().map(|p| (x(p.0) - mx).powi(2)).sum();
        (under > 0.0).then(|| over / under)
    }

    fn points(
        &self,
        entity: &Entity,
        signal: Signal,
        from: Millis,
        to: Millis,
    ) -> Vec<(Millis, f64)> {
        let mut points: Vec<(Millis, f64)> =
            self.table.get(entity, signal).map(|s| s.range(from, to).collect()).unwrap_or_default();
        if let Some((t, v)) = self.now.get(&(entity.clone(), signal))
            && points.last().is_none_or(|(last, _)| last < t)
        {
            points.push((*t, *v));
        }
        points
    }
}

/// Under half a minute of knowledge a quantile says nothing.
const MIN_KNOWN_S: f64 = 30.0;
/// Six scrapes at 5 s: long enough to even out one checkpoint, short enough to see a fault.
const TREND_WINDOW: Span = Span::secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::{ClusterId, JobKey};

    fn entity() -> Entity {
        Entity::EdgeInside { job: JobKey::new(&ClusterId::new("c"), "j") }
    }

    #[test]
    fn quantiles_weigh_by_time_and_gaps_are_unknown() {
        let mut table = SeriesTable::default();
        // 1 s for 100 s, then a gap of 800 s, then 9 s for 100 s
        for t in 0..20 {
            table.record(&entity(), Signal::EdgeAge, Millis(t * 5000), 1.0);
            table.record(&entity(), Signal::EdgeAge, Millis(900_000 + t * 5000), 9.0);
        }
        for t in 0..20 {
            table.record(&entity(), Signal::EdgeAge, Millis(900_000 + t * 5000), 9.0);
        }
        let ages = Ages::new(&table, Span::secs(15));
        let q = ages.quantiles(&entity(), Signal::EdgeAge, Millis(1_000_000), Span::secs(1000));
        assert!(q.known < 0.25, "{q:?}");
        assert_eq!((q.p50, q.p99), (Some(9.0), Some(9.0)));
        let q = ages.quantiles(&entity(), Signal::EdgeAge, Millis(2_000_000), Span::secs(1000));
        assert_eq!((q.known, q.p50), (0.0, None));
    }

    #[test]
    fn a_growing_age_has_its_slope() {
        let mut table = SeriesTable::default();
        for t in 0..7 {
            table.record(&entity(), Signal::EdgeAge, Millis(t * 5000), t as f64 * 4.5);
        }
        let slope =
            Ages::new(&table, Span::secs(15)).trend(&entity(), Signal::EdgeAge, Millis(30_000));
        assert!((slope.unwrap() - 0.9).abs() < 1e-9);
    }
}
