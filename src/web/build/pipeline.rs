//! Collection, queue, processing, warehouse: the whole way of the data in one line.

use super::bases::there;
use super::{convert, joined, overview};
use crate::web::view::{ClusterRow, Delay, GroupRow, Status};
use crate::web::view_pipeline::*;
use std::collections::BTreeMap;
use streamwarden_core::availability::{Share, planned as planned_minutes, shares, without};
use streamwarden_core::estate::{ClusterId, JobState, Millis, Stage, Subject};
use streamwarden_core::lineage::{self, EdgeKind, Node, NodeRef};
use streamwarden_core::past::Hour;
use streamwarden_core::rules::{Ctx, Figure, ask};
use streamwarden_core::snapshot::Snapshot;

/// Shown of a stage: who has more finds them in the lists.
const PARTS: usize = 50;

/// What was within its target today and this month, by what it is of.
#[derive(Clone, Debug)]
pub struct Months {
    pub today: Millis,
    pub month: Millis,
    of: BTreeMap<String, [Share; 2]>,
}

impl Months {
    /// `hours` since the month began; `planned`: of minutes that do not count; `looked`: since
    /// when this process looks.
    pub fn of(
        hours: &BTreeMap<String, Vec<Hour>>,
        planned: &BTreeMap<String, Vec<Hour>>,
        today: Millis,
        month: Millis,
        (looked, now): (Millis, Millis),
    ) -> Months {
        let one = |of: &String, hours: &Vec<Hour>| {
            let works = planned.get(of).map_or(&[][..], Vec::as_slice);
            let since = |from| {
                let edges = [from, now];
                let counted =
                    without(&shares(hours, &edges, looked), &planned_minutes(works, &edges));
                counted.into_iter().next()
            };
            Some([since(today)?, since(month)?])
        };
        let of = hours.iter().filter_map(|(of, h)| Some((of.clone(), one(of, h)?))).collect();
        Months { today, month, of }
    }

    /// Nothing could be read.
    pub fn unknown(today: Millis, month: Millis) -> Months {
        Months { today, month, of: BTreeMap::new() }
    }

    /// All that a stage consists of, each minute of each.
    fn sum(&self, which: usize, from: Millis, of: impl Fn(&str) -> bool) -> StageShare {
        let mut out = StageShare { from: from.0, share: None, known: 0, within: 0, unknown: 0 };
        for (_, both) in self.of.iter().filter(|(subject, _)| of(subject)) {
            out.known = out.known.saturating_add(both[which].known);
            out.within = out.within.saturating_add(both[which].within);
            out.unknown = out.unknown.saturating_add(both[which].unknown);
        }
        out.share = (out.known > 0).then(|| f64::from(out.within) / f64::from(out.known));
        out
    }

    fn share(&self, of: &str) -> Option<f64> {
        self.of.get(of)?[1].share()
    }
}

pub fn pipeline(s: &Snapshot, months: &Months, zone: &str) -> PipelineView {
    let with = joined::with_components(s, false);
    let look = Look { s: &with, ctx: Ctx::new(&with), months };
    PipelineView {
        at: s.at.0,
        zone: zone.to_owned(),
        stages: Stage::ALL.iter().map(|(_, stage)| look.stage(*stage)).collect(),
        not_kept: None,
    }
}

struct Look<'a> {
    s: &'a Snapshot,
    ctx: Ctx<'a>,
    months: &'a Months,
}

impl Look<'_> {
    fn stage(&self, stage: Stage) -> StageView {
        let mut parts = self.parts(stage);
        let delays = self.delays(stage);
        // what nobody has named is not known, and never well
        let of = parts.iter().map(|p| p.status).chain(delays.iter().map(|d| d.delay.status));
        let status = of.min_by_key(|s| gravity(*s)).unwrap_or(Status::Unknown);
        parts.sort_by_key(|p| convert::rank(p.status));
        let bases: Vec<String> = parts.iter().map(|p| p.id.clone()).collect();
        let counts = |subject: &str| match stage {
            Stage::Queue if subject.starts_with("topic:") => true,
            Stage::Processing if subject.starts_with("job:") => true,
            _ => bases.iter().any(|b| b == subject),
        };
        let parts_total = parts.len() as u32;
        parts.truncate(PARTS);
        let known = || delays.iter().filter(|d| d.delay.seconds.is_some());
        StageView {
            name: stage.name().into(),
            status,
            today: self.months.sum(0, self.months.today, counts),
            month: self.months.sum(1, self.months.month, counts),
            worst: known().min_by(|a, b| convert::worst_first(&a.delay, &b.delay)).cloned(),
            delays_known: known().count() as u32,
            delays: delays.len() as u32,
            parts,
            parts_total,
        }
    }

    fn parts(&self, stage: Stage) -> Vec<StagePart> {
        let mut parts = self.bases(stage);
        match stage {
            Stage::Queue => parts.extend(overview::kafka(self.s).map(|row| self.kafka(row))),
            Stage::Processing => {
                parts.extend(overview::flink(self.s).map(|row| self.flink(row)));
                let layers = overview::groups(self.s).into_iter().filter(|g| g.kind == "layer");
                parts.extend(layers.map(|row| self.layer(row)));
            }
            Stage::Collection | Stage::Warehouse => {}
        }
        parts
    }

    fn bases(&self, stage: Stage) -> Vec<StagePart> {
        let of = there(self.s).filter(|(_, b)| b.place.stage() == stage);
        of.map(|(id, base)| {
            let subject = base.subject(id).to_string();
            StagePart {
                kind: base.base.name().into(),
                sort: base.sort.to_string(),
                name: id.to_string(),
                status: convert::status(joined::status(&self.ctx, id, base)),
                up: None,
                of: None,
                share: self.months.share(&subject),
                id: subject,
            }
        })
        .collect()
    }

    fn kafka(&self, row: ClusterRow) -> StagePart {
        let subject = Subject::KafkaCluster { cluster: ClusterId::new(row.name.clone()) };
        let asked = ask("brokers_missing", &subject, &self.ctx).ok().and_then(|a| a.value);
        let missing = match asked {
            Some(Figure::Number { value, .. }) => Some(value as u32),
            _ => None,
        };
        // of those that are listed: who was asked, and nobody answered
        let down = self.s.estate.kafka.get(&ClusterId::new(row.name.clone())).map_or(0, |k| {
            let listed = k.overview.iter().flat_map(|(_, o)| &o.brokers);
            let met = listed.filter_map(|b| k.answers.get(&b.id));
            met.filter(|a| overview::silent(a.answering)).count() as u32
        });
        let status = match missing {
            _ if down > 0 => Status::Over,
            _ if !row.reachable => Status::Unknown,
            None => Status::Unknown,
            Some(0) => Status::Normal,
            Some(_) => Status::Over,
        };
        let of = row.brokers.map(|listed| listed.saturating_add(missing.unwrap_or(0)));
        let up = row.brokers.map(|listed| listed.saturating_sub(down));
        part("kafka", "Kafka", row.name, status, up, of)
    }

    fn flink(&self, row: ClusterRow) -> StagePart {
        let of = ClusterId::new(row.name.clone());
        let here = self.s.estate.jobs.values().filter(|j| j.gone.is_none() && j.key.cluster == of);
        let (mut up, mut failed, mut moving) = (0u32, 0u32, 0u32);
        for job in here {
            match job.run.state {
                JobState::Running => up += 1,
                JobState::Failed => failed += 1,
                JobState::Canceled | JobState::Finished | JobState::Suspended => {}
                _ => moving += 1,
            }
        }
        let status = match (failed, moving) {
            _ if !row.reachable || row.jobs.is_none() => Status::Unknown,
            (1.., _) => Status::Over,
            (0, 1..) => Status::Near,
            (0, 0) => Status::Normal,
        };
        let of = row.jobs.map(|_| up + failed + moving);
        part("flink", "Flink", row.name, status, row.jobs.map(|_| up), of)
    }

    fn layer(&self, row: GroupRow) -> StagePart {
        let share = self.months.share(&format!("layer:{}", row.name));
        StagePart { share, ..part("layer", "", row.name, row.status, None, None) }
    }

    fn delays(&self, stage: Stage) -> Vec<StageDelay> {
        let lineage = &self.s.lineage;
        let mut all: Vec<StageDelay> = there(self.s)
            .filter(|(_, b)| b.place.stage() == stage && b.place.delay.is_some())
            .map(|(id, base)| StageDelay {
                id: base.subject(id).to_string(),
                label: id.to_string(),
                delay: convert::delay(&joined::delay(&self.ctx, id, base)),
            })
            .collect();
        let nodes = || lineage.nodes.iter();
        match stage {
            Stage::Collection => {}
            Stage::Queue => {
                let topic = |n: &NodeRef| matches!(n, NodeRef::Topic { .. });
                let read = |e: &&lineage::Edge| {
                    e.kind == EdgeKind::Reads
                        && topic(&e.from)
                        && matches!(e.to, NodeRef::Job { .. })
                };
                all.extend(lineage.edges.iter().filter(read).map(|e| StageDelay {
                    id: e.to.id(),
                    label: format!("{} → {}", e.from.name(), e.to.name()),
                    delay: convert::delay(&e.delay),
                }));
            }
            Stage::Processing => {
                all.extend(nodes().filter_map(|n| Some((n, total(n)?))).map(|(n, delay)| {
                    StageDelay { id: n.node.id(), label: n.node.name().to_owned(), delay }
                }))
            }
            Stage::Warehouse => {
                let into = lineage.edges.iter().filter(|e| self.is_in(&e.to, stage));
                all.extend(into.filter_map(|e| {
                    let node = nodes().find(|n| n.node == e.from)?;
                    let label = format!("{} → {}", e.from.name(), e.to.name());
                    Some(StageDelay { id: e.from.id(), label, delay: total(node)? })
                }));
            }
        }
        all
    }

    fn is_in(&self, node: &NodeRef, stage: Stage) -> bool {
        let NodeRef::Base { cluster, .. } = node else { return false };
        self.s.estate.bases.get(cluster).is_some_and(|b| b.place.stage() == stage)
    }
}

/// How old data is when it leaves a job.
fn total(node: &Node) -> Option<Delay> {
    node.total.as_ref().map(convert::delay)
}

fn part(
    kind: &str,
    sort: &str,
    name: String,
    status: Status,
    up: Option<u32>,
    of: Option<u32>,
) -> StagePart {
    StagePart {
        id: name.clone(),
        kind: kind.into(),
        sort: sort.into(),
        name,
        status,
        up,
        of,
        share: None,
    }
}

/// As for a group: what has no target says nothing where something else is judged.
fn gravity(s: Status) -> u8 {
    match s {
        Status::Over => 0,
        Status::Near => 1,
        Status::Unknown => 2,
        Status::Normal => 3,
        Status::NoTarget => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::{self, NOW};
    use streamwarden_core::estate::{Answered, Answering, Span};

    fn view(s: &Snapshot) -> PipelineView {
        let months = Months::of(
            &testdata::within(),
            &BTreeMap::new(),
            NOW - Span::secs(10_800),
            NOW - Span::secs(86_400 * 14),
            (NOW - Span::secs(86_400 * 20), NOW),
        );
        pipeline(s, &months, "UTC")
    }

    #[test]
    fn four_stages_and_what_nobody_named_is_grey() {
        let v = view(&testdata::snapshot());
        let names: Vec<_> = v.stages.iter().map(|s| (&*s.name, s.status)).collect();
        assert_eq!(
            names,
            [
                ("collection", Status::Unknown),
                ("queue", Status::Over),
                ("processing", Status::Over),
                ("warehouse", Status::Unknown),
            ]
        );
        assert_eq!(v.stages[0].month.share, None);
        let queue = v.stages[1].worst.as_ref().unwrap();
        assert_eq!(queue.label, "orders → dwd-order-stats");
        assert!(queue.delay.seconds.is_some() && queue.delay.quantiles.p95.is_some());
        // of the jobs, one is known of: 48 hours without a minute out
        assert_eq!(v.stages[2].month.share, Some(1.0));
    }

    #[test]
    fn who_does_not_answer_is_not_well() {
        let mut s = testdata::snapshot();
        s.at = s.at + Span::secs(300);
        let v = view(&s);
        let clusters = || v.stages.iter().flat_map(|s| &s.parts).filter(|p| p.kind != "layer");
        assert!(clusters().count() >= 2);
        assert!(clusters().all(|p| p.status == Status::Unknown), "{:?}", v.stages);
    }

    #[test]
    fn a_broker_that_does_not_answer_is_not_there() {
        let mut s = testdata::snapshot();
        let mut estate = (*s.estate).clone();
        let (id, kafka) = estate.kafka.iter_mut().next().unwrap();
        let id = id.to_string();
        let listed: Vec<i32> =
            kafka.overview.iter().flat_map(|(_, o)| &o.brokers).map(|b| b.id).collect();
        let gone = Answered {
            answering: Answering::Unreachable,
            since: s.at,
            last_ok: None,
            at: s.at,
            error: None,
        };
        kafka.answers = listed.iter().map(|b| (*b, gone.clone())).collect();
        s.estate = std::sync::Arc::new(estate);
        let v = view(&s);
        let part = v.stages[1].parts.iter().find(|p| p.name == id).unwrap();
        assert_eq!((part.status, part.up), (Status::Over, Some(0)), "{part:?}");
        assert!(part.of.is_some_and(|of| of > 0));
    }

    #[test]
    fn a_warehouse_is_as_late_as_what_hands_over_to_it() {
        let s = testdata::with_warehouse(&testdata::snapshot());
        let v = view(&s);
        let warehouse = &v.stages[3];
        assert_eq!(warehouse.parts[0].id, "component:ck");
        let worst = warehouse.worst.as_ref().unwrap();
        let counted = (warehouse.delays, warehouse.delays_known);
        assert_eq!((&*worst.label, counted), ("ads-risk → ck", (2, 1)));
        let total = s.lineage.nodes.iter().find(|n| n.node.name() == "ads-risk").unwrap();
        assert_eq!(worst.delay.seconds, total.total.as_ref().unwrap().seconds());
    }
}
