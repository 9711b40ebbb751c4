//! Recorded answers of a Hadoop 3.3.6 with two NameNodes.

use super::*;
use crate::collect::http::HttpAccess;
use streamwarden_core::estate::{BaseKind, ClusterId, Entity, Estate, Fact, Place, TargetKind};

/// Answers of one NameNode under a fault.
macro_rules! namenode {
    ($of:literal) => {
        parse::namenode(
            include_bytes!(concat!("../../../tests/bases/hdfs/", $of, ".NameNodeStatus.json")),
            include_bytes!(concat!("../../../tests/bases/hdfs/", $of, ".NameNodeInfo.json")),
            include_bytes!(concat!("../../../tests/bases/hdfs/", $of, ".FSNamesystemState.json")),
            include_bytes!("../../../tests/bases/hdfs/healthy.nn1.RpcActivityForPort.json"),
            include_bytes!("../../../tests/bases/hdfs/healthy.nn1.IPCLoggerChannel.json"),
        )
    };
}

fn target() -> Target {
    Target { name: "hdfs lake".into(), kind: TargetKind::Hdfs, address: "nn1:9870".into() }
}

fn base() -> Base {
    Base {
        cluster: ClusterId::new("lake"),
        kind: BaseKind::Hdfs,
        sort: "hdfs".into(),
        place: Place::default(),
        health: Vec::new(),
    }
}

struct Seen {
    estate: Estate,
    found: Yield,
}

fn seen(nn1: Result<NameNode, GapReason>, nn2: Result<NameNode, GapReason>) -> Seen {
    let names = vec![("nn1:9870".to_owned(), nn1), ("nn2:9870".to_owned(), nn2)];
    let found = Told { names, ..Told::default() }.gathered(&target(), &base(), Millis(1));
    let mut estate = Estate::default();
    for (at, fact) in found.facts.clone() {
        estate.apply(fact, at);
    }
    Seen { estate, found }
}

impl Seen {
    fn value(&self, signal: Signal) -> Option<f64> {
        let entity = Entity::Base { cluster: ClusterId::new("lake") };
        let mut of = self.found.samples.iter().filter(|s| s.entity == entity);
        of.find(|s| s.signal == signal).map(|s| s.value)
    }
    fn serves(&self) -> Option<bool> {
        self.estate.bases[&ClusterId::new("lake")].serves
    }
    fn safe_mode(&self) -> Option<&str> {
        let notes = &self.estate.bases[&ClusterId::new("lake")].notes;
        notes.get("safe_mode").map(|n| &**n)
    }
    fn of_role(&self, role: MemberRole) -> Vec<(&str, Option<&str>)> {
        let base = &self.estate.bases[&ClusterId::new("lake")];
        base.of_role(role).map(|m| (&*m.is.name, m.is.state.as_deref())).collect()
    }
}

fn down() -> Result<NameNode, GapReason> {
    Err(GapReason::Unreachable { detail: "Connection refused".into() })
}

/// A pair as it was recorded under a fault.
pub(crate) fn recorded(fault: &str, at: Millis) -> (Target, Yield) {
    let (nn1, nn2) = match fault {
        "healthy" => (namenode!("healthy.nn1"), namenode!("healthy.nn2")),
        "safemode-manual" => (down(), namenode!("safemode-manual.nn2")),
        "nn-active-killed" => (down(), namenode!("nn-active-killed.nn2")),
        "nn-both-standby-safemode" => {
            (namenode!("nn-both-standby-safemode.nn1"), namenode!("nn-both-standby-safemode.nn2"))
        }
        "jn-lost-nn-exit" => (namenode!("jn-lost-nn-exit.nn1"), down()),
        "dn-dead-1-settled" => (namenode!("dn-dead-1-settled.nn1"), namenode!("healthy.nn2")),
        "dn-dead-all-missing-blocks" => (namenode!("dn-dead-all-missing-blocks.nn1"), down()),
        other => panic!("{other} was not recorded"),
    };
    let names = vec![("nn1:9870".to_owned(), nn1), ("nn2:9870".to_owned(), nn2)];
    (target(), Told { names, ..Told::default() }.gathered(&target(), &base(), at))
}

#[test]
fn a_pair_of_which_one_is_active() {
    let s = seen(namenode!("healthy.nn1"), namenode!("healthy.nn2"));
    assert_eq!((s.serves(), s.safe_mode()), (Some(true), None));
    assert_eq!(s.value(Signal::NameNodesActive), Some(1.0));
    assert_eq!(s.value(Signal::BlocksMissing), Some(0.0));
    assert_eq!(s.value(Signal::DataNodesLive), Some(3.0));
    assert_eq!(s.value(Signal::CapacityTotal), Some(811_659_522_048.0));
    let live = Some("live");
    let nodes = [("localhost:19900", live), ("localhost:19901", live), ("localhost:19902", live)];
    assert_eq!(s.of_role(MemberRole::Datanode), nodes);
    let journals = [("127.0.0.1:18485", Some("in_sync"))];
    assert_eq!(s.of_role(MemberRole::Journalnode), journals);
    let rpc = Entity::Member { cluster: ClusterId::new("lake"), member: "nn1:9870".into() };
    let slow = s.found.samples.iter().find(|x| x.entity == rpc && x.signal == Signal::RpcQueueTime);
    assert!(slow.is_some_and(|x| (x.value - 0.149).abs() < 0.001));
}

#[test]
fn a_dead_datanode_and_the_blocks_that_went_with_it() {
    let s = seen(namenode!("dn-dead-1-settled.nn1"), down());
    assert_eq!(s.value(Signal::DataNodesDead), Some(1.0));
    assert_eq!(s.value(Signal::BlocksMissing), Some(2.0));
    assert_eq!(s.value(Signal::BlocksCorrupt), Some(2.0));
    assert_eq!(s.value(Signal::BlocksUnderReplicated), Some(5.0));
    assert_eq!(s.of_role(MemberRole::Datanode)[2], ("localhost:19902", Some("dead")));
    // the block counters lag behind: dead nodes are said on their own
    let all = seen(namenode!("dn-dead-all-missing-blocks.nn1"), down());
    assert_eq!(all.value(Signal::DataNodesDead), Some(3.0));
    assert_eq!(all.value(Signal::DataNodesLive), Some(0.0));
    assert_eq!((s.serves(), all.serves()), (Some(true), Some(false)));
}

#[test]
fn nobody_is_active_though_each_answers_well() {
    let s = seen(down(), namenode!("nn-active-killed.nn2"));
    assert_eq!((s.serves(), s.value(Signal::NameNodesActive)), (Some(false), Some(0.0)));
    let both =
        seen(namenode!("nn-both-standby-safemode.nn1"), namenode!("nn-both-standby-safemode.nn2"));
    assert_eq!((both.serves(), both.value(Signal::NameNodesActive)), (Some(false), Some(0.0)));
    assert_eq!(both.value(Signal::BlocksMissing), None, "a standby is not believed");
    let silent = Err(GapReason::TimedOut { after_ms: 4000 });
    let unclear = seen(silent, namenode!("nn-active-killed.nn2"));
    assert_eq!((unclear.serves(), unclear.value(Signal::NameNodesActive)), (None, None));
}

#[test]
fn safe_mode_counts_of_the_active_one_only() {
    let by_hand = seen(down(), namenode!("safemode-manual.nn2"));
    assert_eq!(by_hand.serves(), Some(false));
    assert!(by_hand.safe_mode().is_some_and(|t| t.contains("turned on manually")));
    let other = seen(
        namenode!("nn-startup-safemode-no-datanodes.nn1"),
        namenode!("nn-startup-safemode-no-datanodes.nn2"),
    );
    // its DataNodes are all dead, which is no safe mode
    assert_eq!((other.serves(), other.safe_mode()), (Some(false), None));
}

#[test]
fn pages_of_datanodes_and_journalnodes() {
    let data = include_bytes!("../../../tests/bases/hdfs/healthy.dn0.FSDatasetState.json");
    let told = parse::datanode(data).unwrap();
    assert_eq!((told.failed_volumes, told.capacity), (0.0, 270_553_174_016.0));
    let failed = br#"{"beans":[{"NumFailedVolumes":1,"FailedStorageLocations":["/data/2"]}]}"#;
    let told = parse::datanode(failed).unwrap();
    assert_eq!((told.failed_volumes, &told.failed[..]), (1.0, &["/data/2".to_owned()][..]));
    let journal = include_bytes!("../../../tests/bases/hdfs/healthy.jn.JournalNode.json");
    assert_eq!(parse::journalnode(journal).unwrap().lag, 0.0);
}

/// Three that are named by their NameNode and have a page of their own are three, not six.
#[test]
fn who_is_named_and_asked_is_one_member() {
    let page = |n: f64| DataNode { failed_volumes: n, ..DataNode::default() };
    let mut told = Told {
        names: vec![("nn1:9870".to_owned(), namenode!("healthy.nn1"))],
        // by the address that it told, and by the name that people use
        data: vec![
            ("127.0.0.1:19920".to_owned(), Ok(page(0.0))),
            ("localhost:19921".to_owned(), Err(GapReason::TimedOut { after_ms: 4000 })),
        ],
        ..Told::default()
    };
    let journal = include_bytes!("../../../tests/bases/hdfs/healthy.jn.JournalNode.json");
    let journal = parse::journalnode(journal).unwrap();
    assert_eq!(journal.name, "localhost:18485");
    told.journals = vec![("localhost:18480".to_owned(), Ok(journal))];
    let found = told.gathered(&target(), &base(), Millis(1));
    let Fact::Base(fact) = &found.facts[0].1 else { panic!("the first fact is the look") };
    let of = |role| -> Vec<(&str, Option<&str>, Option<Answering>)> {
        let all = fact.members.iter().filter(|m| m.role == role);
        all.map(|m| (&*m.name, m.state.as_deref(), m.answering)).collect()
    };
    let live = Some("live");
    assert_eq!(
        of(MemberRole::Datanode),
        [
            ("localhost:19900", live, Some(Answering::Answers)),
            ("localhost:19901", live, Some(Answering::Silent)),
            ("localhost:19902", live, None),
        ]
    );
    let in_sync = Some("in_sync");
    let journals = [("127.0.0.1:18485", in_sync, Some(Answering::Answers))];
    assert_eq!(of(MemberRole::Journalnode), journals);
}

#[test]
fn what_is_no_namenode_is_not_understood() {
    let none: &[u8] = br#"{"beans":[]}"#;
    for body in [b"<html>".as_slice(), b"{}", none, b"{\"beans\":[{\"LiveNodes\":7}]}", b"\xff"] {
        let told = parse::namenode(none, body, body, none, none);
        assert!(matches!(told, Err(GapReason::NotUnderstood { .. })), "{body:?}");
    }
    // lists that are no JSON cost the nodes by name, not the figures
    let bad = br#"{"beans":[{"LiveNodes":"{","NumberOfMissingBlocks":3}]}"#;
    let told = parse::namenode(bad, bad, bad, none, none).unwrap();
    assert!(told.nodes_unread.is_some() && told.figures == [(Signal::BlocksMissing, 3.0)]);
}

#[tokio::test]
async fn beans_are_asked_by_name_and_a_dead_one_holds_up_nobody() {
    use wiremock::matchers::{path, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};
    crate::dial::install_crypto();
    let mock = MockServer::start().await;
    macro_rules! answer {
        ($bean:literal, $file:literal) => {
            let body = include_str!(concat!("../../../tests/bases/hdfs/", $file));
            let name = format!("Hadoop:service=NameNode,name={}", $bean);
            let answer = ResponseTemplate::new(200).set_body_string(body);
            let asked = Mock::given(path("/jmx")).and(query_param("qry", name));
            asked.respond_with(answer).mount(&mock).await;
        };
    }
    answer!("NameNodeStatus", "healthy.nn1.NameNodeStatus.json");
    answer!("NameNodeInfo", "healthy.nn1.NameNodeInfo.json");
    answer!("FSNamesystemState", "healthy.nn1.FSNamesystemState.json");
    answer!("RpcActivityForPort*", "healthy.nn1.RpcActivityForPort.json");
    answer!("IPCLoggerChannel-*", "healthy.nn1.IPCLoggerChannel.json");
    answer!("JvmMetrics", "healthy.nn2.JvmMetrics.json");
    let pages = Pages {
        namenodes: vec![mock.uri(), "http://127.0.0.1:1".into()],
        nameservice: Some("ns1".into()),
        ..Pages::default()
    };
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let found = HdfsTarget::new(target(), base(), pages, client).look(Millis(1)).await;
    let gaps: Vec<&str> = found.gaps.iter().map(|g| &*g.what).collect();
    assert_eq!(gaps, ["127.0.0.1:1"]);
    let active = found.samples.iter().find(|s| s.signal == Signal::NameNodesActive);
    assert_eq!(active.map(|s| s.value), Some(1.0));
    let heap = found.samples.iter().find(|s| s.signal == Signal::HeapMax);
    assert_eq!(heap.map(|s| s.value / 1_048_576.0), Some(247.5));
}
