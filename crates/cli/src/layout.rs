//! Text for people: paragraphs, bullets, tables, within a width.

use anstyle::{AnsiColor, Style};

/// The widest line, unless a page is said to be wider.
const WIDTH: usize = 100;

/// A space at which no line is broken: it ties a number to its unit.
pub(crate) const TIE: char = '\u{a0}';

/// Spaces between columns.
const GAP: usize = 2;

/// What text is written on.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    width: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self::of_width(WIDTH)
    }
}

impl Page {
    /// A page whose lines may have so many columns.
    pub(crate) fn of_width(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// Everything written so far. Styles are in it as ANSI sequences.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// The title of a chapter, underlined.
    pub(crate) fn chapter(&mut self, title: &str) {
        self.gap();
        let bold = Style::new().bold();
        let lines = wrap(title, self.width, 0);
        let rule = "=".repeat(lines.iter().map(|line| width(line)).max().unwrap_or(0));
        lines.iter().for_each(|line| self.styled(bold, line));
        self.text.push_str(&rule);
        self.gap();
    }

    /// A heading, set off by an empty line.
    pub(crate) fn heading(&mut self, title: &str) {
        self.gap();
        self.styled(Style::new().bold(), title);
    }

    /// The first line of all.
    pub(crate) fn title(&mut self, title: &str) {
        self.styled(Style::new().bold(), title);
    }

    /// A warning.
    pub(crate) fn warning(&mut self, text: &str) {
        let style = AnsiColor::Yellow.on_default();
        for (at, line) in wrap(text, self.width, 2).iter().enumerate() {
            let mark = if at == 0 { "! " } else { "  " };
            self.styled(style, &format!("{mark}{line}"));
        }
    }

    /// A paragraph; lines after the first hang two spaces deeper.
    pub(crate) fn line(&mut self, indent: usize, text: &str) {
        let hang = indent.saturating_add(2);
        for (at, line) in wrap(text, self.width, hang).iter().enumerate() {
            self.put(if at == 0 { indent } else { hang }, line);
        }
    }

    /// A paragraph behind a label that sets it off.
    pub(crate) fn item(&mut self, indent: usize, label: &str, text: &str) {
        let hang = indent.saturating_add(width(label)).saturating_add(GAP);
        for (at, line) in wrap(text, self.width, hang).iter().enumerate() {
            if at == 0 {
                self.put(indent, &format!("{label}{}{line}", " ".repeat(GAP)));
            } else {
                self.put(hang, line);
            }
        }
    }

    /// A table; where it is too wide, a paragraph for each row. Numbers, which are all columns from
    /// `numbers_from` on, stand under each other by their points.
    pub(crate) fn table(
        &mut self,
        indent: usize,
        header: &[&str],
        numbers_from: usize,
        rows: &[Vec<String>],
    ) {
        let columns: Vec<Vec<String>> = header
            .iter()
            .enumerate()
            .map(|(at, title)| {
                let cells = rows.iter().map(|row| row.get(at).map_or("", String::as_str));
                column(title, cells, at >= numbers_from)
            })
            .collect();
        let widths = columns.iter().map(|cells| cells.first().map_or(0, |cell| width(cell)));
        let gaps = GAP.saturating_mul(columns.len().saturating_sub(1));
        let total = widths.sum::<usize>().saturating_add(gaps).saturating_add(indent);
        if total > self.width {
            return self.records(indent, header, rows);
        }
        for at in 0..=rows.len() {
            let cells = columns.iter().filter_map(|cells| cells.get(at).map(String::as_str));
            let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
            let line = format!("{}{}", " ".repeat(indent), line.trim_end());
            if at == 0 {
                self.styled(Style::new().underline(), &line);
            } else {
                self.put(0, &line);
            }
        }
    }

    fn records(&mut self, indent: usize, header: &[&str], rows: &[Vec<String>]) {
        for row in rows {
            let mut cells = header.iter().zip(row);
            let Some((_, name)) = cells.next() else { continue };
            let rest = cells.filter(|(_, cell)| !cell.is_empty());
            let rest: Vec<String> =
                rest.map(|(title, cell)| format!("{title}{TIE}{cell}")).collect();
            self.line(indent, name);
            self.line(indent.saturating_add(2), &rest.join("; "));
        }
    }

    fn put(&mut self, indent: usize, line: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(&line.replace(TIE, " "));
        self.text.push('\n');
    }

    fn styled(&mut self, style: Style, line: &str) {
        let indent = line.len().saturating_sub(line.trim_start_matches(' ').len());
        self.text.push_str(&" ".repeat(indent));
        let line = line.trim_start_matches(' ').replace(TIE, " ");
        self.text.push_str(&format!("{style}{line}{style:#}\n"));
    }
}

/// The cells of a column, its title first, all of one width.
fn column<'a>(
    title: &str,
    cells: impl Iterator<Item = &'a str> + Clone,
    is_number: bool,
) -> Vec<String> {
    let point = |cell: &str| cell.find('.').map_or(width(cell), |_| whole(cell));
    let before = cells.clone().map(point).max().unwrap_or(0);
    let after = cells.clone().map(|c| width(c).saturating_sub(point(c))).max().unwrap_or(0);
    let full = if is_number {
        before.saturating_add(after).max(width(title))
    } else {
        cells.clone().map(width).max().unwrap_or(0).max(width(title))
    };
    let pad = |text: &str, left: usize| {
        let right = full.saturating_sub(left).saturating_sub(width(text));
        format!("{}{text}{}", " ".repeat(left), " ".repeat(right))
    };
    // Numbers are pushed to the right by what the title has more.
    let slack = full.saturating_sub(before.saturating_add(after));
    let title_left = if is_number { full.saturating_sub(width(title)) } else { 0 };
    let mut column = vec![pad(title, title_left)];
    column.extend(cells.map(|cell| {
        let left =
            if is_number { slack.saturating_add(before.saturating_sub(point(cell))) } else { 0 };
        pad(cell, left)
    }));
    column
}

fn whole(cell: &str) -> usize {
    cell.split('.').next().map_or(0, width)
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Lines that fit between an indent and the edge. A word that fits nowhere is cut.
fn wrap(text: &str, edge: usize, indent: usize) -> Vec<String> {
    let room = edge.saturating_sub(indent).max(1);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').flat_map(|word| pieces(word, room)) {
        let needed = width(&line).saturating_add(1).saturating_add(width(&word));
        if line.is_empty() {
            line = word;
        } else if needed <= room {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(std::mem::replace(&mut line, word));
        }
    }
    lines.push(line);
    lines
}

fn pieces(word: &str, room: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if letters.is_empty() {
        return vec![String::new()];
    }
    letters.chunks(room).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(write: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::default();
        write(&mut page);
        anstream::adapter::strip_str(&page.into_text()).to_string()
    }

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn numbers_stand_under_each_other_by_their_points() {
        let rows = [row(&["a", "1,000"]), row(&["bb", "2.25"]), row(&["c", "10.5"])];
        let text = plain(|page| page.table(2, &["x", "n"], 1, &rows));
        assert_eq!(text, "  x          n\n  a   1,000\n  bb      2.25\n  c      10.5\n");
    }

    #[test]
    fn a_table_that_is_too_wide_becomes_paragraphs() {
        let long = "1".repeat(60);
        let rows = [row(&["a", &long, &long])];
        let text = plain(|page| page.table(0, &["x", "first", "second"], 1, &rows));
        assert_eq!(text, format!("a\n  first {long};\n    second {long}\n"));
        let line = plain(|page| page.line(0, &format!("{} 5{TIE}WST", "x".repeat(95))));
        assert_eq!(line, format!("{}\n  5 WST\n", "x".repeat(95)));
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        let text = format!("{} {}", "word ".repeat(70), "x".repeat(250));
        let text = plain(|page| {
            page.chapter(&text);
            page.warning(&text);
            page.line(4, &text);
            page.item(2, "label", &text);
        });
        assert!(text.lines().all(|line| width(line) <= WIDTH), "{text}");
    }
}
