//! The parser on recorded texts, beside prometheus-parse, and on what a target may throw at it.

mod mutated;
mod recorded;
mod scrape;
