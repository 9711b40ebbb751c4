//! A report as a document: for paper, for a chat, for a table. Text from the estate is hostile in
//! each of them in its own way.

mod csv;
mod html;
mod markdown;
#[cfg(test)]
mod tests;
mod words;

pub use csv::csv;
pub use html::{html, policy};
pub use markdown::markdown;
pub use words::{lasted, titled, unseen, was_due};

/// What a report may be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Html,
    Markdown,
    Csv,
}

impl Form {
    pub const ALL: [(&'static str, Form); 3] =
        [("html", Form::Html), ("markdown", Form::Markdown), ("csv", Form::Csv)];

    /// Of HTTP.
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Html => "text/html; charset=utf-8",
            Form::Markdown => "text/markdown; charset=utf-8",
            Form::Csv => "text/csv; charset=utf-8",
        }
    }

    pub fn write(
        self,
        view: &super::view_inspection::InspectionView,
        tongue: streamwarden_core::text::Tongue,
    ) -> String {
        match self {
            Form::Html => html(view, tongue),
            Form::Markdown => markdown(view, tongue),
            Form::Csv => csv(view, tongue),
        }
    }
}
