use super::*;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn answer(server: &MockServer, at: &str, body: serde_json::Value) {
    let response = ResponseTemplate::new(200).set_body_json(body);
    Mock::given(path(at)).respond_with(response).mount(server).await;
}

fn marks(found: &[Finding]) -> Vec<(&str, Mark)> {
    found.iter().map(|f| (f.what.as_str(), f.mark)).collect()
}

async fn doctor(rest: &str) -> Vec<Finding> {
    let config = Config::from_flags(&[rest.to_owned()], &[], &[]).expect("a URL");
    flink::examine(&config.flink[0], &config.bases, false, true).await.list
}

#[tokio::test]
async fn a_cluster_of_another_version_with_a_wrong_clock() {
    let server = MockServer::start().await;
    let overview = serde_json::json!({
        "flink-version": "1.17.2", "taskmanagers": 2, "slots-total": 8
    });
    answer(&server, "/overview", overview).await;
    let jobs = serde_json::json!({ "jobs": [{ "jid": "a1", "state": "RUNNING" }] });
    answer(&server, "/jobs/overview", jobs).await;
    let now = crate::clock::now().0 - 90_000;
    answer(&server, "/jobs/a1", serde_json::json!({ "now": now })).await;
    let entries = serde_json::json!([{ "key": "rest.port", "value": "8081" }]);
    answer(&server, "/jobmanager/config", entries).await;
    let found = doctor(&server.uri()).await;
    let wanted = [
        ("REST", Mark::Blind),
        ("jobs", Mark::Fine),
        ("clock", Mark::Blind),
        ("probes", Mark::Blind),
        ("Kafka", Mark::Blind),
    ];
    assert_eq!(marks(&found)[..5], wanted);
    assert!(found[3].todo.as_deref().is_some_and(|t| t.contains("rest.flamegraph.enabled")));
    assert!(found[0].because.contains("read, but not claimed"), "{found:?}");
    assert!(found[2].because.contains("is -90"), "{found:?}");
    assert_eq!(exit(&found), Exit::CannotTell);
}

#[tokio::test]
async fn what_is_not_flink_and_what_is_not_there() {
    let server = MockServer::start().await;
    answer(&server, "/overview", serde_json::json!({ "name": "other" })).await;
    let found = doctor(&server.uri()).await;
    assert_eq!(marks(&found)[0], ("REST", Mark::Broken));
    assert!(found[0].because.contains("not as Flink does"));
    drop(server);
    let found = doctor("http://127.0.0.1:1").await;
    assert_eq!(marks(&found)[0], ("REST", Mark::Broken));
}

#[tokio::test]
async fn a_port_that_is_taken_and_a_folder_that_cannot_be() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = taken.local_addr().expect("bound");
    // accepts nothing: the doctor must not wait for it for long
    let config = Config { listen, data_dir: "/proc/none".into(), ..Config::default() };
    let found = local::examine(&config).await.list;
    let broken: Vec<_> = found.iter().filter(|f| f.mark == Mark::Broken).collect();
    assert_eq!(broken.len(), 2, "{found:?}");
    assert!(broken[0].because.contains("another process listens on"));
    assert_eq!(exit(&found), Exit::Ours);
}

#[tokio::test]
async fn the_first_text_of_an_endpoint_is_read_by_two_parsers() {
    let server = MockServer::start().await;
    let text = "flink_taskmanager_x{a=\"b\",} 1.0\nother 2\n";
    let good = ResponseTemplate::new(200).set_body_string(text);
    Mock::given(path("/good")).respond_with(good).mount(&server).await;
    let html = ResponseTemplate::new(200).set_body_string("<html>login</html>");
    Mock::given(path("/html")).respond_with(html).mount(&server).await;
    let urls = [format!("{}/good", server.uri()), format!("{}/html", server.uri())];
    let config = Config::from_flags(&["http://127.0.0.1:1".to_owned()], &urls, &[]);
    let config = config.expect("flags");
    let found = flink::examine(&config.flink[0], &config.bases, true, false).await.list;
    let metrics: Vec<_> = found.iter().filter(|f| f.what == "metrics").collect();
    assert_eq!(metrics[0].mark, Mark::Fine);
    assert!(metrics[0].because.contains("2 series, 1 of them Flink's"), "{metrics:?}");
    assert!(metrics[0].because.contains("prometheus-parse reads it alike"), "{metrics:?}");
    assert_eq!(metrics[1].mark, Mark::Broken);
}

#[test]
fn an_observer_without_rights_is_blind_not_fine() {
    let right = |right, held| crate::collect::kafka::Right { right, held, opens: "…" };
    let reach = crate::collect::kafka::Reach {
        bootstrap: vec![("a:9092".into(), None)],
        kafka_id: None,
        brokers: vec![],
        topics: Some(0),
        names: None,
        partitions: Some(0),
        groups: Some(0),
        transactions: None,
        rights: vec![
            right("DESCRIBE on CLUSTER", Some(false)),
            right("READ on TOPIC", Some(false)),
        ],
        blind: vec![],
    };
    let mut findings = Findings::new("k");
    kafka::report(&reach, &mut findings);
    let wanted = [
        ("bootstrap", Mark::Fine),
        ("visible", Mark::Blind),
        ("DESCRIBE on CLUSTER", Mark::Blind),
        ("READ on TOPIC", Mark::Fine),
        ("DESCRIBE on GROUP", Mark::Blind),
        ("DESCRIBE on TRANSACTIONAL_ID", Mark::Blind),
    ];
    assert_eq!(marks(&findings.list), wanted);
}
