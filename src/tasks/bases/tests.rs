//! Recorded answers of real base clusters, from the collector to what is said: the incident, and what
//! an inspection finds.

use super::super::{World, told};
use crate::collect::{hdfs, yarn, zookeeper};
use crate::rules::load;
use std::collections::BTreeSet;
use streamwarden_core::case::Verdict;
use streamwarden_core::estate::{Estate, Millis, SeriesTable};
use streamwarden_core::incident::Book;
use streamwarden_core::inspect::inspect;
use streamwarden_core::lineage::Settings;

type Recorded = fn(&str, Millis) -> (streamwarden_core::estate::Target, crate::collect::Yield);

struct Said {
    causes: Vec<String>,
    findings: BTreeSet<String>,
    blind: BTreeSet<String>,
}

impl Said {
    fn finds(&self, wanted: &[&str]) {
        let wanted: BTreeSet<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
        assert_eq!(self.findings, wanted, "blind: {:?}", self.blind);
    }
}

/// Half a minute of looks at the same answer.
fn look(recorded: Recorded, fault: &str) -> Said {
    let loaded = load(None).unwrap();
    let settings =
        Settings { fresh: streamwarden_core::estate::Span::secs(15), ..Settings::default() };
    let world = World::new(Estate::default(), SeriesTable::default(), vec![], settings, vec![]);
    let mut book = Book::default();
    let mut last = None;
    for n in 0..7 {
        let at = Millis(1_795_234_000_000 + n * 5_000);
        let (target, found) = recorded(fault, at);
        world.take_in(&target, found, at, 1.0);
        let (snapshot, pass) = told(&world, at, false, &loaded.set, &book);
        book = pass.book.clone();
        last = Some(snapshot);
    }
    let snapshot = last.unwrap();
    let report = inspect(&loaded.checks, &snapshot, None, &[], &|_| None);
    let causes = book.incidents.values().map(|i| match &i.diagnosis.verdict {
        Verdict::Root { cause } => format!("{cause} at {}", i.diagnosis.subject),
        other => format!("{other:?}"),
    });
    Said {
        causes: causes.collect(),
        findings: report.findings.iter().map(|f| format!("{:?} {}", f.level, f.check)).collect(),
        blind: report.blind.iter().map(|b| b.check.to_string()).collect(),
    }
}

const NONE: [&str; 0] = [];

#[test]
fn an_ensemble_of_zookeeper() {
    let well = look(zookeeper::tests::recorded, "healthy");
    assert_eq!(well.causes, NONE);
    well.finds(&[]);
    let frozen = look(zookeeper::tests::recorded, "follower-frozen");
    assert_eq!(frozen.causes, NONE);
    frozen.finds(&["High zookeeper.quorum"]);
    let elected = look(zookeeper::tests::recorded, "leader-killed");
    assert_eq!(elected.causes, NONE);
    elected.finds(&["High zookeeper.quorum"]);
    let lost = look(zookeeper::tests::recorded, "quorum-lost");
    assert_eq!(lost.causes, ["clu.zk_session_loss at zookeeper:zk"]);
    lost.finds(&["High zookeeper.serves"]);
    assert!(lost.blind.contains("zookeeper.quorum"), "nobody tells, so it is not zero");
}

#[test]
fn a_pair_of_namenodes() {
    let well = look(hdfs::tests::recorded, "healthy");
    assert_eq!(well.causes, NONE);
    // it was recorded with one JournalNode
    well.finds(&["High hdfs.journalnodes"]);
    let by_hand = look(hdfs::tests::recorded, "safemode-manual");
    assert_eq!(by_hand.causes, ["clu.hdfs_safe_mode at hdfs:lake"]);
    by_hand.finds(&["High hdfs.journalnodes", "High hdfs.safe_mode", "High hdfs.standby"]);
    for fault in ["nn-active-killed", "nn-both-standby-safemode", "jn-lost-nn-exit"] {
        let nobody = look(hdfs::tests::recorded, fault);
        assert_eq!(nobody.causes, ["clu.hdfs_no_active_namenode at hdfs:lake"], "{fault}");
        nobody.finds(&["High hdfs.active"]);
        assert!(nobody.blind.contains("hdfs.missing_blocks"), "{fault}");
    }
    let none = look(hdfs::tests::recorded, "dn-dead-all-missing-blocks");
    assert_eq!(none.causes, ["clu.hdfs_datanodes_lost at hdfs:lake"]);
    let dead = look(hdfs::tests::recorded, "dn-dead-1-settled");
    assert_eq!(dead.causes, NONE, "no job reads what is missing");
    dead.finds(&[
        "High hdfs.datanodes",
        "High hdfs.journalnodes",
        "High hdfs.missing_blocks",
        "High hdfs.under_replicated",
    ]);
}

#[test]
fn nodes_and_queues_of_yarn() {
    let well = look(yarn::tests::recorded, "healthy");
    assert_eq!(well.causes, NONE);
    well.finds(&[]);
    // an application was made to fail before
    look(yarn::tests::recorded, "nm-lost").finds(&["High yarn.nodes", "Low yarn.failed"]);
    look(yarn::tests::recorded, "nm-unhealthy").finds(&["High yarn.nodes", "Low yarn.failed"]);
}
