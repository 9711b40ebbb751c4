//! What runs in the bed: every name, size and load in one place.

mod draw;
mod props;
mod spec;

pub use self::props::{Addresses, properties};
pub use self::spec::{
    BaseSpec, EstateSpec, FlinkLine, FlinkSpec, JobSpec, KeySet, Load, Role, SideSpec,
};
