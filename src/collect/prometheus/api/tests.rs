//! Answers of a real Prometheus and a real VictoriaMetrics (tests/fixtures/prometheus-api) that
//! scraped the texts of `exposition/scrape-1.20.5-*` and `jobmanager-2.3.0` each 3 s, with labels of
//! their own, one of them (`host`) called as Flink calls one.

use super::*;
use crate::collect::http::HttpAccess;
use std::collections::HashSet;
use wiremock::matchers::{path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

macro_rules! fixture {
    ($path:literal) => {
        include_str!(concat!("../../../../tests/fixtures/", $path))
    };
}

const SERVERS: [(&str, &str); 2] = [
    (
        fixture!("prometheus-api/prometheus-2.42.0.names.json"),
        fixture!("prometheus-api/prometheus-2.42.0.query.json"),
    ),
    (
        fixture!("prometheus-api/victoriametrics-1.79.5.names.json"),
        fixture!("prometheus-api/victoriametrics-1.79.5.query.json"),
    ),
];
const SCRAPED: [&str; 4] = [
    fixture!("exposition/jobmanager-2.3.0.txt"),
    fixture!("exposition/scrape-1.20.5-058.txt"),
    fixture!("exposition/scrape-1.20.5-059.txt"),
    fixture!("exposition/scrape-1.20.5-060.txt"),
];
const NAMES_ONE: &str =
    r#"{"status":"success","data":["flink_jobmanager_numRunningJobs","go_info"]}"#;

fn newest(query: &str) -> Millis {
    let answer: Answer<'_> = parse_json(query.as_bytes()).unwrap();
    answer.data.result.iter().filter_map(Series::last).max().unwrap()
}

async fn eye(server: &MockServer) -> ApiTarget {
    let address = server.uri();
    let target = Target {
        name: "metrics pay".into(),
        kind: streamwarden_core::estate::TargetKind::Prometheus,
        address: address.as_str().into(),
    };
    let labels = [("job".to_owned(), "flink \"pay\"".to_owned())].into();
    let of = Selection { base: address, labels };
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    ApiTarget::new(target, ClusterId::new("prod"), of, Duration::from_secs(3), client)
}

async fn serve(names: &str, query: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let json = |body: &str| ResponseTemplate::new(200).set_body_raw(body, "application/json");
    let names = Mock::given(path_regex("^/api/v1/label/")).respond_with(json(names));
    names.mount(&server).await;
    Mock::given(path("/api/v1/query")).respond_with(query).mount(&server).await;
    server
}

async fn look(names: &str, query: &str, at: Millis) -> Yield {
    let server = serve(names, ResponseTemplate::new(200).set_body_string(query)).await;
    eye(&server).await.look(at).await
}

type Values = HashSet<(Entity, Signal, u64)>;

fn values(samples: &[Sample]) -> Values {
    let flink = samples.iter().filter(|s| !matches!(s.entity, Entity::Target { .. }));
    flink.map(|s| (s.entity.clone(), s.signal, s.value.to_bits())).collect()
}

#[tokio::test]
async fn what_a_server_kept_is_what_the_endpoints_tell() {
    let mut slots = Slots::new(ClusterId::new("prod"), "x".into(), "y".into(), 10_000);
    let read = SCRAPED.iter().flat_map(|text| slots.read(text.as_bytes(), Millis(0)).samples);
    let scraped: Vec<Sample> = read.collect();
    for (names, query) in SERVERS {
        let at = newest(query) + Span::secs(1);
        let server = serve(names, ResponseTemplate::new(200).set_body_string(query)).await;
        let mut eye = eye(&server).await;
        let found = eye.look(at).await;
        assert_eq!(found.gaps, []);
        let told = values(&found.samples);
        let signals: HashSet<Signal> = told.iter().map(|v| v.1).collect();
        let mut same = values(&scraped);
        same.retain(|v| signals.contains(&v.1));
        assert_eq!(signals.len(), 7, "{signals:?}");
        assert!(told.is_subset(&same), "{:?}", told.difference(&same).next());
        let things =
            |of: &Values| -> HashSet<_> { of.iter().map(|v| (v.0.clone(), v.1)).collect() };
        assert_eq!(things(&told), things(&same), "every series, and no other");
        let busy = found.samples.iter().filter(|s| s.signal == Signal::BusyTime);
        assert!(
            busy.clone().count() > 0
                && busy.clone().all(|s| s.at < at && at - s.at < Span::secs(12))
        );
        let facts =
            |found: &Yield| -> Vec<Fact> { found.facts.iter().map(|f| f.1.clone()).collect() };
        let placed = facts(&found).iter().filter(|f| matches!(f, Fact::Placement { .. })).count();
        assert_eq!(placed, 12);
        assert!(facts(&found).iter().any(|f| matches!(f, Fact::TaskManagerAnswers {
            taskmanagers, answering: Answering::Answers, .. } if taskmanagers.len() == 1)));
        // asked again before the server has scraped again
        let again = eye.look(at + Span::secs(1)).await;
        assert_eq!((values(&again.samples).len(), again.gaps.len()), (0, 0));
        let asked = server.received_requests().await.unwrap();
        assert_eq!(asked.len(), 3, "names once a minute: {asked:?}");
        let query = |i: usize| asked[i].url.query_pairs().find(|(k, _)| k == "query").unwrap().1;
        assert!(query(1).ends_with(r#"|up|scrape_duration_seconds",job="flink \"pay\""}[60s]"#));
        assert!(query(2).ends_with("}[14s]"), "{}", query(2));
    }
}

fn series(labels: &str, values: &str) -> String {
    format!(r#"{{"metric":{{{labels}}},"values":[{values}]}}"#)
}

fn matrix(all: &[String], beside: &str) -> String {
    let all = all.join(",");
    format!(r#"{{"status":"success"{beside},"data":{{"resultType":"matrix","result":[{all}]}}}}"#)
}

fn jobs(instance: &str) -> String {
    let labels = format!(
        r#""__name__":"flink_jobmanager_numRunningJobs","job":"f","instance":"{instance}""#
    );
    series(&labels, r#"[100,"2"],[110.5,"3"]"#)
}

const AT: Millis = Millis(120_000);

fn gap<'a>(found: &'a Yield, what: &str) -> &'a GapReason {
    let of = found.gaps.iter().find(|g| &*g.what == what);
    &of.unwrap_or_else(|| panic!("no gap {what}: {:?}", found.gaps)).reason
}

fn told(found: &Yield) -> Vec<(Millis, f64)> {
    let jobs = found.samples.iter().filter(|s| s.signal == Signal::RunningJobs);
    jobs.map(|s| (s.at, s.value)).collect()
}

#[tokio::test]
async fn half_an_answer_counts_and_is_said() {
    let whole = look(NAMES_ONE, &matrix(&[jobs("a")], ""), AT).await;
    assert_eq!(whole.gaps, []);
    assert_eq!(told(&whole), [(Millis(100_000), 2.0), (Millis(110_500), 3.0)]);
    let warned = r#","warnings":["store\u001b[31m 10.0.0.9 timed out"]"#;
    for (beside, said) in [(warned, "it warns: store\u{fffd}"), (r#","isPartial":true"#, "a part")]
    {
        let half = look(NAMES_ONE, &matrix(&[jobs("a")], beside), AT).await;
        let GapReason::NotUnderstood { detail } = gap(&half, WHOLE) else { panic!() };
        assert!(detail.starts_with(said), "{detail}");
        assert_eq!(told(&half).len(), 2);
    }
}

#[tokio::test]
async fn two_clusters_in_one_selection_are_said() {
    let found = look(NAMES_ONE, &matrix(&[jobs("a"), jobs("b")], ""), AT).await;
    let GapReason::NotConfigured { detail } = gap(&found, ONE_CLUSTER) else { panic!() };
    assert_eq!(
        detail,
        "2 JobManagers are selected (f a, f b): give `labels:` that select one cluster"
    );
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_not_the_server_that_is() {
    let heap = |tm: &str| {
        let name = "flink_taskmanager_Status_JVM_Memory_Heap_Used";
        let labels = format!(r#""__name__":"{name}","job":"f","instance":"{tm}","tm_id":"{tm}""#);
        series(&labels, r#"[100,"5"]"#)
    };
    let own = |name: &str, tm: &str, value: &str| {
        let labels = format!(r#""__name__":"{name}","job":"f","instance":"{tm}""#);
        series(&labels, &format!(r#"[100,"1"],[110,"{value}"]"#))
    };
    let took = |tm, s| own("scrape_duration_seconds", tm, s);
    let all = [
        heap("t1"),
        heap("t2"),
        heap("t3"),
        own("up", "t1", "1"),
        own("up", "t2", "0"),
        own("up", "t3", "0"),
        took("t1", "0.1"),
        took("t2", "0.001"),
        took("t3", "10"),
    ];
    let found = look(NAMES_ONE, &matrix(&all, ""), AT).await;
    let answers: Vec<_> = found
        .facts
        .iter()
        .filter_map(|(_, f)| match f {
            Fact::TaskManagerAnswers { taskmanagers, answering, .. } => {
                Some((taskmanagers[0].to_string(), *answering))
            }
            _ => None,
        })
        .collect();
    // the third may stand still or be cut off: nobody can tell
    let (t1, t2) = ("t1".to_owned(), "t2".to_owned());
    assert_eq!(answers, [(t1, Answering::Answers), (t2, Answering::Unreachable)]);
    let GapReason::Unreachable { detail } = gap(&found, ENDPOINTS) else { panic!() };
    assert!(detail.starts_with("2 of 3 endpoints"), "{detail}");

    let server = serve(NAMES_ONE, ResponseTemplate::new(503)).await;
    let found = eye(&server).await.look(AT).await;
    assert_eq!(gap(&found, SERIES), &GapReason::Status { code: 503 });
    assert_eq!(found.facts, []);
}

#[tokio::test]
async fn a_server_without_flink_says_what_to_correct() {
    let found =
        look(r#"{"status":"success","data":["up","node_cpu"]}"#, &matrix(&[], ""), AT).await;
    assert!(matches!(gap(&found, SERIES), GapReason::NotConfigured { .. }));
    let found = look("<html>login</html>", &matrix(&[], ""), AT).await;
    let GapReason::NotUnderstood { detail } = gap(&found, NAMES) else { panic!() };
    assert!(detail.starts_with("answered HTML"), "{detail}");
}

#[tokio::test]
async fn the_attempt_that_goes_on_speaks() {
    let records = |attempt: u32, values: &str| {
        let labels = format!(
            r#""__name__":"flink_taskmanager_job_task_numRecordsIn","job_id":"j",
            "task_id":"t","subtask_index":"0","task_attempt_num":"{attempt}","instance":"a""#
        );
        series(&labels, values)
    };
    let all = [records(0, r#"[90,"800"],[100,"900"]"#), records(1, r#"[105,"1"],[115,"7"]"#)];
    let found = look(NAMES_ONE, &matrix(&all, ""), AT).await;
    let values: Vec<f64> =
        found.samples.iter().filter(|s| s.signal == Signal::RecordsIn).map(|s| s.value).collect();
    assert_eq!(values, [1.0, 7.0]);
}

#[test]
fn no_question_is_longer_than_a_proxy_takes() {
    let names = (0..300).map(|i| format!("flink_taskmanager_job_task_operator_{i}")).collect();
    let of = Selection { base: "http://p/x".into(), labels: BTreeMap::new() };
    let queries = of.queries(&names, Span::secs(20));
    assert_eq!(queries.iter().map(|q| q.matches("operator_").count()).sum::<usize>(), 300);
    for query in &queries {
        assert!(url(&of.base, "query", &[("query", query)]).unwrap().len() < 6000);
    }
    assert!(url("no address", "query", &[]).is_err());
}

/// As the recorded Prometheus answered it.
const DAY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job_name":"baseline_agg"},"values":[[1795338000,"0.218"],[1795338300,"0.218"],[1795338600,"NaN"],[1795338900,"0.3"]]}]}}"#;

#[tokio::test]
async fn a_day_of_the_past_is_asked_in_one_small_question() {
    let body = std::sync::Mutex::new(vec![
        DAY.replace(r#""status""#, r#""warnings":["half"],"status""#),
        DAY.to_owned(),
    ]);
    let server = MockServer::start().await;
    let answer = move |_: &wiremock::Request| {
        ResponseTemplate::new(200).set_body_string(body.lock().unwrap().pop().unwrap_or_default())
    };
    Mock::given(path("/api/v1/query_range")).respond_with(answer).mount(&server).await;
    let labels = [("job".to_owned(), "flink".to_owned())].into();
    let of = Selection { base: server.uri(), labels };
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let api = past::PastApi::new(of, Duration::from_secs(30), client);
    let told = past::TOLD.iter().find(|t| t.name == "checkpoint_duration").unwrap();
    let (from, to) = (Millis(1_795_338_000_000), Millis(1_795_338_900_000));
    let day = api.day(told, from, to).await.unwrap();
    let points = vec![(from, 0.218), (from + Span::secs(300), 0.218)];
    let job = Some("baseline_agg".to_owned());
    assert_eq!(day, [past::Day { job, points }], "what is no number is no value, nor is the end");
    assert!(api.day(told, from, to).await.is_err(), "half of it would be another measure");
    let asked = server.received_requests().await.unwrap();
    let of = |key: &str| asked[0].url.query_pairs().find(|(k, _)| k == key).unwrap().1.into_owned();
    assert_eq!(
        of("query"),
        "max by (job_name) (last_over_time({__name__=\"flink_jobmanager_job_lastCheckpointDuration\"\
         ,job=\"flink\"}[120s]) / 1000 >= 0)"
    );
    assert_eq!([of("start"), of("end"), of("step")], ["1795338000", "1795338600", "300"]);
}

#[test]
fn what_is_told_of_the_past_is_kept_under_that_name() {
    for told in past::TOLD {
        let kept = streamwarden_core::past::Kept::find(told.of, told.name);
        assert!(kept.is_some(), "{}", told.name);
    }
}
