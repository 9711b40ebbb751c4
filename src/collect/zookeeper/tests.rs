//! Recorded answers of an ensemble of ZooKeeper 3.9.5, and servers that answer as none should.

use super::*;
use crate::collect::http::{HttpAccess, ReadClient};
use std::time::Duration;
use streamwarden_core::estate::{
    Answering, BaseKind, ClusterId, Entity, Estate, Fact, Place, TargetKind,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../../../tests/bases/zookeeper/", $name))
    };
}

fn target() -> Target {
    Target { name: "zookeeper zk".into(), kind: TargetKind::Zookeeper, address: "z:2181".into() }
}

fn base() -> Base {
    Base {
        cluster: ClusterId::new("zk"),
        kind: BaseKind::Zookeeper,
        sort: "zookeeper".into(),
        place: Place::default(),
        health: Vec::new(),
    }
}

/// The ensemble as it stands after one look; and the value of a series of it, or of a server.
fn seen(told: Vec<(&str, Result<Told, GapReason>)>) -> (Estate, Yield) {
    let told = told.into_iter().map(|(name, t)| (name.to_owned(), t)).collect();
    let found = gathered(&target(), &base(), told, Millis(1));
    let mut estate = Estate::default();
    for (at, fact) in found.facts.clone() {
        estate.apply(fact, at);
    }
    (estate, found)
}

fn states(estate: &Estate) -> Vec<(&str, Option<&str>)> {
    let zk = &estate.bases[&ClusterId::new("zk")];
    zk.members.values().map(|m| (&*m.is.name, m.is.state.as_deref())).collect()
}

fn value(found: &Yield, server: Option<&str>, signal: Signal) -> Option<f64> {
    let cluster = ClusterId::new("zk");
    let entity = match server {
        Some(server) => Entity::Member { cluster, member: server.into() },
        None => Entity::Base { cluster },
    };
    found.samples.iter().find(|s| s.entity == entity && s.signal == signal).map(|s| s.value)
}

/// Three servers as they were recorded under a fault.
pub(crate) fn recorded(fault: &str, at: Millis) -> (Target, Yield) {
    let told = match fault {
        "healthy" => [
            parse::mntr(recorded!("healthy.1.mntr.txt")),
            parse::mntr(recorded!("healthy.2.mntr.txt")),
            parse::mntr(recorded!("healthy.3.mntr.txt")),
        ],
        "follower-frozen" => [
            Err(GapReason::TimedOut { after_ms: 3000 }),
            parse::mntr(recorded!("follower-frozen.2.mntr.txt")),
            parse::mntr(recorded!("follower-frozen.3.mntr.txt")),
        ],
        "leader-killed" => [
            parse::mntr(recorded!("leader-killed.1.mntr.txt")),
            parse::mntr(recorded!("leader-killed.2.mntr.txt")),
            Err(refused()),
        ],
        "quorum-lost" => {
            [Err(refused()), parse::mntr(recorded!("quorum-lost.mntr.txt")), Err(refused())]
        }
        other => panic!("{other} was not recorded"),
    };
    let names = ["z1", "z2", "z3"].map(str::to_owned);
    let told = names.into_iter().zip(told).collect();
    (target(), gathered(&target(), &base(), told, at))
}

fn refused() -> GapReason {
    GapReason::Unreachable { detail: "Connection refused".into() }
}

#[test]
fn three_servers_of_which_one_leads() {
    let (estate, found) = seen(vec![
        ("z1", parse::mntr(recorded!("healthy.1.mntr.txt"))),
        ("z2", parse::mntr(recorded!("healthy.2.mntr.txt"))),
        ("z3", parse::mntr(recorded!("healthy.3.mntr.txt"))),
    ]);
    let follower = Some("follower");
    assert_eq!(states(&estate), [("z1", follower), ("z2", follower), ("z3", Some("leader"))]);
    let zk = &estate.bases[&ClusterId::new("zk")];
    assert_eq!((zk.serves, &*zk.notes["version"]), (Some(true), "3.9.5"));
    assert_eq!(value(&found, None, Signal::SyncedFollowers), Some(2.0));
    assert_eq!(value(&found, None, Signal::QuorumSize), Some(3.0));
    assert_eq!(value(&found, Some("z3"), Signal::MaxFiles), Some(20_000.0));
    assert_eq!(value(&found, Some("z3"), Signal::DataSize), Some(182.0));
    assert_eq!(value(&found, Some("z3"), Signal::SnapshotTime), Some(2.0));
    assert!(found.gaps.is_empty());
}

#[test]
fn a_lost_quorum_is_said_by_the_last_server_and_not_by_silence() {
    let last = parse::mntr(recorded!("quorum-lost.mntr.txt"));
    let (estate, found) = seen(vec![("z1", Err(refused())), ("z2", last), ("z3", Err(refused()))]);
    assert_eq!(states(&estate)[1], ("z2", Some("not_serving")));
    assert_eq!(estate.bases[&ClusterId::new("zk")].serves, Some(false));
    assert_eq!(value(&found, None, Signal::SyncedFollowers), None, "unknown, not zero");
    let asked: Vec<&str> = found.gaps.iter().map(|g| &*g.what).collect();
    assert_eq!(asked, ["z1", "z3"]);
}

#[test]
fn a_frozen_follower_is_silent_and_its_leader_counts_one_less() {
    let silent = GapReason::TimedOut { after_ms: 3000 };
    let (estate, found) = seen(vec![
        ("z1", Err(silent)),
        ("z2", parse::mntr(recorded!("follower-frozen.2.mntr.txt"))),
        ("z3", parse::mntr(recorded!("follower-frozen.3.mntr.txt"))),
    ]);
    let zk = &estate.bases[&ClusterId::new("zk")];
    assert_eq!(zk.members["z1"].is.answering, Some(Answering::Silent));
    assert_eq!(zk.serves, Some(true));
    assert_eq!(value(&found, None, Signal::SyncedFollowers), Some(1.0));
}

/// The figures that the checks' cases hold (`as recorded: zookeeper/…`).
#[test]
fn servers_that_are_full_or_slow_tell_it() {
    let all = [
        (recorded!("many-watches.mntr.txt"), Signal::Watches, 12_000.0),
        (recorded!("many-clients.mntr.txt"), Signal::Connections, 1201.0),
        (recorded!("few-files.mntr.txt"), Signal::OpenFiles, 103.0),
        (recorded!("few-files.mntr.txt"), Signal::MaxFiles, 120.0),
        (recorded!("large-tree.mntr.txt"), Signal::DataSize, 588_054_895.0),
        (recorded!("large-tree.mntr.txt"), Signal::Znodes, 625.0),
        (recorded!("slow-snapshot.mntr.txt"), Signal::SnapshotTime, 19_804.0),
        (recorded!("slow-disk.mntr.txt"), Signal::FsyncTime, 1878.0),
    ];
    for (answer, signal, figure) in all {
        let (_, found) = seen(vec![("z1", parse::mntr(answer))]);
        assert_eq!(value(&found, Some("z1"), signal), Some(figure), "{signal:?}");
    }
}

#[test]
fn srvr_and_the_admin_server_say_the_same() {
    let words = parse::mntr(recorded!("healthy.3.mntr.txt")).unwrap();
    let less = parse::srvr(recorded!("healthy.3.srvr.txt")).unwrap();
    let admin = parse::monitor(recorded!("healthy.3.monitor.json").as_bytes()).unwrap();
    for told in [&words, &less, &admin] {
        assert_eq!((told.state(), told.version.as_deref()), ("leader", Some("3.9.5")));
        assert_eq!(told.figures[&Signal::Znodes], 5.0);
        assert_eq!(told.figures[&Signal::ServerLatency], 0.0);
    }
    assert_eq!(words.figures.keys().collect::<Vec<_>>(), admin.figures.keys().collect::<Vec<_>>());
    let lost = parse::stats(recorded!("quorum-lost.server_stats.json").as_bytes()).unwrap();
    assert_eq!(lost.state(), "not_serving");
    assert!(parse::monitor(recorded!("quorum-lost.monitor.html").as_bytes()).is_err());
}

#[test]
fn what_is_no_zookeeper_is_not_understood() {
    for text in ["", "HTTP/1.1 400 Bad Request\r\n\r\n", "zk_server_state\tqueen\n", "\u{1b}[31m"] {
        assert!(matches!(parse::mntr(text), Err(GapReason::NotUnderstood { .. })), "{text:?}");
    }
    assert!(parse::monitor(b"{\"error\": 7}").is_err());
    assert!(parse::monitor(b"[1]").is_err());
}

/// A server that answers each connection by what it was sent.
async fn server(answer: fn(&str) -> Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut word = [0; 4];
            if stream.read_exact(&mut word).await.is_ok() {
                let said = answer(&String::from_utf8_lossy(&word));
                // who has heard enough hangs up
                let _ = stream.write_all(&said).await;
            }
        }
    });
    address
}

#[tokio::test]
async fn where_mntr_is_not_allowed_srvr_is_read_and_said() {
    let address = server(|word| match word {
        "srvr" => recorded!("healthy.3.srvr.txt").into(),
        word => {
            format!("{word} is not executed because it is not in the whitelist.\n").into_bytes()
        }
    });
    let address = address.await;
    let way = Way::Words(vec![address.clone()]);
    let found = ZookeeperTarget::new(target(), base(), way).look(Millis(1)).await;
    assert!(
        matches!(&found.facts[0].1, Fact::Base(b) if b.members[0].state.as_deref() == Some("leader"))
    );
    assert!(
        matches!(&found.gaps[0].reason, GapReason::NoRights { detail } if detail.contains("mntr"))
    );
}

#[tokio::test]
async fn an_endless_answer_and_a_dead_port_end_soon() {
    let address = server(|_| vec![b'x'; 2 << 20]).await;
    let told = fetch::words(&address).await;
    assert_eq!(told, Err(GapReason::TooLarge { cap_bytes: 1 << 20 }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap().to_string();
    drop(listener);
    assert!(matches!(fetch::words(&gone).await, Err(GapReason::Unreachable { .. })));
}

#[tokio::test]
async fn a_frozen_server_takes_the_connection_and_costs_a_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let way = Way::Words(vec![listener.local_addr().unwrap().to_string()]);
    let began = tokio::time::Instant::now();
    let found = ZookeeperTarget::new(target(), base(), way).look(Millis(1)).await;
    assert!(began.elapsed() <= Duration::from_secs(6));
    assert!(matches!(found.gaps[0].reason, GapReason::TimedOut { .. }));
}

#[tokio::test]
async fn an_admin_server_without_a_quorum_says_so_where_monitor_fails() {
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};
    crate::dial::install_crypto();
    let mock = MockServer::start().await;
    for (at, code, body) in [
        ("/commands/monitor", 500, recorded!("quorum-lost.monitor.html")),
        ("/commands/server_stats", 200, recorded!("quorum-lost.server_stats.json")),
    ] {
        let answer = ResponseTemplate::new(code).set_body_string(body);
        Mock::given(path(at)).respond_with(answer).mount(&mock).await;
    }
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let way = Way::Admin(vec![mock.uri()], client);
    let found = ZookeeperTarget::new(target(), base(), way).look(Millis(1)).await;
    assert!(
        matches!(&found.facts[0].1, Fact::Base(b) if b.members[0].state.as_deref() == Some("not_serving"))
    );
}
