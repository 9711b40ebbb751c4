//! YAML into typed configuration.
