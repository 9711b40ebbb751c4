//! Text for a terminal: colour by meaning, columns that line up, names made harmless.

use streamwarden_core::estate::plain;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a text means, never how it looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    #[default]
    Plain,
    Strong,
    /// Grey: unknown, without a target, beside the point.
    Dim,
    Good,
    Near,
    Over,
}

/// Where text goes: its width and whether it takes colour.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    pub width: usize,
    pub colour: bool,
}

impl Screen {
    pub fn ink(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            _ if !self.colour || text.is_empty() => return text.to_owned(),
            Ink::Plain => return text.to_owned(),
            Ink::Strong => "1",
            Ink::Dim => "2",
            Ink::Good => "32",
            Ink::Near => "33",
            Ink::Over => "1;31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    ink: Ink,
    right: bool,
}

impl Cell {
    /// Any text, also from the estate: control characters are replaced here.
    pub fn new(text: impl AsRef<str>) -> Cell {
        Cell { text: plain(text.as_ref()).into_owned(), ..Cell::default() }
    }
    /// A figure: lined up at the right.
    pub fn figure(text: impl AsRef<str>) -> Cell {
        Cell { right: true, ..Cell::new(text) }
    }
    pub fn ink(self, ink: Ink) -> Cell {
        Cell { ink, ..self }
    }
}

/// Rows of cells; columns are as wide as needed, and the widest give way on a narrow screen.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
    indent: usize,
}

/// Between two columns.
const GAP: usize = 2;
/// A column is not made narrower than this.
const LEAST: usize = 10;

impl Table {
    pub fn new(indent: usize) -> Table {
        Table { rows: Vec::new(), indent }
    }
    pub fn heading(&mut self, words: &[&str]) {
        self.rows.push(words.iter().map(|w| Cell::new(w).ink(Ink::Dim)).collect());
    }
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    pub fn render(&self, screen: &Screen) -> String {
        let columns = self.columns(screen.width);
        self.rows.iter().map(|row| self.lines(row, &columns, screen)).collect()
    }

    /// One row: what does not fit beside the others goes on below.
    fn lines(&self, row: &[Cell], columns: &[Column], screen: &Screen) -> String {
        let parts = |(cell, column): (&Cell, &Column)| wrap(&cell.text, column.width);
        let wrapped: Vec<Vec<String>> = row.iter().zip(columns).map(parts).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        let mut text = String::new();
        for n in 0..height {
            let mut line = " ".repeat(self.indent);
            for (i, ((cell, column), parts)) in row.iter().zip(columns).zip(&wrapped).enumerate() {
                // a heading stands over its figures
                let right = cell.right || column.figures;
                let part = parts.get(n).map_or("", String::as_str);
                let space = " ".repeat(column.width.saturating_sub(part.width()));
                let inked = screen.ink(cell.ink, part);
                let last = i + 1 == row.len();
                match (right, last) {
                    (true, _) => line.push_str(&(space + &inked)),
                    (false, true) => line.push_str(&inked),
                    (false, false) => line.push_str(&(inked + &space)),
                }
                if !last {
                    line.push_str(&" ".repeat(GAP));
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn columns(&self, screen: usize) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for row in &self.rows {
            columns.resize(columns.len().max(row.len()), Column::default());
            for (cell, column) in row.iter().zip(&mut columns) {
                column.width = column.width.max(cell.text.width());
                column.figures |= cell.right;
            }
        }
        let room = screen.saturating_sub(self.indent + GAP * columns.len().saturating_sub(1));
        while columns.iter().map(|c| c.width).sum::<usize>() > room {
            match columns.iter_mut().map(|c| &mut c.width).max() {
                Some(widest) if *widest > LEAST => *widest -= 1,
                _ => break,
            }
        }
        columns
    }
}

#[derive(Clone, Copy, Default)]
struct Column {
    width: usize,
    /// Some cell of it is a figure.
    figures: bool,
}

/// The terminal's width where there is one, else wide enough for a file or a pipe.
pub fn terminal_width(terminal: bool) -> usize {
    let size = terminal.then(|| rustix::termios::tcgetwinsize(std::io::stdout()).ok()).flatten();
    size.map(|s| usize::from(s.ws_col)).filter(|w| *w >= 40).unwrap_or(140)
}

/// At most `width` columns of a text, `…` for what is cut.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used + 1 > width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

/// Lines of at most `width` columns, broken at spaces and between wide characters; a word that is
/// wider is cut.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if line.width() + piece.trim_end().width() > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        let start = if line.is_empty() { piece.trim_start() } else { piece };
        for c in start.chars() {
            if line.width() + c.width().unwrap_or(0) > width && c != ' ' {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            line.push(c);
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// What stays on one line: a word with the spaces behind it, or one wide character with what may
/// not begin a line.
fn pieces(text: &str) -> Vec<&str> {
    let wide = |c: char| c.width().unwrap_or(0) > 1;
    let closing = |c: char| "，。；：、）」！？".contains(c);
    let mut starts = vec![0];
    let mut before: Option<char> = None;
    for (i, c) in text.char_indices() {
        let after_space = before == Some(' ') && c != ' ';
        let at_wide = before.is_some_and(|b| wide(b) || wide(c)) && !closing(c) && c != ' ';
        if i > 0 && (after_space || at_wide) {
            starts.push(i);
        }
        before = Some(c);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).filter_map(|(from, to)| text.get(*from..to)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_in_every_script() {
        assert_eq!(wrap("busy on 4 of 4 subtasks", 10), ["busy on 4", "of 4", "subtasks"]);
        assert_eq!(wrap("订单统计，处理不过来", 8), ["订单统", "计，处理", "不过来"]);
        assert_eq!(wrap("a 123456789012 b", 8), ["a", "12345678", "9012 b"]);
        assert_eq!(wrap("", 8), [""]);
    }

    #[test]
    fn columns_line_up_in_every_script_and_escapes_do_not_pass() {
        let mut table = Table::new(2);
        table.heading(&["name", "delay", "why"]);
        table.row(vec![
            Cell::new("订单统计"),
            Cell::figure("94 s").ink(Ink::Over),
            Cell::new("late"),
        ]);
        table.row(vec![
            Cell::new("a\u{1b}[31m"),
            Cell::figure("0.1 s"),
            Cell::new("a long text to cut"),
        ]);
        let narrow = Screen { width: 34, colour: false };
        assert_eq!(
            table.render(&narrow),
            "  name      delay  why\n  订单统计   94 s  late\n  a\u{fffd}[31m    0.1 s  a long text to\n                   cut\n"
        );
        let colour = Screen { width: 80, colour: true };
        assert!(table.render(&colour).contains("\u{1b}[1;31m94 s\u{1b}[0m"));
    }
}
