//! `/taskmanagers/:id/thread-dump`: the threads of tasks.

use super::frames::{LONGEST, Place, place};
use super::{cut, name};
use crate::collect::http::parse_json;
use serde::Deserialize;
use std::collections::BTreeMap;
use streamwarden_core::estate::{GapReason, Name, TaskThread};

const THREADS: usize = 400;
const FRAMES: usize = 40;
/// Run beside a task's own thread and tell nothing of its work.
const HELPERS: [&str; 2] = ["OutputFlusher for ", "System Time Trigger for "];
const ROLES: [(&str, &str); 2] = [
    ("Source Data Fetcher for ", "Source Data Fetcher"),
    ("Legacy Source Thread - ", "Legacy Source Thread"),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dump {
    thread_infos: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    thread_name: String,
    stringified_thread_info: String,
}

pub fn thread_dump(body: &[u8]) -> Result<Vec<TaskThread>, GapReason> {
    let raw: Dump = parse_json(body)?;
    Ok(raw.thread_infos.iter().filter_map(thread).take(THREADS).collect())
}

/// Says of each thread whether its user code was in the same place in the dump before.
pub fn compare(now: &mut [TaskThread], before: &[TaskThread]) {
    let key = |t: &TaskThread| (t.vertex.clone(), t.subtask, t.role.clone());
    let before: BTreeMap<_, _> = before.iter().map(|t| (key(t), t)).collect();
    for thread in now {
        thread.stood = before.get(&key(thread)).map(|b| {
            !thread.idle && thread.user_frame.is_some() && thread.user_frame == b.user_frame
        });
    }
}

fn thread(raw: &Raw) -> Option<TaskThread> {
    let (vertex, subtask, role) = task(&raw.thread_name)?;
    let mut lines = raw.stringified_thread_info.lines();
    let state = state(lines.next()?, &raw.thread_name);
    let frames: Vec<Name> = lines.filter_map(frame).take(FRAMES).collect();
    let place = place(frames.iter().map(|f| &**f));
    Some(TaskThread {
        vertex: name(vertex),
        subtask,
        role: role.map(Name::from),
        state: name(state),
        idle: place == Place::Idle,
        user_frame: match place {
            Place::User(frame) => Some(frame),
            _ => None,
        },
        frames,
        stood: None,
    })
}

/// `Name (i/n)#attempt`, i from 1; the vertex, the subtask from 0, and what runs beside it.
fn task(thread: &str) -> Option<(&str, u32, Option<&'static str>)> {
    if HELPERS.iter().any(|h| thread.starts_with(h)) {
        return None;
    }
    let (rest, attempt) = thread.rsplit_once(")#")?;
    let (vertex, of) = rest.rsplit_once(" (")?;
    let (i, n) = of.split_once('/')?;
    let number = |text: &str| text.parse::<u32>().ok();
    let (i, _, _) = (number(i)?, number(n)?, number(attempt)?);
    let role = ROLES.iter().find(|(prefix, _)| vertex.starts_with(prefix));
    let vertex = role.map_or(vertex, |(prefix, _)| vertex.trim_start_matches(prefix));
    Some((vertex, i.checked_sub(1)?, role.map(|(_, role)| *role)))
}

/// `"name" Id=7 TIMED_WAITING on ...`; the name may hold anything.
fn state<'a>(first: &'a str, thread: &str) -> &'a str {
    let rest = first.strip_prefix('"').and_then(|r| r.strip_prefix(thread)).unwrap_or(first);
    let word = rest.split_once(" Id=").and_then(|(_, r)| r.split(' ').nth(1));
    word.unwrap_or("UNKNOWN")
}

/// `at app//package.Class.method(File.java:7)` as `package.Class.method`.
fn frame(line: &str) -> Option<Name> {
    let at = line.trim_start().strip_prefix("at ")?;
    let code = at.split('(').next()?;
    let code = code.strip_prefix("app//").unwrap_or(code);
    // `java.base@17.0.15/`; a lambda's class holds a slash too, but no @
    let code = match code.split_once('/') {
        Some((module, rest)) if module.contains('@') => rest,
        _ => code,
    };
    Some(name(cut(code, LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANG: &[u8] =
        include_bytes!("../../../../tests/fixtures/flink-rest/probes/thread_dump_hang.json");

    #[test]
    fn the_stuck_thread_of_a_real_dump() {
        let mut threads = thread_dump(HANG).unwrap();
        let names: Vec<_> = threads.iter().map(|t| (&*t.vertex, t.subtask, t.idle)).collect();
        assert_eq!(
            names,
            [
                ("Source: src[42]", 0, true),
                ("Calc[43]", 0, false),
                ("GroupAggregate[45]", 0, true),
                ("Calc[46]", 0, true),
                ("bh[47]: Writer", 0, true),
                ("Source: src[42]", 0, false),
            ]
        );
        let before = threads.clone();
        compare(&mut threads, &before);
        let stood: Vec<_> = threads.iter().filter(|t| t.stood == Some(true)).collect();
        let [stuck] = stood[..] else { panic!("{stood:?}") };
        assert_eq!(stuck.user_frame.as_deref(), Some("bed.FaultUdf.eval"));
        assert_eq!((&*stuck.vertex, &*stuck.state), ("Calc[43]", "TIMED_WAITING"));
        assert_eq!(&*stuck.frames[0], "java.lang.Thread.sleep");
        assert_eq!(threads[5].role.as_deref(), Some("Legacy Source Thread"));
        compare(&mut threads, &[]);
        assert!(threads.iter().all(|t| t.stood.is_none()), "nothing to compare with");
    }

    #[test]
    fn names_of_threads() {
        assert_eq!(task("map (x) (12/128)#3"), Some(("map (x)", 11, None)));
        for other in
            ["main", "flink-8", "IO #1", "a (0/2)#0", "a (1/x)#0", "OutputFlusher for a (1/2)#0"]
        {
            assert_eq!(task(other), None, "{other}");
        }
    }
}
