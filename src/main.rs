use clap::Parser;

fn main() -> std::process::ExitCode {
    streamwarden::cli::run(streamwarden::cli::Cli::parse())
}
