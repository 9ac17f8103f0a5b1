//! Where the lines of a text begin, and how much stands on each.

use std::cell::Cell;

use deepwiki_domain::facts;

/// The lines of a text. Line numbers are 1-based; a last line without a line break counts.
pub(crate) struct Lines {
    /// The byte at which each line begins.
    starts: Vec<usize>,
    /// `ink[n]` is the number of characters that are not white space on the first `n` lines.
    ink: Vec<usize>,
    /// How many blanks each line begins with; a tabulator counts four.
    indents: Vec<u16>,
    length: usize,
    /// The line that was found last: most that is asked for stands there or soon after.
    last_found: Cell<usize>,
}

/// How many lines after the last one are looked at before all of them are searched.
const NEAR: usize = 8;

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let mut starts = Vec::with_capacity(text.len() / 32 + 1);
        let mut ink = Vec::with_capacity(text.len() / 32 + 2);
        let mut indents = Vec::with_capacity(text.len() / 32 + 1);
        let (mut at, mut total) = (0, 0);
        for line in text.as_bytes().split_inclusive(|&byte| byte == b'\n') {
            starts.push(at);
            ink.push(total);
            indents.push(indent_of(line));
            total += line.iter().filter(|&&byte| is_ink(byte)).count();
            at += line.len();
        }
        ink.push(total);
        Self {
            starts,
            ink,
            indents,
            length: text.len(),
            last_found: Cell::new(0),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// The line that holds this byte.
    pub(crate) fn line_at(&self, byte: usize) -> u32 {
        let line = self.line_near(byte);
        let line = line.unwrap_or_else(|| self.starts.partition_point(|&start| start <= byte));
        self.last_found.set(line);
        u32::try_from(line)
            .unwrap_or(u32::MAX)
            .clamp(1, self.count().max(1))
    }

    /// The line of a byte, if that is the one found last or one of those after it.
    fn line_near(&self, byte: usize) -> Option<usize> {
        let last = self.last_found.get();
        let near = self.starts.get(last.checked_sub(1)?..)?;
        let before = near.iter().take(NEAR).take_while(|&&start| start <= byte).count();
        let is_found = before > 0 && near.get(before).is_none_or(|&start| start > byte);
        is_found.then_some(last - 1 + before)
    }

    /// The lines that hold the bytes of a range; a line break at its end belongs to the line before.
    pub(crate) fn range(&self, start: usize, end: usize) -> facts::Lines {
        let first = self.line_at(start);
        facts::Lines {
            start: first,
            end: self.line_at(end.saturating_sub(1)).max(first),
        }
    }

    /// The byte at which a line begins; the text's length for lines past the last.
    pub(crate) fn start_of(&self, line: u32) -> usize {
        let at = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        self.starts.get(at).copied().unwrap_or(self.length)
    }

    /// A line without its line break.
    pub(crate) fn text_of<'t>(&self, text: &'t str, line: u32) -> &'t str {
        text.get(self.start_of(line)..self.start_of(line.saturating_add(1)))
            .unwrap_or("")
            .trim_end_matches('\n')
    }

    /// How many characters other than white space these lines hold.
    pub(crate) fn ink(&self, lines: facts::Lines) -> usize {
        let until = |line: u32| {
            let line = usize::try_from(line).unwrap_or(usize::MAX);
            self.ink
                .get(line.min(self.ink.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0)
        };
        until(lines.end).saturating_sub(until(lines.start.saturating_sub(1)))
    }

    /// How far a line is indented.
    pub(crate) fn indent(&self, line: u32) -> usize {
        let at = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        self.indents.get(at).copied().unwrap_or(0).into()
    }

    /// Whether nothing stands on a line.
    pub(crate) fn is_blank(&self, line: u32) -> bool {
        self.ink(facts::Lines::one(line)) == 0
    }
}

/// How many blanks stand before the ink of a line; zero where there is no ink.
fn indent_of(line: &[u8]) -> u16 {
    let mut blanks = 0u16;
    for &byte in line {
        match byte {
            b' ' => blanks = blanks.saturating_add(1),
            b'\t' => blanks = blanks.saturating_add(4),
            _ if is_ink(byte) => return blanks,
            _ => {}
        }
    }
    0
}

/// Neither ASCII white space nor the continuation of a character that began earlier.
fn is_ink(byte: u8) -> bool {
    !matches!(byte, b' ' | b'\t'..=b'\r' | 0x80..=0xBF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_as_people_do() {
        for (text, count) in [
            ("", 0),
            ("a", 1),
            ("a\n", 1),
            ("a\n\n", 2),
            ("a\nb", 2),
            ("\n", 1),
        ] {
            assert_eq!(Lines::of(text).count(), count, "{text:?}");
        }
        let text = "ab \n\n  日本 c";
        let lines = Lines::of(text);
        assert_eq!(lines.ink(facts::Lines { start: 1, end: 3 }), 5);
        assert!(lines.is_blank(2) && !lines.is_blank(3));
        assert_eq!((lines.indent(1), lines.indent(3)), (0, 2));
        assert_eq!(lines.text_of(text, 3), "  日本 c");
        assert_eq!(lines.range(0, 4), facts::Lines::one(1));
        assert_eq!(lines.range(0, text.len() + 9), facts::Lines { start: 1, end: 3 });
    }
}
