//! JSON as [`Item`]s, with comments and trailing commas as `tsconfig.json` has them.

use super::item::{Item, Value};

/// Deeper values are passed over: no manifest nests like this.
const DEEPEST: usize = 32;

/// What of a text is JSON: where it stops being so, the rest is left out.
pub(super) fn parse(text: &str) -> Item {
    let mut parser = Parser { text, at: 0, line: 1 };
    parser.value(0).unwrap_or(Item {
        line: 1,
        value: Value::Other,
    })
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl<'t> Parser<'t> {
    fn value(&mut self, depth: usize) -> Option<Item> {
        self.skip_space();
        let line = self.line;
        let value = match self.peek()? {
            _ if depth > DEEPEST => return None,
            b'{' => self.table(depth),
            b'[' => self.list(depth),
            b'"' => Value::Text(self.string()?),
            _ => self.word()?,
        };
        Some(Item { line, value })
    }

    fn table(&mut self, depth: usize) -> Value {
        let mut entries = Vec::new();
        self.advance();
        while self.next_of(b'}') {
            let entry = self.entry(depth);
            let Some(entry) = entry else { break };
            entries.push(entry);
        }
        Value::Table(entries)
    }

    fn entry(&mut self, depth: usize) -> Option<(String, Item)> {
        let line = self.line;
        let key = self.string()?;
        self.skip_space();
        if self.peek()? != b':' {
            return None;
        }
        self.advance();
        let mut item = self.value(depth + 1)?;
        // What a reader looks for is the line with the key.
        if matches!(item.value, Value::Table(_) | Value::List(_)) {
            item.line = line;
        }
        Some((key, item))
    }

    fn list(&mut self, depth: usize) -> Value {
        let mut items = Vec::new();
        self.advance();
        while self.next_of(b']') {
            let Some(item) = self.value(depth + 1) else { break };
            items.push(item);
        }
        Value::List(items)
    }

    /// Whether there is one more before this bracket, which is passed otherwise.
    fn next_of(&mut self, end: u8) -> bool {
        loop {
            self.skip_space();
            match self.peek() {
                Some(b',') => self.advance(),
                Some(byte) if byte == end => {
                    self.advance();
                    return false;
                }
                Some(b'}' | b']') | None => return false,
                Some(_) => return true,
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        if self.peek()? != b'"' {
            return None;
        }
        self.advance();
        let mut decoded = String::new();
        loop {
            let c = self.text.get(self.at..)?.chars().next()?;
            self.at += c.len_utf8();
            match c {
                '"' => return Some(decoded),
                '\n' => return None,
                '\\' => decoded.push(self.escaped()?),
                _ => decoded.push(c),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let c = self.text.get(self.at..)?.chars().next()?;
        self.at += c.len_utf8();
        Some(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                self.at += 4;
                u32::from_str_radix(digits, 16)
                    .ok()
                    .and_then(char::from_u32)
                    .unwrap_or('\u{fffd}')
            }
            other => other,
        })
    }

    /// `true`, `null`, a number.
    fn word(&mut self) -> Option<Value> {
        let rest = self.text.get(self.at..)?;
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '+' | '_')))
            .unwrap_or(rest.len());
        if length == 0 {
            return None;
        }
        self.at += length;
        Some(Value::Other)
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            let rest = self.text.get(self.at..).unwrap_or_default();
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
                let breaks = rest.bytes().take(length).filter(|byte| *byte == b'\n').count();
                self.line = self
                    .line
                    .saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
                self.at += length;
            } else if byte.is_ascii_whitespace() {
                self.advance();
            } else if rest.starts_with('\u{feff}') {
                self.at += '\u{feff}'.len_utf8();
            } else {
                return;
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn advance(&mut self) {
        if self.peek() == Some(b'\n') {
            self.line = self.line.saturating_add(1);
        }
        self.at += 1;
    }
}
