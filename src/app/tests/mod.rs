//! The whole process in front of an estate that is made up, with everything that it says and sends.

mod broker;
mod canary;
mod database;
mod estate;
mod observe;
mod process;
mod slow;
