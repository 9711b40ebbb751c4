//! Exposition text of Flink and of any exporter.
