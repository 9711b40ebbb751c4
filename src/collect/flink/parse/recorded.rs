//! Answers of real clusters, tests/fixtures/flink-rest/.

use super::*;
use streamwarden_core::estate::*;

const VERSIONS: [&str; 2] = ["1.20.5", "2.3.0"];

fn read(path: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/flink-rest/");
    std::fs::read(format!("{root}{path}.json")).unwrap()
}
fn cluster() -> ClusterId {
    ClusterId::new("prod")
}
fn inputs(v: &Vertex) -> Vec<(&str, &str)> {
    v.inputs.iter().map(|i| (i.from.as_str(), &*i.ship)).collect()
}

#[test]
fn overview_and_version() {
    for (version, commit) in [("1.20.5", "0980485"), ("2.3.0", "c0f8d1a")] {
        let known = versions(&read(&format!("{version}/config"))).unwrap();
        assert_eq!(known, Versions { version: version.into(), commit: Some(commit.into()) });
        assert!(claimed(&known.version));
        let wanted = FlinkOverview {
            cluster: cluster(),
            version: version.into(),
            commit: Some(commit.into()),
            taskmanagers: 2,
            slots_total: 8,
            slots_available: 6,
            jobmanager_started: None,
        };
        let body = read(&format!("{version}/overview"));
        assert_eq!(overview(&body, &cluster(), None).unwrap(), wanted);
        // a version that stops telling it here is known from /config
        let body = String::from_utf8(body).unwrap().replace("flink-", "x-");
        assert_eq!(overview(body.as_bytes(), &cluster(), Some(&known)).unwrap(), wanted);
        let said = overview(body.as_bytes(), &cluster(), None).unwrap_err();
        assert!(format!("{said:?}").contains("flink-version"));
    }
}

#[test]
fn lives_of_a_jobmanager() {
    let life = |path: &str| jobmanager_life(&read(path)).unwrap();
    let (one, other) = (life("1.20.5/jobmanager_config"), life("2.3.0/jobmanager_config"));
    assert!(one.is_some() && other.is_some() && one != other);
    assert_eq!(jobmanager_life(br#"[{"key":"web.tmpdir","value":"/bed/web"}]"#).unwrap(), None);
}

#[test]
fn a_healthy_list_of_jobs() {
    let got = jobs(&read("kafka-1.20.5/jobs_overview")).unwrap();
    let names: Vec<_> = got.jobs.iter().map(|j| &*j.name).collect();
    assert_eq!(names, ["ads-risk", "dwd-order-stats", "ods-orders"]);
    assert_eq!(got.now, Some(Millis(1795232660718)));
    let job = &got.jobs[0];
    assert_eq!(job.run, RunId::new("d1217db97b86b2f35157a494a713cba8"));
    assert_eq!((job.state.clone(), job.end), (JobState::Running, None));
    assert_eq!(job.start, Millis(1795232627142));
    assert_eq!(job.last_modification, Some(Millis(1795232627458)));
    assert_eq!((job.tasks["running"], job.tasks.contains_key("total")), (6, false));
}

#[test]
fn ill_jobs_in_the_list() {
    for version in VERSIONS {
        let state = |case: &str| {
            let got = jobs(&read(&format!("{version}/{case}/jobs_overview"))).unwrap().jobs;
            got.into_iter().next().unwrap()
        };
        assert_eq!(state("throw_restarting").state, JobState::Restarting);
        let failed = state("throw_failed");
        assert_eq!((failed.state, failed.tasks["failed"]), (JobState::Failed, 1));
        assert!(failed.end.is_some_and(|end| end > failed.start));
        // RUNNING is not running
        let starved = state("no_slots");
        assert_eq!((starved.state, starved.tasks["running"]), (JobState::Running, 0));
        assert_eq!(starved.tasks["scheduled"], 24);
    }
}

#[test]
fn what_is_new_or_missing_in_a_list() {
    assert_eq!(jobs(br#"{"jobs":[]}"#).unwrap(), Jobs { jobs: vec![], now: None });
    let odd = br#"{"jobs":[{"jid":"a","name":"n","state":"SNOOZING","start-time":5,
        "tasks":"none","duration":null,"new":{}}],"more":1}"#;
    let job = &jobs(odd).unwrap().jobs[0];
    assert_eq!(job.state, JobState::Unknown("SNOOZING".into()));
    assert!(job.tasks.is_empty() && job.last_modification.is_none());
    let said = jobs(br#"{"jobs":[{"jid":"a","state":"RUNNING","start-time":5}]}"#).unwrap_err();
    assert!(format!("{said:?}").contains("jobs[0]: missing field `name`"), "{said:?}");
}

#[test]
fn a_plan_with_kafka() {
    for case in ["kafka-1.20.5", "kafka-2.2.1"] {
        let got = detail(&read(&format!("{case}/dwd-order-stats/job")), &cluster()).unwrap();
        assert_eq!((&*got.name, got.state), ("dwd-order-stats", JobState::Running));
        assert!(got.max_parallelism.is_none() && got.now > Some(got.start));
        let [source, window] = &got.vertices[..] else { panic!("{:?}", got.vertices) };
        assert_eq!(&*source.description, "Source: orders-source\n+- dwd-parse");
        assert!(source.inputs.is_empty());
        assert_eq!(
            &*window.description,
            "Window(TumblingEventTimeWindows(1000), EventTimeTrigger, Stat)\n\
             +- order-stats-sink: Writer\n   +- order-stats-sink: Committer"
        );
        assert_eq!(inputs(window), [(source.id.as_str(), "HASH")]);
        assert_eq!((window.parallelism, window.max_parallelism), (2, Some(128)));
        assert_eq!((&*window.status, window.tasks["running"]), ("RUNNING", 2));
        assert_eq!(window.tasks.values().sum::<u32>(), 2);
    }
}

#[test]
fn a_sql_plan() {
    let got = detail(&read("kafka-1.20.3-sql/job"), &cluster()).unwrap();
    assert!(got.vertices[0].description.starts_with(
        "[1]:TableSourceScan(table=[[default_catalog, default_database, orders, watermark="
    ));
    assert!(got.vertices[1].description.contains("\n   +- stats[7]: Writer\n"));
}

#[test]
fn a_wide_plan_is_the_same_in_both_versions() {
    let [one, two] =
        VERSIONS.map(|v| detail(&read(&format!("{v}/baseline/job")), &cluster()).unwrap());
    assert_eq!((one.scheduler, two.scheduler.as_deref()), (None, Some("Default")));
    let ids: Vec<_> = one.vertices.iter().map(|v| &v.id.as_str()[..4]).collect();
    assert_eq!(ids, ["e3df", "0461", "2ba6", "17cc"]);
    assert_eq!(inputs(&one.vertices[3]), [("046170e75662167a096270edeabee506", "REBALANCE")]);
    assert_eq!(one.plan_hash, two.plan_hash);
    assert_eq!(one.plan_hash.len(), 32);
    // the same job, failed: nothing of its plan is other
    let [one, two] =
        VERSIONS.map(|v| detail(&read(&format!("{v}/throw_restarting/job")), &cluster()).unwrap());
    assert_eq!(one.plan_hash, two.plan_hash);
    assert_eq!(one.state, JobState::Restarting);
    assert_eq!((&*one.vertices[1].status, one.vertices[1].tasks["failed"]), ("FAILED", 1));
}

#[test]
fn a_starved_job_is_read_as_it_is() {
    for version in VERSIONS {
        let got = detail(&read(&format!("{version}/no_slots/job")), &cluster()).unwrap();
        assert!(got.vertices.iter().all(|v| &*v.status == "CREATED" && v.tasks["scheduled"] > 0));
    }
}

#[test]
fn configuration_is_flat() {
    for (case, strategy) in [
        ("kafka-1.20.5", "Cluster level default restart strategy"),
        ("kafka-2.2.1", "Restart with fixed delay (PT1S). #1000 restart attempts."),
    ] {
        let got = job_config(&read(&format!("{case}/dwd-order-stats/job_config"))).unwrap();
        assert_eq!(got["job-parallelism"], "2");
        assert_eq!(got["restart-strategy"], strategy);
        let body = read(&format!("{case}/dwd-order-stats/job_checkpoints_config"));
        let got = checkpoint_config(&body).unwrap();
        assert_eq!(got["checkpoints.interval"], "2000");
        assert_eq!(got["checkpoints.externalization.delete_on_cancellation"], "false");
        assert_eq!(got["checkpoints.mode"], "exactly_once");
    }
}

#[test]
fn checkpoints_healthy_and_expired() {
    let of = |path: &str| checkpoints(&read(path), &cluster(), &RunId::new("r")).unwrap();
    let got = of("kafka-1.20.5/dwd-order-stats/job_checkpoints");
    assert_eq!((got.completed, got.failed, got.in_progress), (Some(16), Some(0), Some(0)));
    let last = got.latest_completed.unwrap();
    assert_eq!((last.id, &*last.status, last.savepoint), (16, "COMPLETED", false));
    assert_eq!(last.latest_ack.map(|t| t - last.triggered), Some(Span(10)));
    assert_eq!((last.acknowledged, last.subtasks), (Some(4), Some(4)));
    assert_eq!(last.unaligned, Some(false));
    assert!(last.external_path.unwrap().ends_with("/chk-16"));
    for version in VERSIONS {
        let got = of(&format!("{version}/checkpoint_timeout/job_checkpoints"));
        assert_eq!((got.completed, got.history.len()), (Some(4), 3));
        let newest = &got.history[0];
        assert_eq!(newest.failure.as_deref(), Some("Checkpoint expired before completing."));
        assert!(newest.acknowledged < newest.subtasks && newest.external_path.is_none());
        assert!(got.history[0].id > got.history[1].id && got.failed >= Some(5));
    }
}

#[test]
fn another_jobmanager_knows_only_what_was_restored() {
    for version in VERSIONS {
        let path = |f: &str| format!("{version}/jm_failover_ha/{f}");
        let got = checkpoints(&read(&path("checkpoints")), &cluster(), &RunId::new("r")).unwrap();
        let restored = got.latest_restored.unwrap();
        assert_eq!((got.restored, restored.id, restored.savepoint), (Some(1), 4, false));
        assert!(exceptions(&read(&path("exceptions"))).unwrap().is_empty());
        let job = detail(&read(&path("job")), &cluster()).unwrap();
        assert!(restored.at >= job.start);
    }
}

#[test]
fn exceptions_of_both_forms() {
    for version in VERSIONS {
        let of =
            |case: &str| exceptions(&read(&format!("{version}/{case}/job_exceptions"))).unwrap();
        let got = of("throw_restarting");
        let newest = &got[0];
        assert_eq!(&*newest.class, "java.lang.IllegalStateException");
        assert!(newest.stack.starts_with(
            "java.lang.IllegalStateException: boom: card number parse error\n\tat bed.FaultUdf"
        ));
        assert!(newest.task.as_ref().unwrap().starts_with("Calc[8] ("));
        assert_eq!(newest.taskmanager, Some(TaskManagerId::new("tm-2")));
        assert!(got.iter().is_sorted_by_key(|e| std::cmp::Reverse(e.at)));
        // the true cause stands beside the last one
        let got = of("throw_failed");
        assert_eq!(&*got[0].class, "org.apache.flink.runtime.JobException");
        assert!(got[0].task.is_none() && got[0].taskmanager.is_none());
        assert_eq!(got[0].concurrent.len(), 1);
        assert_eq!(&*got[0].concurrent[0].class, "java.lang.IllegalStateException");
        assert_eq!(got.len(), 3);
        assert!(of("tm_kill")[0].class.starts_with("org.apache.flink.runtime."));
    }
}

#[test]
fn taskmanagers_of_processes_and_of_one_jvm() {
    for version in VERSIONS {
        let got = taskmanagers(&read(&format!("{version}/taskmanagers"))).unwrap();
        assert_eq!(got.len(), 2);
        let one = &got[0];
        assert_eq!((one.id.as_str(), one.host.as_deref()), ("tm-2", Some("127.0.0.1")));
        assert_eq!((one.slots, one.cpu_cores), (Some(4), Some(2.0)));
        assert_eq!(one.physical_memory, Some(25276502016));
        assert!(one.last_heartbeat > Some(Millis(1795000000000)));
    }
    let got = taskmanagers(&read("kafka-1.20.5/taskmanagers")).unwrap();
    assert_eq!((&got[0].host, got[0].free_slots), (&None, Some(0)));
    let bare = taskmanagers(br#"{"taskmanagers":[{"id":"a","hardware":null}]}"#).unwrap();
    assert_eq!((bare[0].slots, bare[0].physical_memory), (None, None));
}

#[test]
fn where_subtasks_run() {
    for version in ["1.20.5", "2.2.1"] {
        let path = format!("kafka-{version}/dwd-order-stats/v0_vertex");
        let got = placed(&read(&path)).unwrap();
        let indexes: Vec<u32> = got.iter().map(|p| p.0).collect();
        assert_eq!(indexes, [0, 1], "{version}");
        assert!(got.iter().all(|p| p.1.as_str().len() == 36), "{version} {got:?}");
    }
    let text = br#"{"subtasks":[{"subtask":0,"taskmanager-id":"(unassigned)"},{"subtask":1}]}"#;
    assert_eq!(placed(text), Ok(vec![]));
}

#[test]
fn metrics_and_logs_are_lists() {
    let names = metric_names(&read("kafka-1.20.5/dwd-order-stats/v0_metrics_list")).unwrap();
    assert!(names.iter().any(|n| n == "0.numRecordsIn"));
    let values = metric_values(&read("kafka-1.20.5/dwd-order-stats/v0_metrics_values")).unwrap();
    assert!(values.contains(&("0.isBackPressured".into(), "false".into())));
    assert_eq!(values.len(), names.len());
    let logs = log_list(&read("2.3.0/tm_logs")).unwrap();
    assert_eq!(logs[2], LogFile { name: "tm1.log".into(), size: Some(35749) });
}

#[test]
fn kafka_in_a_taskmanagers_log() {
    let path = "/tests/fixtures/flink-rest/1.20.5/taskmanager.log";
    let log = std::fs::read(format!("{}{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let found = kafka_addresses(&log);
    let wanted: Vec<Name> = vec!["ads-risk".into(), "audit-log".into()];
    assert_eq!(found, [("127.0.0.1:23737".into(), wanted)].into());
}
