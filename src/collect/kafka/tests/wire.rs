//! No bytes make the decoder panic or reserve what is not there.

use super::*;
use crate::collect::kafka::reads::{ALL, Read};
use crate::collect::kafka::wire::decode;
use kafka_protocol::messages::*;
use proptest::prelude::*;

fn try_one<R: Read>(frame: &Bytes, version: i16) -> bool {
    let (first, last) = R::VERSIONS;
    if !(first..=last).contains(&version) {
        return false;
    }
    let correlation = frame.clone().try_get_i32().unwrap_or_default();
    decode::<R>(frame.clone(), version, correlation).is_ok()
}

/// Whether the answer to the request with this key decodes.
fn decodes(key: i16, version: i16, frame: &Bytes) -> bool {
    macro_rules! by_key {
        ($($request:ty),*) => {
            $(if key == <$request>::KEY { return try_one::<$request>(frame, version); })*
        };
    }
    by_key!(
        ApiVersionsRequest,
        SaslHandshakeRequest,
        SaslAuthenticateRequest,
        MetadataRequest,
        DescribeClusterRequest,
        ListOffsetsRequest,
        ListGroupsRequest,
        DescribeGroupsRequest,
        OffsetFetchRequest,
        DescribeConfigsRequest,
        DescribeLogDirsRequest,
        ListTransactionsRequest,
        DescribeTransactionsRequest,
        DescribeProducersRequest
    );
    panic!("API {key} is not fuzzed")
}

fn recorded() -> Frames {
    [BROKER_2_3, BROKER_4_1, LOG_DIRS, NO_RIGHTS]
        .into_iter()
        .flat_map(|raw| frames(Bytes::from_static(raw)))
        .collect()
}

#[test]
fn every_recorded_answer_decodes_and_none_does_when_cut() {
    for ((key, version), frame) in recorded() {
        // an ApiVersions of ours that 2.3.1 refuses, in version 0
        if (key, version) == (18, 3) && frame.len() < 20 {
            continue;
        }
        assert!(decodes(key, version, &frame), "API {key} version {version}");
        assert!(!decodes(key, version, &frame.slice(..frame.len() - 1)));
        let more = Bytes::from([&frame[..], &[0]].concat());
        assert!(!decodes(key, version, &more), "left over bytes are not overlooked");
    }
}

#[test]
fn an_array_is_not_reserved_before_it_is_there() {
    // correlation, throttle, error, then 2^31 - 1 groups (version 2) or 2^32 - 2 (version 5)
    let old = [&[0; 10][..], &[0x7f, 0xff, 0xff, 0xff], &[0; 100]].concat();
    assert!(!decodes(16, 2, &old.into()));
    let new = [&[0; 11][..], &[0xff, 0xff, 0xff, 0xff, 0x0f], &[0; 100]].concat();
    assert!(!decodes(16, 5, &new.into()));
    // fewer than the bytes that are left, but more than anybody has
    let many = [&[0; 11][..], &[0x80, 0x80, 0x80, 0x02], &vec![0; 5 << 20]].concat();
    assert!(!decodes(16, 5, &many.into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes(
        which in 0..ALL.len(),
        version in 0i16..10,
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        decodes(ALL[which].0, version, &bytes.into());
    }

    #[test]
    fn damaged_answers(
        which in any::<prop::sample::Index>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let recorded = recorded();
        let ((key, version), frame) = &recorded[which.index(recorded.len())];
        let mut bytes = frame.to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        decodes(*key, *version, &bytes.into());
    }
}
