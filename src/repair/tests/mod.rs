mod crash;
mod fake;
mod flink;
pub(super) mod support;
