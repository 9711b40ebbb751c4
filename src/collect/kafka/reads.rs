//! The closed list of what can be asked. [`Read`] is sealed: a request that is not listed here
//! cannot be sent by the client.

use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion};

mod sealed {
    pub trait Sealed {}
}

/// A request that only reads (or opens the session).
pub trait Read: Encodable + HeaderVersion + sealed::Sealed + Send {
    type Answer: Decodable + HeaderVersion + Send;
    const KEY: i16;
    const NAME: &'static str;
    /// Versions that we speak, first and last.
    const VERSIONS: (i16, i16);
}

macro_rules! reads {
    ($($request:ident => $answer:ident, $key:literal $name:literal, $min:literal..=$max:literal;)*) => {
        $(
            impl sealed::Sealed for $request {}
            impl Read for $request {
                type Answer = $answer;
                const KEY: i16 = $key;
                const NAME: &'static str = $name;
                const VERSIONS: (i16, i16) = ($min, $max);
            }
        )*
        /// (key, name, first, last version we speak) of each request.
        pub const ALL: &[(i16, &str, i16, i16)] = &[ $(($key, $name, $min, $max)),* ];
    };
}

reads! {
    ApiVersionsRequest => ApiVersionsResponse, 18 "ApiVersions", 0..=3;
    SaslHandshakeRequest => SaslHandshakeResponse, 17 "SaslHandshake", 1..=1;
    SaslAuthenticateRequest => SaslAuthenticateResponse, 36 "SaslAuthenticate", 0..=2;
    // from 4 on a broker can be told not to create a topic that is asked for
    MetadataRequest => MetadataResponse, 3 "Metadata", 4..=12;
    DescribeClusterRequest => DescribeClusterResponse, 60 "DescribeCluster", 0..=1;
    ListOffsetsRequest => ListOffsetsResponse, 2 "ListOffsets", 2..=9;
    ListGroupsRequest => ListGroupsResponse, 16 "ListGroups", 0..=5;
    DescribeGroupsRequest => DescribeGroupsResponse, 15 "DescribeGroups", 0..=5;
    OffsetFetchRequest => OffsetFetchResponse, 9 "OffsetFetch", 2..=9;
    DescribeConfigsRequest => DescribeConfigsResponse, 32 "DescribeConfigs", 1..=4;
    DescribeLogDirsRequest => DescribeLogDirsResponse, 35 "DescribeLogDirs", 1..=4;
    ListTransactionsRequest => ListTransactionsResponse, 66 "ListTransactions", 0..=1;
    DescribeTransactionsRequest => DescribeTransactionsResponse, 65 "DescribeTransactions", 0..=0;
    DescribeProducersRequest => DescribeProducersResponse, 61 "DescribeProducers", 0..=0;
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use kafka_protocol::messages::ApiKey;

    #[test]
    fn keys_name_the_requests_and_none_can_change_or_read_records() {
        for (key, name, min, max) in ALL {
            let api = ApiKey::try_from(*key).unwrap();
            assert_eq!(&format!("{api:?}"), name);
            let valid = api.valid_versions();
            assert!(valid.min <= *min && *max <= valid.max, "{name}");
            let reads = ["Describe", "List", "ApiVersions", "Metadata", "Sasl", "OffsetFetch"];
            assert!(reads.iter().any(|r| name.starts_with(r)), "{name}");
        }
    }
}
