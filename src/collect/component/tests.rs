//! Probes and series of a component.

use super::*;
use crate::collect::http::HttpAccess;
use streamwarden_core::estate::{BaseKind, ClusterId, Fact, GapReason, Place, TargetKind};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

fn component(ways: Vec<Way>) -> ComponentTarget {
    let target =
        Target { name: "component dim".into(), kind: TargetKind::Component, address: "x".into() };
    let base = Base {
        cluster: ClusterId::new("dim"),
        kind: BaseKind::Component,
        sort: "redis".into(),
        place: Place::default(),
        health: Vec::new(),
    };
    ComponentTarget::new(target, base, ways)
}

fn serves(found: &Yield) -> Option<bool> {
    match &found.facts[0].1 {
        Fact::Base(b) => b.serves,
        _ => None,
    }
}

#[test]
fn series_are_named_with_or_without_labels() {
    let text = b"redis_up 1\nredis_db_keys{db=\"db0\"} 5\nredis_db_keys{db=\"db1\"} 9\nx NaN\n";
    let wanted = |names: &[&str]| -> Vec<Wanted> {
        names.iter().map(|n| Wanted::parse(n).unwrap()).collect()
    };
    let of = |names: &[&str]| metrics::read(text, &wanted(names));
    let all = of(&["redis_up", "redis_db_keys", "redis_db_keys{db=\"db0\"}"]).unwrap();
    let value = |name: &str| all.iter().find(|(n, _)| &**n == name).map(|(_, v)| *v);
    assert_eq!(value("redis_db_keys"), Some(9.0), "of several the highest");
    assert_eq!(value("redis_db_keys{db=\"db0\"}"), Some(5.0));
    let why = |names: &[&str]| match of(names) {
        Err(GapReason::NotUnderstood { detail }) => detail.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(why(&["x", "absent"]), "the value of x is not a number (NaN or Inf)");
    assert_eq!(why(&["absent"]), "none of the series that `metrics` names is in its text");
    assert!(metrics::read(b"<html>", &[]).is_err());
    assert_eq!(Wanted::parse("not a name"), None);
    assert_eq!(Wanted::parse("a{b=c}"), None);
}

#[tokio::test]
async fn an_answer_without_the_wanted_text_is_none() {
    crate::dial::install_crypto();
    let mock = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_string("{\"status\": \"red\"}");
    Mock::given(path("/health")).respond_with(answer).mount(&mock).await;
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let http = |contains: &str| {
        let probe = HttpProbe {
            url: format!("{}/health", mock.uri()),
            contains: Some(contains.to_owned()),
        };
        Way::Http { probe, client: client.clone() }
    };
    let well = component(vec![http("red")]).look(Millis(1)).await;
    assert_eq!((serves(&well), well.gaps.len()), (Some(true), 0));
    let ill = component(vec![http("green")]).look(Millis(1)).await;
    assert_eq!((serves(&ill), ill.gaps.len()), (Some(false), 1));
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_and_an_exporter_that_is_away() {
    crate::dial::install_crypto();
    let tcp = |address: &str| Way::Tcp { address: address.to_owned() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let there = listener.local_addr().unwrap().to_string();
    assert_eq!(serves(&component(vec![tcp(&there)]).look(Millis(1)).await), Some(true));
    let both = component(vec![tcp(&there), tcp("127.0.0.1:1")]).look(Millis(1)).await;
    assert_eq!(serves(&both), Some(false));
    // one service by its port and by its page: two members
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let probe = HttpProbe { url: format!("http://{there}"), contains: None };
    let two = component(vec![tcp(&there), Way::Http { probe, client }]).look(Millis(1)).await;
    let Fact::Base(fact) = &two.facts[0].1 else { panic!("the first fact is the look") };
    let names: Vec<&str> = fact.members.iter().map(|m| &*m.name).collect();
    assert_eq!(names, [format!("tcp {there}"), format!("http {there}")]);
    assert_eq!(fact.members[0].host.as_deref(), Some("127.0.0.1"));
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let url = "http://127.0.0.1:1/metrics".to_owned();
    let exporter = Way::Exporter { url, client, metrics: Vec::new() };
    let blind = component(vec![exporter]).look(Millis(1)).await;
    assert_eq!((serves(&blind), blind.gaps.len()), (None, 1), "our sight, not its health");
}
