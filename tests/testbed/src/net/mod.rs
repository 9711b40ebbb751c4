//! Loopback plumbing of the driver itself.

mod gate;
mod http;
pub mod listen;
mod port;

pub use self::gate::Gate;
pub use self::http::request;
pub use self::port::Ports;
