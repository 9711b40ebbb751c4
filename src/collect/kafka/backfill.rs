//! Cold start: what the past hour was like, from offsets by timestamp.

use super::parse::{Found, since_or_end};
use super::requests::Wanted;
use super::round::{Ask, Harvest, Timebase};
use super::target::KafkaTarget;
use crate::collect::Yield;
use std::collections::BTreeMap;
use streamwarden_core::estate::{DayFlow, Fact, GapReason, Millis, Name, Span, TopicId};
use tokio::time::Instant;

/// By partition, the points oldest first.
type Points = BTreeMap<(Name, i32), Vec<(Millis, i64)>>;

/// So many days back, and so much around this time of each.
const DAYS: i64 = 7;
const DAY: Span = Span::secs(86_400);
const HALF: Span = Span::secs(300);

/// More moments are not asked for at once.
const MOST_MOMENTS: usize = 64;

impl KafkaTarget {
    /// When each offset was reached over the last `span`: at 0, `step`, twice, four times ...
    /// `step` before `at`, and `span` before it. A point (t, o) says that o is the offset of the
    /// first record with a timestamp of t or later: what was written before t lies below it.
    pub async fn backfill(&mut self, at: Millis, span: Span, step: Span) -> Yield {
        let time = Timebase { at, started: Instant::now() };
        let mut out = self.out(at);
        if self.topology.is_none() {
            self.refresh(time, &mut out).await;
        }
        let moments: Vec<Millis> = ages(span, step).into_iter().map(|age| at - age).collect();
        let asks = self.all_partitions(&moments);
        let harvests = self.rounds(&asks, self.options.backfill, time).await;
        self.tell_brokers(&harvests, &mut out);
        let whole = !asks.is_empty() && harvests.values().all(|h| problem(h).is_none());
        if let Some(reason) = harvests.values().find_map(problem) {
            out.gap(Wanted::Since(0).what(), reason);
        } else if whole {
            out.seen(Wanted::Since(0).what());
        }
        for ((topic, partition), points) in points(&harvests) {
            let topic = TopicId::new(&self.cluster, topic);
            out.it.facts.push((at, Fact::OffsetsAt { topic, partition, points }));
        }
        self.finish(out)
    }

    /// What came into each topic around this time of day on each of the last seven days, by the
    /// times of its records. A day counts where every partition still keeps records from before.
    pub async fn days(&mut self, at: Millis) -> Yield {
        let time = Timebase { at, started: Instant::now() };
        let mut out = self.out(at);
        let moments: Vec<Millis> = (1..=DAYS)
            .flat_map(|day| {
                let middle = at - Span(day * DAY.0);
                [middle - HALF, middle + HALF]
            })
            .collect();
        let mut asks = self.all_partitions(&moments);
        asks.values_mut().for_each(|ask| ask.wanted.push(Wanted::Begin));
        let harvests = self.rounds(&asks, self.options.backfill, time).await;
        // what a broker keeps back is not nothing: then this round tells of no day
        let whole = harvests.values().all(|h| problem(h).is_none());
        for (topic, flows) in flows(&harvests).into_iter().filter(|_| whole) {
            let topic = TopicId::new(&self.cluster, topic);
            out.it.facts.push((at, Fact::DayFlows { topic, flows }));
        }
        self.finish(out)
    }

    /// The offset of the first record with a timestamp of at least each moment, or the end where
    /// there is none; in the order asked, at most 64. For bisecting.
    ///
    /// Errors: the reason for a gap.
    pub async fn offsets_at(
        &mut self,
        topic: &str,
        partition: i32,
        moments: Vec<Millis>,
    ) -> Result<Vec<(Millis, i64)>, GapReason> {
        let not_led = || GapReason::NotConfigured {
            detail: format!("the leader of {topic}-{partition} is not known"),
        };
        let led = |led: &&super::requests::Partitions| {
            led.iter().any(|(t, ids)| &**t == topic && ids.contains(&partition))
        };
        let leaders = &self.topology.as_ref().ok_or_else(not_led)?.leaders;
        let (id, _) = leaders.iter().find(|(_, p)| led(p)).ok_or_else(not_led)?;
        let partitions = vec![(Name::from(topic), vec![partition])];
        let wanted = wanted(&moments);
        let asks = BTreeMap::from([(*id, Ask { partitions, wanted, ..Ask::default() })]);
        let time = Timebase { at: Millis(0), started: Instant::now() };
        let harvests = self.rounds(&asks, self.options.round, time).await;
        match harvests.values().find_map(problem) {
            Some(reason) => Err(reason),
            None => {
                let (_, since) = found(&harvests);
                let key = (Name::from(topic), partition);
                Ok(since.get(&key).cloned().unwrap_or_default())
            }
        }
    }

    fn all_partitions(&self, moments: &[Millis]) -> BTreeMap<i32, Ask> {
        let leaders = self.topology.iter().flat_map(|t| &t.leaders);
        let ask = |partitions: &super::requests::Partitions| Ask {
            partitions: partitions.clone(),
            wanted: wanted(moments),
            ..Ask::default()
        };
        leaders.map(|(id, partitions)| (*id, ask(partitions))).collect()
    }
}

/// The end first: it stands for moments that no record is as young as.
fn wanted(moments: &[Millis]) -> Vec<Wanted> {
    let since = moments.iter().take(MOST_MOMENTS).map(|m| Wanted::Since(m.0));
    std::iter::once(Wanted::End).chain(since).collect()
}

/// How long ago, newest first.
fn ages(span: Span, step: Span) -> Vec<Span> {
    let step = step.0.max(1);
    let doubling = (0..40).map(|n| step << n).take_while(|age| *age < span.0);
    doubling.chain([span.0]).map(Span).collect()
}

fn problem(harvest: &Harvest) -> Option<GapReason> {
    let faults = harvest.faults.values().find_map(|f| f.reason("DESCRIBE on topic"));
    harvest.down.clone().or_else(|| harvest.issues.values().next().cloned()).or(faults)
}

type Ends = BTreeMap<(Name, i32), (Millis, i64)>;

/// The ends, and for each partition the moments in the order asked.
fn found(harvests: &BTreeMap<i32, Harvest>) -> (Ends, Points) {
    let mut ends = Ends::new();
    let mut since = Points::new();
    let key = |f: &Found| (f.topic.clone(), f.partition);
    for (wanted, at, found) in harvests.values().flat_map(|h| &h.offsets) {
        for f in found {
            match (wanted, f.offset) {
                (Wanted::End, Some(end)) => drop(ends.insert(key(f), (*at, end))),
                (Wanted::Since(moment), _) => {
                    if let Some((_, end)) = ends.get(&key(f)) {
                        let point = (Millis(*moment), since_or_end(f, *end));
                        since.entry(key(f)).or_default().push(point);
                    }
                }
                _ => {}
            }
        }
    }
    (ends, since)
}

/// By topic, oldest first; a partition that keeps nothing of a day hides that day.
fn flows(harvests: &BTreeMap<i32, Harvest>) -> BTreeMap<Name, Vec<DayFlow>> {
    let begins: BTreeMap<(&Name, i32), i64> = harvests
        .values()
        .flat_map(|h| &h.offsets)
        .filter(|(wanted, _, _)| *wanted == Wanted::Begin)
        .flat_map(|(_, _, found)| found)
        .filter_map(|f| Some(((&f.topic, f.partition), f.offset?)))
        .collect();
    let (_, since) = found(harvests);
    let mut sums: BTreeMap<Name, BTreeMap<Millis, Option<f64>>> = BTreeMap::new();
    for ((topic, partition), points) in &since {
        let begin = begins.get(&(topic, *partition)).copied();
        let of_topic = sums.entry(topic.clone()).or_default();
        for pair in points.chunks_exact(2) {
            let [(from, first), (to, last)] = pair else { continue };
            let kept = begin.is_some_and(|b| b < *first);
            let rate = kept.then(|| (last - first).max(0) as f64 / (*to - *from).as_secs());
            let sum = of_topic.entry(*from + HALF).or_insert(Some(0.0));
            *sum = sum.zip(rate).map(|(a, b)| a + b);
        }
    }
    let known = |days: BTreeMap<Millis, Option<f64>>| -> Vec<DayFlow> {
        days.into_iter().filter_map(|(at, rate)| Some(DayFlow { at, rate: rate? })).collect()
    };
    let all = sums.into_iter().map(|(topic, days)| (topic, known(days)));
    all.filter(|(_, flows)| !flows.is_empty()).collect()
}

/// With the end as the last point.
fn points(harvests: &BTreeMap<i32, Harvest>) -> Points {
    let (ends, mut all) = found(harvests);
    for (key, end) in ends {
        let points = all.entry(key).or_default();
        points.push(end);
        points.sort();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dense_near_now_and_end_at_the_span() {
        let secs: Vec<i64> =
            ages(Span::secs(3600), Span::secs(5)).iter().map(|a| a.0 / 1000).collect();
        assert_eq!(secs, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
        assert_eq!(ages(Span::secs(5), Span(0)).last(), Some(&Span::secs(5)));
    }

    #[test]
    fn a_moment_without_a_record_is_the_end() {
        let f = |offset| Found { topic: "orders".into(), partition: 0, offset, timestamp: None };
        let offsets = vec![
            (Wanted::End, Millis(1_004), vec![f(Some(50))]),
            (Wanted::Since(900), Millis(1_005), vec![f(None)]),
            (Wanted::Since(500), Millis(1_006), vec![f(Some(20))]),
            // written since the end was asked for
            (Wanted::Since(890), Millis(1_007), vec![f(Some(51))]),
        ];
        let harvests = BTreeMap::from([(1, Harvest { offsets, ..Harvest::default() })]);
        let points = points(&harvests).remove(&("orders".into(), 0)).unwrap();
        assert_eq!(
            points,
            [(500, 20), (890, 50), (900, 50), (1_004, 50)].map(|(t, o)| (Millis(t), o))
        );
    }

    #[test]
    fn a_day_counts_where_all_of_it_is_kept() {
        let f = |partition, offset| Found {
            topic: "orders".into(),
            partition,
            offset: Some(offset),
            timestamp: None,
        };
        let of = |begin_of_second| {
            let offsets = vec![
                (Wanted::End, Millis(0), vec![f(0, 9_000), f(1, 9_000)]),
                (Wanted::Since(0), Millis(0), vec![f(0, 100), f(1, 200)]),
                (Wanted::Since(600_000), Millis(0), vec![f(0, 700), f(1, 800)]),
                (Wanted::Begin, Millis(0), vec![f(0, 0), f(1, begin_of_second)]),
            ];
            flows(&BTreeMap::from([(1, Harvest { offsets, ..Harvest::default() })]))
        };
        let orders = vec![DayFlow { at: Millis(300_000), rate: 2.0 }];
        assert_eq!(of(199), BTreeMap::from([("orders".into(), orders)]));
        assert!(of(200).is_empty(), "its first records may be gone");
    }
}
