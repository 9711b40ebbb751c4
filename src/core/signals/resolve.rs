//! Raw metric names, of every version that is claimed, into (entity, signal).
