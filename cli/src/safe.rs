//! Text from outside without effect on a terminal: control characters and marks that change the direction of text are
//! shown as `\u202e`, which JSON reads as the same character. Pure.

use std::fmt::Write;

use crate::tone::Tone;

/// A text without control characters, direction marks and line breaks, for one cell of a table.
pub(crate) fn cell(text: &str) -> String {
    escaped(text, |c| is_hostile(c) || matches!(c, '\n' | '\t'))
}

/// The same for text that may have several lines.
pub(crate) fn lines(text: &str) -> String {
    escaped(text, is_hostile)
}

/// The same for laid out text, whose own colours are kept.
pub(crate) fn output(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut safe = lines(parts.next().unwrap_or_default());
    for part in parts {
        safe += if is_style(part) { "\u{1b}" } else { r"\u001b" };
        safe += &lines(part);
    }
    safe
}

fn is_hostile(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// Whether the rest of an escape sequence is one that `layout` writes.
fn is_style(rest: &str) -> bool {
    let colours = [Tone::Good, Tone::Doubt, Tone::Bad].into_iter().filter_map(Tone::colour);
    [0, 1].into_iter().chain(colours).any(|code| rest.starts_with(&format!("[{code}m")))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            // Writing to a String does not fail. All of these characters have four digits.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{1b}[8mb\u{202e}c\u{9b}31md\re\u{7}f\u{2028}g";

    #[test]
    fn hostile_characters_are_shown_and_have_no_effect() {
        assert_eq!(cell(HOSTILE), r"a\u001b[2J\u001b[8mb\u202ec\u009b31md\u000de\u0007f\u2028g");
        assert_eq!(output(HOSTILE), lines(HOSTILE));
        assert_eq!((cell("a\nb"), lines("a\nb")), (r"a\u000ab".to_owned(), "a\nb".to_owned()));
    }

    #[test]
    fn colours_of_the_layout_are_kept() {
        let painted = "\u{1b}[1mHEALTH\u{1b}[0m\n\u{1b}[31munhealthy\u{1b}[0m";
        assert_eq!(output(painted), painted);
    }

    proptest! {
        #[test]
        fn json_keeps_its_meaning(text in any::<String>()) {
            let json = serde_json::to_string(&(&text, HOSTILE)).expect("JSON");
            let (read, hostile): (String, String) = serde_json::from_str(&output(&json)).expect("JSON");
            prop_assert_eq!((read, hostile.as_str()), (text, HOSTILE));
        }
    }
}
