//! Peers that are no broker, and brokers that are gone.

use super::*;
use streamwarden_core::estate::{Answering, Fact, Millis};
use streamwarden_core::signals::Signal;
use tokio::time::Instant;

async fn gap_of(bootstrap: &[&str]) -> GapReason {
    let mut kafka = kafka(bootstrap, KafkaAccess::default());
    let seen = kafka.tick(Millis(0)).await;
    assert!(seen.samples.is_empty() && seen.facts.is_empty());
    gap(&seen.gaps, "metadata").unwrap().clone()
}

/// Answers every first request with these bytes.
async fn says(answer: &'static [u8]) -> String {
    peer(move |mut stream| async move {
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(answer).await;
        let _ = stream.flush().await;
        // what it says next would not be read
        tokio::time::sleep(Duration::from_millis(50)).await;
    })
    .await
}

#[tokio::test]
async fn what_is_not_kafka_is_told_by_its_first_bytes() {
    let web = says(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let detail = "is not a Kafka broker: it answers in HTTP".to_owned();
    assert_eq!(gap_of(&[&web]).await, GapReason::NotUnderstood { detail });
    let tls = says(&[0x15, 3, 3, 0, 2, 2, 80]).await;
    let GapReason::NotUnderstood { detail } = gap_of(&[&tls]).await else { panic!() };
    assert!(detail.contains("configure `tls`"), "{detail}");
    let giant = says(&[0x7f, 0xff, 0xff, 0xff, 0, 0]).await;
    assert_eq!(gap_of(&[&giant]).await, GapReason::TooLarge { cap_bytes: 8 << 20 });
    let garbage = says(&[0, 0, 0, 8, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]).await;
    let GapReason::NotUnderstood { detail } = gap_of(&[&garbage]).await else { panic!() };
    assert!(detail.starts_with("ApiVersions: "), "{detail}");
}

#[tokio::test]
async fn who_closes_hangs_or_is_not_there() {
    let closes = peer(|stream| async move { drop(stream) }).await;
    let GapReason::Unreachable { detail } = gap_of(&[&closes]).await else { panic!() };
    assert!(detail.starts_with("closed a new connection"), "{detail}");
    let hangs = peer(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let started = Instant::now();
    let GapReason::TimedOut { after_ms } = gap_of(&[&hangs]).await else { panic!() };
    assert!((250..=350).contains(&after_ms), "{after_ms}");
    // a frame that never ends
    let stalls = says(&[0, 0, 1, 0, 0, 0, 0, 1]).await;
    let GapReason::Unreachable { .. } = gap_of(&[&stalls]).await else { panic!() };
    assert!(started.elapsed() < Duration::from_secs(3));
    let GapReason::Unreachable { detail } = gap_of(&["127.0.0.1:1", &closes]).await else {
        panic!()
    };
    assert!(detail.contains("127.0.0.1:1: no connection") && detail.contains(&closes));
}

#[tokio::test]
async fn the_next_bootstrap_address_is_tried() {
    let broker = replay(frames(Bytes::from_static(BROKER_4_1))).await;
    let mut kafka = kafka(&["127.0.0.1:1", &broker], KafkaAccess::default());
    let seen = kafka.tick(Millis(0)).await;
    assert_eq!(gap(&seen.gaps, "metadata"), None);
    assert!(seen.samples.iter().any(|s| s.signal == Signal::EndOffset));
}

/// Metadata names a second broker, which accepts and never answers.
#[tokio::test]
async fn a_frozen_broker_is_a_gap_of_its_own_and_delays_no_other() {
    let frozen = peer(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let port: i32 = frozen.rsplit_once(':').unwrap().1.parse().unwrap();
    // one broker: length + 1, id, host, port, no rack, no tags
    let entry = |id: u8, port: i32| {
        [&[0, 0, 0, id, 10][..], b"127.0.0.1", &port.to_be_bytes(), &[0, 0]].concat()
    };
    let one = [&[2][..], &entry(1, 9092)].concat();
    let two = [&[3][..], &entry(1, 9092), &entry(2, port)].concat();
    let mut recorded = frames(Bytes::from_static(BROKER_4_1));
    for (_, frame) in recorded.iter_mut().filter(|(key, _)| key.0 == 3) {
        *frame = replace(frame, &one, &two);
    }
    let broker = replay(recorded).await;
    let mut kafka = kafka(&[&broker], KafkaAccess::default());
    let seen = kafka.tick(Millis(0)).await;
    let what = format!("broker 2 at {frozen}");
    assert!(matches!(gap(&seen.gaps, &what), Some(GapReason::TimedOut { .. })), "{:?}", seen.gaps);
    let ends: Vec<_> = seen.samples.iter().filter(|s| s.signal == Signal::EndOffset).collect();
    assert_eq!(ends.len(), 5);
    assert!(ends.iter().all(|s| s.at < Millis(250)), "{ends:?}");
    let told = |what: &str| seen.seen.iter().any(|s| &**s == what);
    let answers = seen.facts.iter().find_map(|(_, f)| match f {
        Fact::BrokerAnswers { brokers, .. } => {
            Some(brokers.iter().map(|b| (b.id, b.answering)).collect::<Vec<_>>())
        }
        _ => None,
    });
    assert_eq!(answers, Some(vec![(1, Answering::Answers), (2, Answering::Silent)]));
    assert!(told("end offsets"), "it leads nothing");
    assert!(!told("groups"), "its groups are not known");
}

/// The broker goes away between two looks and comes back at the same address.
#[tokio::test]
async fn a_broker_that_returns_is_seen_again() {
    let of = |raw| frames(Bytes::from_static(raw));
    let recorded = || [of(BROKER_4_1), of(LOG_DIRS)].concat();
    let (broker, life) = replay_at("127.0.0.1:0", recorded()).await;
    let mut kafka = kafka(&[&broker], KafkaAccess::default());
    let what = format!("broker 1 at {broker}");
    assert_eq!(kafka.tick(Millis(0)).await.gaps, []);
    life.abort();
    let _ = life.await;
    let gone = kafka.tick(Millis(1_000)).await;
    assert!(matches!(gap(&gone.gaps, &what), Some(GapReason::Unreachable { .. })));
    assert!(gone.samples.is_empty() && gone.seen.is_empty());
    let _life = replay_at(&broker, recorded()).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let back = kafka.tick(Millis(61_000)).await;
    assert!(back.seen.iter().any(|s| **s == *what), "{:?}", back.gaps);
    assert!(back.samples.iter().any(|s| s.signal == Signal::EndOffset));
    // disks are asked for a while after the first look
    let disks = back.facts.iter().find_map(|(_, f)| match f {
        Fact::LogDirs { brokers, .. } => Some(brokers[0].id),
        _ => None,
    });
    assert_eq!(disks, Some(1));
    assert!(back.seen.iter().any(|s| &**s == "disks"), "{:?}", back.gaps);
}
