//! Messages out: what they say, when they are sent, and the one client that sends.

mod heartbeat;
mod message;
mod post;
mod webhook;

pub use heartbeat::{Alive, Heartbeat};
pub use message::{Happened, InspectionMessage, Language, Message, More, message_id};
pub use post::{Answer, Error as PostError, PostClient};
pub use webhook::{
    DOWN_PAUSE, Next, Outcome, PER_HOUR, Waiting, Webhook, next, pause, send, sum_up,
};
