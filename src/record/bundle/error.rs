use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error("it is no bundle: its first line is not the header of one")]
    NoBundle,
    #[error("it was written by a newer Streamwarden (format {0}, this one reads {known})", known = super::line::VERSION)]
    Newer(u32),
    #[error("line {line}: {what}")]
    Line { line: usize, what: String },
    #[error("it is cut short or damaged after line {line}: {source}")]
    Damaged { line: usize, source: std::io::Error },
    #[error("it has more than {most} {what}")]
    TooMany { what: &'static str, most: usize },
}
