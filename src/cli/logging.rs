//! Log lines go to stderr; what is asked for goes to stdout.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Json,
}

pub fn start(format: Format, serving: bool) {
    let default = if serving { "info" } else { "warn" };
    let wanted = std::env::var("STREAMWARDEN_LOG").unwrap_or_default();
    let filter = match wanted.trim() {
        "" => default.to_owned(),
        wanted if wanted.contains("sqlx") => wanted.to_owned(),
        // the database tells every statement: only where somebody names it
        wanted => format!("sqlx=warn,{wanted}"),
    };
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // an error means that a test has set one up already
    let _ = match format {
        Format::Json => builder.json().try_init(),
        Format::Text => builder.try_init(),
    };
}
