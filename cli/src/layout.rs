//! Lays out text for a given width. `textwrap` breaks the lines; it has no tables, so this module implements them. Pure.

use std::borrow::Cow;

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, wrap};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{safe, tone::Tone};

/// The width and the colours of the output.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    /// Columns; none if lines may have any length.
    pub(crate) width: Option<usize>,
    /// Whether to use colours.
    pub(crate) colours: bool,
}

/// A text with the tone of what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A text in a tone, or in that of a fact.
    pub(crate) fn toned(text: impl Into<String>, tone: impl Into<Tone>) -> Self {
        Self { text: safe::cell(&text.into()), tone: tone.into() }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// The indentation of tables.
const INDENT: usize = 2;
/// The space between two columns.
const GAP: usize = 3;
/// Longer words may be shortened if there is no room.
const LONGEST_WORD: usize = 34;
/// The smallest width of a shortened word.
const SHORTENED: usize = 16;
/// The largest indentation of continuation lines.
const HANGING: usize = 13;

/// Aligned columns under a header. Cells that do not fit are wrapped, and long words lose their middle; if
/// there is no room for columns at all, each row becomes a card of lines.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>, style: Style) -> String {
    let mut lines: Vec<Vec<Cell>> = vec![header.iter().map(|&name| name.into()).collect()];
    lines.extend(rows);
    let columns = header.len();
    let natural: Vec<usize> =
        (0..columns).map(|column| lines.iter().map(|line| line[column].text.width()).max().unwrap_or(0)).collect();
    let room = style.width.map(|width| width.saturating_sub(INDENT + GAP * (columns - 1)));
    let floors: Vec<usize> = (0..columns).map(|column| floor(lines.iter().map(|line| line[column].text.as_str()))).collect();
    let Some(widths) = fit(&natural, &floors, room) else { return cards(header, &lines[1..], style) };
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        let cells: Vec<Vec<String>> = line.iter().zip(&widths).map(|(cell, &width)| cell_lines(&cell.text, width)).collect();
        for row in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let mut text = " ".repeat(INDENT);
            let last = cells.iter().rposition(|cell| cell.get(row).is_some_and(|part| !part.is_empty())).unwrap_or(0);
            for (column, cell) in cells.iter().enumerate().take(last + 1) {
                let part = cell.get(row).map_or("", String::as_str);
                text += &if number == 0 { bold(part, style) } else { paint(part, line[column].tone, style) };
                if column < last {
                    text += &" ".repeat(widths[column] - part.width() + GAP);
                }
            }
            out += text.trim_end();
            out.push('\n');
        }
    }
    out
}

/// Column widths that fit into the room. The widest column is narrowed first, and none below its floor; none if
/// they can't fit.
fn fit(natural: &[usize], floors: &[usize], room: Option<usize>) -> Option<Vec<usize>> {
    let mut widths = natural.to_vec();
    let Some(room) = room else { return Some(widths) };
    while widths.iter().sum::<usize>() > room {
        let spare = widths.iter_mut().zip(floors).filter(|(width, floor)| **width > **floor);
        *spare.map(|(width, _)| width).max()? -= 1;
    }
    Some(widths)
}

/// The smallest width of a column: very long words, such as ARNs, may lose their middle.
fn floor<'c>(cells: impl Iterator<Item = &'c str>) -> usize {
    let words = cells.flat_map(|cell| cell.split(' ')).map(UnicodeWidthStr::width);
    words.map(|width| if width > LONGEST_WORD { SHORTENED } else { width }).max().unwrap_or(0)
}

/// Each row as a card: its first cell, and the other cells below it with the names of their columns.
fn cards(header: &[&str], rows: &[Vec<Cell>], style: Style) -> String {
    let names = header.iter().skip(1).map(|name| name.width()).max().unwrap_or(0);
    let mut out = String::new();
    for row in rows {
        out += &hanging("  ", 4, row.first().map_or("", |cell| &cell.text), style);
        for (name, cell) in header.iter().zip(row).skip(1).filter(|(_, cell)| !cell.text.is_empty()) {
            let start = format!("    {}{}  ", bold(name, style), " ".repeat(names - name.width()));
            out += &hanging(&start, names + 6, &paint(&cell.text, cell.tone, style), style);
        }
    }
    out
}

/// The lines of a cell: whole words, except for those that have to be shortened.
fn cell_lines(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width {
        return vec![text.to_owned()];
    }
    let words: Vec<String> = text.split(' ').map(|word| shortened(word, width)).collect();
    wrapped(&words.join(" "), Options::new(width))
}

/// Lines broken at spaces only: a long word may be part of a command, and stays whole.
fn wrapped(text: &str, options: Options<'_>) -> Vec<String> {
    let options = options.break_words(false).word_separator(WordSeparator::AsciiSpace);
    let options = options.word_splitter(WordSplitter::NoHyphenation).wrap_algorithm(WrapAlgorithm::FirstFit);
    wrap(text, options).into_iter().map(Cow::into_owned).collect()
}

/// A word of at most `width` columns. Its middle is dropped, because names differ at their ends.
fn shortened(word: &str, width: usize) -> String {
    if word.width() <= width {
        return word.to_owned();
    }
    let head = take(word.chars(), width.saturating_sub(1) / 3);
    let tail = take(word.chars().rev(), width.saturating_sub(1) - head.width());
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

fn take(characters: impl Iterator<Item = char>, width: usize) -> String {
    let mut taken = 0;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= width
    };
    characters.take_while(fits).collect()
}

/// A line cut to the width.
pub(crate) fn cut(line: &str, style: Style) -> String {
    match style.width {
        Some(width) if line.width() > width => take(line.chars(), width - 1) + "…",
        _ => line.to_owned(),
    }
}

/// A wrapped paragraph with a hanging indent. Long words stay whole: they may be part of a command.
pub(crate) fn prose(start: &str, text: &str, style: Style) -> String {
    let start = safe::lines(start);
    hanging(&start, start.width().min(HANGING), &safe::lines(text), style)
}

/// A wrapped paragraph with a word in its margin, which is `margin` columns wide without the indentation.
pub(crate) fn item(word: &Cell, margin: usize, text: &str, style: Style) -> String {
    let space = " ".repeat(margin.saturating_sub(word.text.width()));
    let start = format!("{}{}{space} ", " ".repeat(INDENT), paint(&word.text, word.tone, style));
    hanging(&start, INDENT + margin + 1, &safe::lines(text), style)
}

fn hanging(start: &str, indent: usize, text: &str, style: Style) -> String {
    // `wrap` would not print `start` for an empty text.
    let Some(width) = style.width.filter(|_| !text.is_empty()) else { return format!("{start}{text}\n") };
    let indent = " ".repeat(indent);
    wrapped(text, Options::new(width).initial_indent(start).subsequent_indent(&indent)).join("\n") + "\n"
}

fn paint(text: &str, tone: Tone, style: Style) -> String {
    match tone.colour().filter(|_| style.colours && !text.is_empty()) {
        Some(colour) => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        None => text.to_owned(),
    }
}

fn bold(word: &str, style: Style) -> String {
    if style.colours && !word.is_empty() { format!("\u{1b}[1m{word}\u{1b}[0m") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use crossover_model::{finding::Severity, health::State};
    use proptest::prelude::*;

    use super::*;

    fn style(width: usize) -> Style {
        Style { width: Some(width), colours: false }
    }

    fn without_colours(text: &str) -> String {
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
    }

    fn cells(row: Vec<String>) -> Vec<Cell> {
        row.into_iter().map(Cell::from).collect()
    }

    proptest! {
        #[test]
        fn no_line_of_a_table_is_too_long(rows in prop::collection::vec(prop::collection::vec("[a-z0-9: ]{0,60}", 4), 0..5), width in 40usize..160) {
            let text = table(&["A", "BB", "CCC", "D"], rows.into_iter().map(cells), style(width));
            // A card keeps a long word whole.
            let one_word = |line: &str| line.split_whitespace().count() <= 2;
            for line in text.lines() {
                prop_assert!(line.width() <= width || one_word(line), "{}: {}", line.width(), line);
            }
        }

        #[test]
        fn a_table_that_fits_is_not_changed(rows in prop::collection::vec(prop::collection::vec("[a-z]{1,9}", 3), 1..5)) {
            let free = table(&["A", "B", "C"], rows.iter().cloned().map(cells), Style::default());
            prop_assert_eq!(&table(&["A", "B", "C"], rows.iter().cloned().map(cells), style(80)), &free);
            prop_assert_eq!(free.lines().count(), rows.len() + 1);
        }

        #[test]
        fn colours_change_no_letter(tone in prop::sample::select(vec![Tone::Good, Tone::Bad, Tone::Plain]), width in 10usize..100) {
            let why = "some words that say why it is so";
            let rows = || vec![vec![Cell::toned("a word", tone), Cell::toned(why, tone)]];
            let painted = table(&["HEALTH", "WHY"], rows(), Style { width: Some(width), colours: true });
            prop_assert_eq!(without_colours(&painted), table(&["HEALTH", "WHY"], rows(), style(width)));
        }

        #[test]
        fn prose_keeps_every_word(text in "[a-z]{1,30}( [a-z]{1,30}){0,9}", width in 40usize..100) {
            let shown = prose("  Note: ", &text, style(width));
            let words: Vec<&str> = shown.split_whitespace().skip(1).collect();
            prop_assert_eq!(words, text.split(' ').collect::<Vec<_>>());
        }

        #[test]
        fn a_shortened_word_has_its_width(word in "\\PC{1,60}", width in 5usize..40) {
            prop_assert!(shortened(&word, width).width() <= width.max(word.width().min(width)));
        }
    }

    #[test]
    fn a_colour_comes_from_the_fact_and_not_from_the_word() {
        let style = Style { width: Some(80), colours: true };
        let shown = table(&["TARGET", "HEALTH"], [vec!["failed".into(), Cell::toned("unhealthy", State::Unhealthy)]], style);
        assert!(shown.contains("  failed   \u{1b}[31munhealthy\u{1b}[0m\n"), "{shown:?}");
        let word = Cell::toned("error", Severity::Error);
        assert_eq!(item(&word, 8, "vpc-1 fails", style), "  \u{1b}[31merror\u{1b}[0m    vpc-1 fails\n");
    }

    #[test]
    fn names_keep_their_ends() {
        assert_eq!(shortened("arn:aws:rds:us-west-2:111122223333:db:orders-usw2", 27), "arn:aws:…333:db:orders-usw2");
    }

    #[test]
    fn without_room_rows_are_cards() {
        let row = ["replace-route", "rtb-0a1b2c3d4e5f6a100", "nat-0a1b2c3d4e5f60001", "", "done"].map(Cell::from).to_vec();
        assert_eq!(
            table(&["STEP", "RESOURCE", "FROM", "TO", "RESULT"], [row], style(50)),
            "  replace-route\n    RESOURCE  rtb-0a1b2c3d4e5f6a100\n    FROM      nat-0a1b2c3d4e5f60001\n    RESULT    done\n"
        );
    }
}
