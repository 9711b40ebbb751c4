//! History and durable records.
