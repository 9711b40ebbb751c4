//! Of a job: the exception that came first and is no consequence of another.

use super::{Ask, Measure, Scalar};
use crate::estate::{Name, Subject, SubjectKind, SubjectKind as K};
use crate::rules::exceptions::{Primary, primary};
use crate::rules::types::*;

const ON: &[SubjectKind] = &[K::Job];

pub const MEASURES: &[Measure] = &[
    Measure::new("exception_class", ON, Base::Text, |q, s| text(q, s, |p| p.class.clone()), "class of the first primary exception within the window, unwrapped to its root cause; empty where there is none").over(600),
    Measure::new("exception_text", ON, Base::Text, |q, s| text(q, s, |p| p.chain.clone()), "classes and messages of that exception and its causes, one a line").over(600),
    Measure::new("exception_frame", ON, Base::Text, |q, s| text(q, s, |p| p.frame.clone().unwrap_or_else(|| Name::from(""))), "its first frame outside of Java, Flink and Kafka: whose code it is").over(600),
    Measure::new("exception_task", ON, Base::Text, |q, s| text(q, s, |p| p.task.clone().unwrap_or_else(|| Name::from(""))), "the task that threw it").over(600),
    Measure::new("exception_count", ON, Base::number(COUNT), |q, s| found(q, s).map(|p| p.map_or(0.0, |p| p.count as f64).into()), "how often the same was thrown").over(600),
    Measure::new("exception_taskmanagers", ON, Base::number(COUNT), |q, s| found(q, s).map(|p| p.map_or(0.0, |p| p.taskmanagers as f64).into()), "on how many different TaskManagers").over(600),
];

/// None: exceptions were never read; Some(None): there is none within the window.
fn found(q: &Ask<'_, '_>, s: &Subject) -> Option<Option<Primary>> {
    let (_, entries) = q.ctx.job(s.job()?)?.run.exceptions.as_ref()?;
    Some(primary(entries, q.from()).filter(|p| p.at <= q.at))
}

fn text(q: &Ask<'_, '_>, s: &Subject, get: impl Fn(&Primary) -> Name) -> Option<Scalar> {
    Some(found(q, s)?.as_ref().map_or_else(|| Name::from(""), get).into())
}
