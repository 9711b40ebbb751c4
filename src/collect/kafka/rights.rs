//! What we may do, as the broker tells it: bits of AclOperation. A broker without an authorizer
//! sets all that make sense.

/// Kafka's AclOperation codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Read = 3,
    Describe = 8,
    DescribeConfigs = 10,
}

/// CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE.
const ALL_OF_CLUSTER: i32 = 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;

/// The bits of one resource; None: the version does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(pub Option<i32>);

impl Rights {
    pub fn of(bits: i32) -> Rights {
        Rights(Some(bits).filter(|b| *b != i32::MIN))
    }
    pub fn allows(self, operation: Operation) -> Option<bool> {
        self.0.map(|bits| bits & (1 << operation as i32) != 0)
    }
    /// DESCRIBE on the cluster shows every group.
    pub fn sees_cluster(self) -> Option<bool> {
        self.allows(Operation::Describe)
    }
    /// Who may do all to the cluster is shown everything (no authorizer, or a super user): an
    /// empty list is empty then.
    pub fn sees_all(self) -> bool {
        self.0.is_some_and(|bits| bits & ALL_OF_CLUSTER == ALL_OF_CLUSTER)
    }
}
