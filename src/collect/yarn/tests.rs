//! Recorded answers of a Hadoop 3.3.6.

use super::*;
use crate::collect::http::HttpAccess;
use fetch::Lists;
use streamwarden_core::estate::{BaseKind, ClusterId, Entity, Estate, Place, TargetKind};
use streamwarden_core::signals::Signal;

macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/bases/yarn/", $name)).as_slice()
    };
}

fn yarn() -> YarnTarget {
    crate::dial::install_crypto();
    let target =
        Target { name: "yarn y".into(), kind: TargetKind::Yarn, address: "rm:8088".into() };
    let base = Base {
        cluster: ClusterId::new("y"),
        kind: BaseKind::Yarn,
        sort: "yarn".into(),
        place: Place::default(),
        health: Vec::new(),
    };
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    YarnTarget::new(target, base, vec!["http://rm:8088".into()], client)
}

fn told(metrics: &[u8], nodes: &[u8], scheduler: &[u8], apps: &[u8]) -> Told {
    let lists = Lists {
        nodes: parse::nodes(nodes),
        queues: parse::queues(scheduler),
        applications: parse::applications(apps),
    };
    Told {
        info: parse::info(recorded!("healthy.info.json")).unwrap(),
        metrics: parse::metrics(metrics),
        lists: Some(lists),
        jvm: crate::collect::jvm::bean(include_bytes!(
            "../../../tests/bases/yarn/nm-unhealthy.rm.JvmMetrics.json"
        )),
        bytes: 0,
    }
}

fn seen(told: Result<Told, GapReason>) -> (Estate, Yield) {
    let found = yarn().gathered(vec![("rm:8088".to_owned(), told)], Millis(1));
    let mut estate = Estate::default();
    for (at, fact) in found.facts.clone() {
        estate.apply(fact, at);
    }
    (estate, found)
}

fn value(found: &Yield, member: Option<&str>, signal: Signal) -> Option<f64> {
    let cluster = ClusterId::new("y");
    let entity = match member {
        Some(m) => Entity::Member { cluster, member: m.into() },
        None => Entity::Base { cluster },
    };
    found.samples.iter().find(|s| s.entity == entity && s.signal == signal).map(|s| s.value)
}

/// A YARN as it was recorded under a fault.
pub(crate) fn recorded(fault: &str, at: Millis) -> (Target, Yield) {
    macro_rules! under {
        ($fault:literal) => {
            told(
                include_bytes!(concat!("../../../tests/bases/yarn/", $fault, ".metrics.json")),
                include_bytes!(concat!("../../../tests/bases/yarn/", $fault, ".nodes.json")),
                include_bytes!(concat!("../../../tests/bases/yarn/", $fault, ".scheduler.json")),
                include_bytes!(concat!("../../../tests/bases/yarn/", $fault, ".apps.json")),
            )
        };
    }
    let told = match fault {
        "healthy" => under!("healthy"),
        "nm-lost" => under!("nm-lost"),
        "nm-unhealthy" => under!("nm-unhealthy"),
        "yarn-pending-apps" => under!("yarn-pending-apps"),
        other => panic!("{other} was not recorded"),
    };
    let mut yarn = yarn();
    let found = yarn.gathered(vec![("rm:8088".to_owned(), Ok(told))], at);
    (yarn.target().clone(), found)
}

#[test]
fn a_full_queue_and_who_waits_in_it() {
    let (estate, found) = seen(Ok(told(
        recorded!("yarn-pending-apps.metrics.json"),
        recorded!("yarn-pending-apps.nodes.json"),
        recorded!("yarn-pending-apps.scheduler.json"),
        recorded!("yarn-pending-apps.apps.json"),
    )));
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
    assert_eq!(value(&found, None, Signal::AppsPending), Some(2.0));
    assert_eq!(value(&found, None, Signal::ContainersPending), Some(2.0));
    assert_eq!(value(&found, None, Signal::MemoryPending), Some(3072.0 * 1_048_576.0));
    assert_eq!(value(&found, Some("root.default"), Signal::QueueUsed), Some(0.375));
    assert_eq!(value(&found, Some("root.default"), Signal::AppsPending), Some(2.0));
    let y = &estate.bases[&ClusterId::new("y")];
    assert_eq!(y.serves, Some(true));
    let waits = y.applications.as_ref().unwrap().1.iter().find(|a| &*a.state == "ACCEPTED");
    assert!(waits.unwrap().diagnostics.contains("AM resource limit exceeded"));
}

#[test]
fn nodes_that_are_lost_and_unhealthy() {
    let (estate, found) = seen(Ok(told(
        recorded!("nm-unhealthy.metrics.json"),
        recorded!("nm-unhealthy.nodes.json"),
        recorded!("nm-unhealthy.scheduler.json"),
        recorded!("nm-unhealthy.apps.json"),
    )));
    assert_eq!(value(&found, None, Signal::NodesActive), Some(0.0));
    assert_eq!(value(&found, None, Signal::NodesUnhealthy), Some(1.0));
    let y = &estate.bases[&ClusterId::new("y")];
    let nodes: Vec<(&str, Option<&str>)> =
        y.of_role(MemberRole::Nodemanager).map(|m| (&*m.is.name, m.is.state.as_deref())).collect();
    assert_eq!(nodes, [("localhost:18050", Some("unhealthy")), ("localhost:18051", Some("lost"))]);
    let report = y.members["localhost:18050"].is.detail.as_deref().unwrap();
    assert!(report.contains("local-dirs"), "{report}");
}

#[test]
fn a_new_resourcemanager_has_forgotten_all_applications() {
    let (estate, _) = seen(Ok(told(
        recorded!("rm-restarted.metrics.json"),
        recorded!("rm-restarted.nodes.json"),
        recorded!("rm-restarted.scheduler.json"),
        recorded!("rm-restarted.apps.json"),
    )));
    let y = &estate.bases[&ClusterId::new("y")];
    assert_eq!(y.applications.as_ref().map(|(_, list)| list.len()), Some(0));
}

#[test]
fn who_failed_says_why_and_a_flink_application_names_its_jobmanager() {
    let one: serde_json::Value = serde_json::from_slice(recorded!("app-failed.app.json")).unwrap();
    let list = serde_json::json!({ "apps": { "app": [one["app"]] } });
    let failed = &parse::applications(list.to_string().as_bytes()).unwrap()[0];
    assert_eq!((&*failed.state, failed.finished), ("FAILED", Some(Millis(1_795_233_961_726))));
    assert!(failed.diagnostics.contains("exitCode: 7"));
    let flink = parse::applications(recorded!("flink-pending-containers.apps.json")).unwrap();
    let session = flink.iter().find(|a| &*a.sort == "Apache Flink").unwrap();
    assert_eq!((&*session.state, session.rpc.as_deref()), ("RUNNING", Some("localhost:38043")));
    assert!(session.pending_mb.is_some_and(|mb| mb > 0), "{session:?}");
    let metrics = parse::metrics(recorded!("flink-pending-containers.metrics.json")).unwrap();
    assert!(metrics.contains(&(Signal::ContainersPending, 10.0)));
}

#[test]
fn queues_of_the_fair_scheduler_by_the_names_that_it_gives_them() {
    let queues = parse::queues(recorded!("fair-queue-full.scheduler.json")).unwrap();
    let of = |name: &str| {
        let q = queues.iter().find(|q| q.name == name).unwrap();
        (q.used, q.pending_containers, q.pending_apps, q.state.as_deref())
    };
    assert_eq!(queues.len(), 3);
    // 2,048 of 2,048 MB, and one more wants a container
    assert_eq!(of("root.prod.streaming"), (Some(1.0), Some(1.0), Some(1.0), None));
    assert_eq!(of("root.prod.reports"), (Some(0.0), Some(2.0), Some(2.0), None));
    assert_eq!(of("root.default"), (Some(0.0), Some(1.0), Some(1.0), None));
    // where cores are shared out too, the scarcer of both counts
    let text = std::str::from_utf8(recorded!("fair-queue-full.scheduler.json")).unwrap();
    let few = text.replace(
        r#""maxResources": {"memory": 2048, "vCores": 4}"#,
        r#""maxResources": {"memory": 8192, "vCores": 4}"#,
    );
    assert_ne!(few, text);
    let used = |text: &str| parse::queues(text.as_bytes()).unwrap().remove(1).used;
    assert_eq!(used(&few), Some(0.25));
    let drf = few.replace(r#""schedulingPolicy": "fair""#, r#""schedulingPolicy": "DRF""#);
    assert_eq!(used(&drf), Some(0.5));
}

#[test]
fn a_silent_manager_is_not_told_as_a_yarn_that_is_down() {
    let (estate, found) = seen(Err(GapReason::TimedOut { after_ms: 4000 }));
    assert_eq!(estate.bases[&ClusterId::new("y")].serves, None);
    assert_eq!(&*found.gaps[0].what, "rm:8088");
    assert_eq!(value(&found, None, Signal::NodesActive), None);
}

#[test]
fn where_the_only_manager_stands_by_nobody_is_served() {
    let info = parse::info(recorded!("rm-standby.info.json")).unwrap();
    let metrics = Err(GapReason::NotConfigured { detail: "it is not active".into() });
    let (estate, found) = seen(Ok(Told { info, metrics, lists: None, jvm: Vec::new(), bytes: 0 }));
    assert_eq!(estate.bases[&ClusterId::new("y")].serves, Some(false));
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
}

/// The figures that the checks' cases hold (`as recorded: yarn/…`, `hdfs/…`).
#[test]
fn a_heap_that_is_nearly_full_is_told_in_bytes() {
    let of = |body: &[u8]| crate::collect::jvm::bean(body)[..2].to_vec();
    let manager = of(recorded!("rm-small-heap.JvmMetrics.json"));
    let max = (Signal::HeapMax, 26_411_008.0);
    assert_eq!(manager, [(Signal::HeapUsed, 23.607368 * 1_048_576.0), max]);
    let name_node = of(include_bytes!("../../../tests/bases/hdfs/nn-small-heap.JvmMetrics.json"));
    assert_eq!(name_node, [(Signal::HeapUsed, 20.768127 * 1_048_576.0), max]);
}

#[test]
fn hostile_answers_are_refused() {
    for body in [b"<html>".as_slice(), b"{}", b"[]", b"\xff", b"{\"nodes\":7}"] {
        assert!(parse::info(body).is_err() && parse::metrics(body).is_err(), "{body:?}");
        assert!(parse::queues(body).is_err());
    }
    for other in ["fairScheduler", "fifoScheduler"] {
        let body = format!(r#"{{"scheduler":{{"schedulerInfo":{{"type":"{other}"}}}}}}"#);
        let found = parse::queues(body.as_bytes());
        assert!(matches!(found, Err(GapReason::NotConfigured { .. })), "{found:?}");
    }
    let mut deep = r#"{"queueName":"q","state":"RUNNING"}"#.to_owned();
    for _ in 0..40 {
        deep = format!(r#"{{"queueName":"q","queues":{{"queue":[{deep}]}}}}"#);
    }
    let deep = deep.replacen("{", r#"{"type":"capacityScheduler","#, 1);
    let answer = format!(r#"{{"scheduler":{{"schedulerInfo":{deep}}}}}"#);
    assert_eq!(parse::queues(answer.as_bytes()), Ok(Vec::new()), "too deep is left out");
    let mut deep = r#"{"queueName":"q"}"#.to_owned();
    for _ in 0..40 {
        deep = format!(r#"{{"queueName":"q","childQueues":{{"queue":[{deep}]}}}}"#);
    }
    let fair = format!(
        r#"{{"scheduler":{{"schedulerInfo":{{"type":"fairScheduler","rootQueue":{deep}}}}}}}"#
    );
    assert_eq!(parse::queues(fair.as_bytes()), Ok(Vec::new()), "too deep is left out");
    let many = serde_json::json!({ "nodes": { "node": vec![serde_json::json!({ "id": "n:1", "state": "RUNNING" }); 5_001] } });
    assert!(matches!(parse::nodes(many.to_string().as_bytes()), Err(GapReason::TooMany { .. })));
}
