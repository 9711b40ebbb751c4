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
    flink::examine(&config.flink[0], false).await.list
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
    let found = doctor(&server.uri()).await;
    let wanted = [
        ("REST", Mark::Blind),
        ("jobs", Mark::Fine),
        ("clock", Mark::Blind),
        ("Kafka", Mark::Blind),
    ];
    assert_eq!(marks(&found)[..4], wanted);
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
