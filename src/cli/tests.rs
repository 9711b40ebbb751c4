use super::*;
use clap::{CommandFactory, Parser};

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
    let parse = |args: &str| Cli::try_parse_from(args.split(' '));
    assert!(parse("streamwarden status --json --server http://h:1").is_ok());
    assert!(
        parse("streamwarden serve --flink http://h:8081 --kafka h:9092 --listen [::1]:1").is_ok()
    );
    let remote = parse("streamwarden serve --listen 0.0.0.0:1").expect_err("others could reach it");
    assert!(remote.to_string().contains("allow_remote"));
    assert!(parse("streamwarden serve --kafka h:9092").is_err());
    assert!(parse("streamwarden replay x --drop 0.3").is_ok());
    assert!(parse("streamwarden replay x --drop 7").is_err());
    assert!(parse("streamwarden replay x --drop NaN").is_err());
}

#[tokio::test]
async fn asking_a_process_that_is_not_there_says_what_to_start() {
    // bound and dropped: nobody listens there
    let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
    let server = ask::Server::new(&reachable(gone.expect("a free port"))).expect("server");
    let failure = server.get::<crate::web::view::Overview>("overview").await.expect_err("gone");
    assert!(failure.error.contains("nothing answers at http://127.0.0.1:"), "{failure:?}");
    assert!(failure.todo.contains("streamwarden serve"));
}

#[tokio::test]
async fn an_unknown_job_gets_the_nearest_name() {
    let server = wiremock::MockServer::start().await;
    let answer = |at: &str, code: u16, body: serde_json::Value| {
        wiremock::Mock::given(wiremock::matchers::path(at))
            .respond_with(wiremock::ResponseTemplate::new(code).set_body_json(body))
            .mount(&server)
    };
    let row = |name: &str| {
        let delay: serde_json::Value =
            serde_json::from_str::<serde_json::Value>(include_str!("testdata/levels.json"))
                .expect("fixture")["rows"][0]["delay"]
                .clone();
        serde_json::json!({
            "id": format!("job:pay/{name}"), "name": name, "cluster": "pay", "state": "RUNNING",
            "ambiguous": false, "run": "r", "start": 0, "status": "normal", "delay": delay,
            "stale": false, "seen": 0,
        })
    };
    let jobs = serde_json::json!({ "at": 0, "total": 1, "jobs": [row("dwd-order-stats")] });
    answer("/api/v1/levels", 404, serde_json::json!({ "error": "no" })).await;
    answer("/api/v1/jobs", 200, jobs).await;
    let server = ask::Server::new(&server.uri()).expect("server");
    let asked = server.get_of_job::<crate::web::view::LevelsView>("levels?id=x", "dwd-orderstats");
    let failure = asked.await.expect_err("no such job");
    assert_eq!(failure.error, "no job is named `dwd-orderstats`");
    assert_eq!(failure.todo, "did you mean `dwd-order-stats`?");
}
