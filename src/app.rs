//! Wiring: `App::build` and `run`.
