//! Where the targets are, beside those that the configuration lists.

pub mod file_sd;
