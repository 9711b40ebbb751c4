//! What is computed from raw counters: rates, busy, back pressure, skew.
