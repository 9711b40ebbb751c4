//! What a look would have told had the clocks behind its target been ahead of ours.

use super::Look;
use streamwarden_core::estate::{Checkpoint, ExceptionEntry, Fact, Millis, Span};
use streamwarden_core::signals::Signal;

/// Moments that Flink's or Kafka's machines wrote; ours stay.
pub fn look(look: &mut Look, ahead: i64) {
    for (_, fact) in &mut look.facts {
        shift(fact, Span(ahead));
    }
    for sample in &mut look.samples {
        match sample.signal {
            // the host's clock against event time
            Signal::WatermarkLag | Signal::EmitEventTimeLag => sample.value += ahead as f64,
            Signal::NewestRecord => sample.value += ahead as f64,
            _ => {}
        }
    }
}

fn shift(fact: &mut Fact, by: Span) {
    match fact {
        Fact::Jobs { jobs, .. } => {
            for job in jobs {
                job.start = job.start + by;
                later(&mut job.end, by);
                later(&mut job.last_modification, by);
            }
        }
        Fact::JobDetail(d) => {
            d.start = d.start + by;
            later(&mut d.now, by);
        }
        Fact::Checkpoints(c) => {
            for checkpoint in c.history.iter_mut().chain(&mut c.latest_completed) {
                move_checkpoint(checkpoint, by);
            }
            if let Some(restored) = &mut c.latest_restored {
                restored.at = restored.at + by;
            }
        }
        Fact::Exceptions { entries, .. } => {
            for entry in entries {
                move_exception(entry, by);
            }
        }
        Fact::TaskManagers { list, .. } => {
            for taskmanager in list {
                later(&mut taskmanager.last_heartbeat, by);
            }
        }
        Fact::Transactions { list, .. } => {
            for transaction in list {
                later(&mut transaction.started, by);
            }
        }
        Fact::OffsetsAt { points, .. } => {
            for (at, _) in points {
                *at = *at + by;
            }
        }
        Fact::DayFlows { flows, .. } => {
            for flow in flows {
                flow.at = flow.at + by;
            }
        }
        Fact::CheckpointDetail(c) => c.triggered = c.triggered + by,
        Fact::FlameGraph(f) => f.sampled = f.sampled + by,
        _ => {}
    }
}

fn later(at: &mut Option<Millis>, by: Span) {
    *at = at.map(|t| t + by);
}

fn move_checkpoint(c: &mut Checkpoint, by: Span) {
    c.triggered = c.triggered + by;
    later(&mut c.latest_ack, by);
}

fn move_exception(e: &mut ExceptionEntry, by: Span) {
    e.at = e.at + by;
    for other in &mut e.concurrent {
        // one level: Flink nests no deeper
        other.at = other.at + by;
    }
}
