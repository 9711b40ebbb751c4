//! A Kafka cluster: its addresses, brokers, what we may see, and what stays blind.

use super::Findings;
use crate::collect::kafka::{BrokerReach, KafkaOptions, KafkaTarget, Reach, Right};
use crate::config::Kafka;
use crate::tasks::say;
use streamwarden_core::estate::{Target, TargetKind};

pub async fn examine(kafka: &Kafka) -> Findings {
    let mut findings = Findings::new(format!("Kafka {}", kafka.name));
    let address = kafka.bootstrap.join(",");
    let target =
        Target { name: kafka.name.0.clone(), kind: TargetKind::Kafka, address: address.into() };
    let (bootstrap, access) = (kafka.bootstrap.clone(), kafka.access.clone());
    let made =
        KafkaTarget::new(target, kafka.name.clone(), bootstrap, access, KafkaOptions::default());
    match made {
        Ok(mut target) => report(&target.reach().await, &mut findings),
        Err(e) => findings.broken("access", e, "correct `tls:`"),
    }
    findings
}

pub fn report(reach: &Reach, findings: &mut Findings) {
    for (address, problem) in &reach.bootstrap {
        match problem {
            None => findings.fine("bootstrap", format!("{address} answers")),
            Some(reason) => {
                let because = format!("{address}: {}", say(reason));
                findings.broken("bootstrap", because, "check the address, `tls:` and `sasl:`");
            }
        }
    }
    if reach.bootstrap.iter().all(|(_, problem)| problem.is_some()) {
        return;
    }
    findings.names = reach.names.clone();
    for broker in &reach.brokers {
        brokers(broker, findings);
    }
    seen(reach, findings);
    for right in &reach.rights {
        rights(right, findings);
    }
    shown(reach, findings);
    for gap in reach.blind.iter().filter(|gap| !gap.what.starts_with("broker ")) {
        let todo = "see the rights above; without this, what depends on it stays unknown";
        findings.blind(&gap.what, say(&gap.reason), todo);
    }
}

fn brokers(broker: &BrokerReach, findings: &mut Findings) {
    let what = format!("broker {}", broker.id);
    let release = broker.release.unwrap_or("of unknown release");
    if let Some(reason) = &broker.problem {
        let because = format!("{}: {}", broker.address, say(reason));
        let todo = "is its advertised listener reachable from here?";
        return findings.broken(&what, because, todo);
    }
    let missing: Vec<&str> =
        broker.requests.iter().filter(|r| r.used.is_none()).map(|r| r.name).collect();
    let said = format!("{} answers: Kafka {release}", broker.address);
    if missing.is_empty() {
        findings.fine(&what, said);
    } else {
        let because = format!("{said}; it cannot be asked for {}", missing.join(", "));
        findings.blind(&what, because, "a newer Kafka tells it; the rest is read as usual");
    }
}

fn seen(reach: &Reach, findings: &mut Findings) {
    let number = |n: Option<usize>| n.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
    let said = format!(
        "topics {}, partitions {}, groups {}, transactions {}",
        number(reach.topics),
        number(reach.partitions),
        number(reach.groups),
        number(reach.transactions),
    );
    match reach.topics {
        // an observer without rights gets empty answers, not errors
        Some(0) | None => {
            let todo = "give the observer DESCRIBE on its topics";
            findings.blind("visible", format!("{said}: none exist, or none may be seen"), todo);
        }
        Some(_) => findings.fine("visible", said),
    }
}

/// Rights that no broker tells of: only what they show can be seen.
fn shown(reach: &Reach, findings: &mut Findings) {
    let (group, transaction) = ("DESCRIBE on GROUP", "DESCRIBE on TRANSACTIONAL_ID");
    match reach.groups {
        Some(n) if n > 0 => {
            findings.fine(
                group,
                format!("held on {n} groups; one that it is missing on does not show"),
            );
        }
        _ => {
            let because = "no group shows: there is none, or the right is missing; it opens which \
                           job reads a topic, and what it has committed";
            findings.blind(group, because, "grant it to the observer (kafka-acls.sh --add)");
        }
    }
    let opens = "it opens how long records wait for a commit";
    let grant = "grant it to the observer (kafka-acls.sh --add), if anybody writes so";
    match reach.transactions {
        Some(n) if n > 0 => {
            let said = format!("held on {n}; one that it is missing on does not show");
            findings.fine(transaction, said);
        }
        Some(_) => {
            let said = format!("none shows: nobody writes so, or the right is missing; {opens}");
            findings.blind(transaction, said, grant);
        }
        None => {
            let said = format!("transactions cannot be listed here; {opens}");
            findings.blind(transaction, said, "a newer Kafka tells it; the rest is read as usual");
        }
    }
}

fn rights(right: &Right, findings: &mut Findings) {
    match right.held {
        Some(true) => findings.fine(right.right, format!("held: {}", right.opens)),
        // reading is more than is needed: not to have it is no fault
        Some(false) if right.right.starts_with("READ ") => {
            findings.fine(right.right, format!("not held, and hardly missed: {}", right.opens));
        }
        Some(false) => {
            let because = format!("not held; it opens {}", right.opens);
            findings.blind(right.right, because, "grant it to the observer (kafka-acls.sh --add)");
        }
        None => findings.fine(right.right, "the broker does not tell (no authorizer?)"),
    }
}
