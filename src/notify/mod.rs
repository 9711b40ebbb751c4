//! Messages out.

mod post;

pub use post::{Answer, Error as PostError, PostClient};
