//! Which exception came first and is no consequence of another. Flink wraps causes, repeats the
//! same failure on every task, and reports what a lost process did to its neighbours.

use crate::estate::{ExceptionEntry, Millis, Name, Span, TaskManagerId};
use std::collections::BTreeSet;

/// What was thrown first, unwrapped to its root cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Primary {
    pub at: Millis,
    /// Class of the root cause.
    pub class: Name,
    /// Message of the root cause.
    pub message: Name,
    /// `class: message` of it and everything that wraps it, outermost first, one a line.
    pub chain: Name,
    /// First frame outside of Java, Flink and Kafka: whose code it is. Of the root cause, else of
    /// what wraps it.
    pub frame: Option<Name>,
    pub task: Option<Name>,
    pub taskmanager: Option<TaskManagerId>,
    /// Entries of the same class and frame within the window.
    pub count: usize,
    /// Different TaskManagers among them.
    pub taskmanagers: usize,
    /// Everything within the window is a consequence; this is the first of them.
    pub only_consequences: bool,
}

/// Texts that say what another failure did. They name a process or endpoint: the cause is there.
const CONSEQUENCES: [&str; 17] = [
    "Connection unexpectedly closed by remote task manager",
    "Lost connection to task manager",
    "Error at remote task manager",
    "Sending the partition request to",
    "Connecting to remote task manager",
    "PartitionNotFoundException",
    "The TaskExecutor is shutting down",
    "is no longer reachable",
    "Heartbeat of ",
    "timed out. TaskManager",
    "Checkpoint Coordinator is suspending",
    "The job has failed",
    "CancelTaskException",
    "TaskNotRunningException",
    "Exceeded checkpoint tolerable failure threshold",
    "Not all required tasks are currently running",
    "Disconnect job manager",
];

/// Packages of the machinery: a frame outside of them is the user's, a connector's or a format's.
const MACHINERY: [&str; 9] = [
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "scala.",
    "org.apache.flink.",
    "org.apache.kafka.",
    "akka.",
];

/// Classes that only carry another.
const WRAPPERS: [&str; 5] = [
    "org.apache.flink.util.SerializedThrowable",
    "java.util.concurrent.CompletionException",
    "java.util.concurrent.ExecutionException",
    "java.lang.reflect.InvocationTargetException",
    "org.apache.flink.runtime.JobException",
];

/// Entries within this of the first are one storm: what failed beside it, not after it.
const STORM: Span = Span::secs(60);
/// Entries that are looked at, with concurrent ones.
const MAX_ENTRIES: usize = 2000;

/// The earliest primary exception at or after `since`, else the earliest of the consequences.
/// `entries` in any order; what is concurrent counts as well.
pub fn primary(entries: &[ExceptionEntry], since: Millis) -> Option<Primary> {
    let mut all: Vec<&ExceptionEntry> = entries
        .iter()
        .flat_map(|e| std::iter::once(e).chain(&e.concurrent))
        .take(MAX_ENTRIES)
        .collect();
    all.retain(|e| e.at >= since);
    all.sort_by_key(|e| e.at);
    let told: Vec<(&ExceptionEntry, Told)> = all.into_iter().map(|e| (e, Told::of(e))).collect();
    let first = told.iter().find(|(_, t)| !t.consequence);
    let (entry, found) = first.or_else(|| told.first())?;
    let same: Vec<&ExceptionEntry> =
        told.iter().filter(|(_, t)| t.same(found)).map(|(e, _)| *e).collect();
    let on: BTreeSet<&TaskManagerId> = same.iter().filter_map(|e| e.taskmanager.as_ref()).collect();
    // the global failure that Flink reports beside a task's names no task: one of the same storm does
    let near = |e: &&&ExceptionEntry| e.at - entry.at <= STORM;
    let task = same.iter().filter(near).find_map(|e| e.task.clone());
    let taskmanager = same.iter().filter(near).find_map(|e| e.taskmanager.clone());
    Some(Primary {
        at: entry.at,
        class: found.class.into(),
        message: found.message.into(),
        chain: found.chain.as_str().into(),
        frame: found.frame.map(Name::from),
        task,
        taskmanager,
        count: same.len(),
        taskmanagers: on.len(),
        only_consequences: found.consequence,
    })
}

struct Told<'e> {
    class: &'e str,
    message: &'e str,
    chain: String,
    frame: Option<&'e str>,
    consequence: bool,
}

impl<'e> Told<'e> {
    fn of(e: &'e ExceptionEntry) -> Told<'e> {
        let links = links(e);
        let chain: Vec<String> = links.iter().map(|l| l.head.to_owned()).collect();
        let chain = chain.join("\n");
        let root = links.iter().rev().find(|l| !WRAPPERS.contains(&l.class)).or(links.last());
        let frame = links.iter().rev().find_map(|l| l.frame);
        // what another failure did may itself be wrapped, but a cause of its own behind it counts
        let innermost = links.last().map_or("", |l| l.head);
        let consequence = CONSEQUENCES.iter().any(|c| innermost.contains(c))
            || (frame.is_none() && CONSEQUENCES.iter().any(|c| chain.contains(c)));
        Told {
            class: root.map_or(&e.class, |l| l.class),
            message: root.map_or("", |l| l.message),
            chain,
            frame,
            consequence,
        }
    }

    fn same(&self, other: &Told<'_>) -> bool {
        self.class == other.class && self.frame == other.frame
    }
}

/// One exception of a chain.
struct Link<'e> {
    head: &'e str,
    class: &'e str,
    message: &'e str,
    frame: Option<&'e str>,
}

fn links(e: &ExceptionEntry) -> Vec<Link<'_>> {
    let mut out: Vec<Link<'_>> = Vec::new();
    for line in e.stack.lines() {
        let text = line.trim_start();
        if let Some(frame) = text.strip_prefix("at ") {
            if let Some(last) = out.last_mut()
                && last.frame.is_none()
            {
                last.frame = foreign(frame);
            }
        } else if let Some(cause) = text.strip_prefix("Caused by: ") {
            out.push(link(cause));
        } else if out.is_empty() && !text.is_empty() {
            out.push(link(text));
        }
    }
    if out.is_empty() {
        out.push(link(&e.class));
    }
    // frames of what is suppressed or wrapped stand behind; an outer class without a stack is named
    // by the entry alone
    out
}

fn link(head: &str) -> Link<'_> {
    // what Java and Flink put around a cause that they show again or have serialized
    let head = head.strip_prefix("[CIRCULAR REFERENCE: ").map_or(head, |h| h.trim_end_matches(']'));
    let head = head.strip_prefix("org.apache.flink.util.SerializedThrowable: ").unwrap_or(head);
    let (class, message) = head.split_once(": ").unwrap_or((head, ""));
    Link { head, class: class.trim_end_matches(':'), message, frame: None }
}

/// `app//module@1.0/com.acme.Fn.map(Fn.java:12)` -> `com.acme.Fn.map(Fn.java:12)`, unless the
/// machinery's.
fn foreign(frame: &str) -> Option<&str> {
    let call = frame.split_whitespace().next()?;
    let name = call.split('(').next().and_then(|c| c.rfind('/')).map_or(call, |i| &call[i + 1..]);
    (!MACHINERY.iter().any(|p| name.starts_with(p))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: i64, tm: &str, stack: &str) -> ExceptionEntry {
        ExceptionEntry {
            at: Millis(at),
            class: stack.split([':', '\n']).next().unwrap_or_default().into(),
            stack: stack.into(),
            task: Some("agg".into()),
            endpoint: None,
            taskmanager: Some(TaskManagerId::new(tm)),
            concurrent: Vec::new(),
        }
    }

    const SUPPRESSED: &str = "org.apache.flink.runtime.JobException: Recovery is suppressed by FixedDelayRestartBackoffTimeStrategy\n\tat org.apache.flink.runtime.x.Y.z(Y.java:1)\nCaused by: java.lang.RuntimeException: boom\n\tat java.lang.Integer.parse(I.java:1)\n\tat com.acme.Enrich.map(Enrich.java:7)\n\tat org.apache.flink.a.B.c(B.java:2)\n\t... 12 more";
    const LOST: &str = "org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException: Connection unexpectedly closed by remote task manager '10.0.0.1:1'. This might indicate that the remote task manager was lost.\n\tat org.apache.flink.x(Y.java:1)";

    #[test]
    fn a_suppressed_recovery_is_unwrapped_to_the_users_frame() {
        let p = primary(&[entry(5, "a", SUPPRESSED)], Millis(0)).unwrap();
        assert_eq!((&*p.class, &*p.message), ("java.lang.RuntimeException", "boom"));
        assert_eq!(p.frame.as_deref(), Some("com.acme.Enrich.map(Enrich.java:7)"));
        assert!(!p.only_consequences && p.chain.contains("Recovery is suppressed"));
    }

    #[test]
    fn a_storm_is_one_and_what_it_did_to_others_is_not_the_cause() {
        let mut entries = vec![entry(1, "b", LOST), entry(9, "c", SUPPRESSED)];
        entries[0].concurrent = vec![entry(2, "a", SUPPRESSED)];
        let p = primary(&entries, Millis(0)).unwrap();
        assert_eq!((p.at, p.count, p.taskmanagers), (Millis(2), 2, 2));
        let lost = primary(
            &entries[..1]
                .iter()
                .map(|e| ExceptionEntry { concurrent: vec![], ..e.clone() })
                .collect::<Vec<_>>(),
            Millis(0),
        )
        .unwrap();
        assert!(lost.only_consequences, "{lost:?}");
        assert_eq!(primary(&entries, Millis(10)), None);
    }

    #[test]
    fn a_cause_that_is_shown_again_is_named_plainly() {
        let stack = "java.io.IOException: Failed to send data to Kafka\n\tat org.apache.flink.x.Y.z(Y.java:1)\nCaused by: [CIRCULAR REFERENCE: org.apache.kafka.common.errors.InvalidProducerEpochException: Producer attempted to produce with an old epoch.]";
        let p = primary(&[entry(1, "a", stack)], Millis(0)).unwrap();
        assert_eq!(&*p.class, "org.apache.kafka.common.errors.InvalidProducerEpochException");
        assert_eq!(&*p.message, "Producer attempted to produce with an old epoch.");
    }

    #[test]
    fn a_module_before_the_frame_is_cut() {
        assert_eq!(
            foreign("app//com.acme.Fn.map(Fn.java:12)"),
            Some("com.acme.Fn.map(Fn.java:12)")
        );
        assert_eq!(foreign("java.base/java.lang.Thread.run(Unknown Source)"), None);
    }
}
