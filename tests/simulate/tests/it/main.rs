//! One binary, so that its tests run side by side.

mod crash_points;
mod mutants;
mod replay;
