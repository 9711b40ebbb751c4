//! Kafka, read-only: no Fetch, so payloads are never read.
