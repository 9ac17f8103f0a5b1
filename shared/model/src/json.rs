//! Reads the JSON object of a reply, whatever a model puts around it and wherever it was cut off.

use serde_json::{Map, Value};

/// How many beginnings of an object are tried.
const ATTEMPTS: usize = 8;

/// The first object of the text that can be read. Words and code fences around it, raw line breaks in strings,
/// unknown escapes and commas too many are put up with; an object that ends early keeps what was complete.
pub fn read_object(text: &str) -> Option<Map<String, Value>> {
    let starts = text.match_indices('{').map(|(at, _)| at).take(ATTEMPTS);
    let mut best: Option<Map<String, Value>> = None;
    for start in starts {
        let mended = mend(text.get(start..).unwrap_or_default());
        if let Ok(Value::Object(object)) = serde_json::from_str(&mended)
            && !object.is_empty()
        {
            best = Some(object);
            break;
        }
    }
    best
}

/// A JSON document that begins like this text: complete, and with what no reader takes mended.
fn mend(text: &str) -> String {
    let mut writer = Mender::default();
    for c in text.chars() {
        if writer.take(c) {
            return writer.out;
        }
    }
    writer.close()
}

/// Copies a document and knows at each point how it could end.
#[derive(Default)]
struct Mender {
    out: String,
    /// The closing brackets that are due.
    due: Vec<char>,
    in_string: bool,
    escaped: bool,
    /// How much of the output, with which brackets due, ends in a complete element.
    safe: (usize, Vec<char>),
}

impl Mender {
    /// Takes a character; true where the document is complete.
    fn take(&mut self, c: char) -> bool {
        if self.in_string {
            self.in_a_string(c);
            return false;
        }
        match c {
            '"' => {
                self.in_string = true;
                self.out.push(c);
            }
            '{' | '[' => {
                self.due.push(if c == '{' { '}' } else { ']' });
                self.out.push(c);
                self.keep();
            }
            '}' | ']' => {
                self.drop_comma();
                // A bracket of the wrong kind closes what is open.
                match self.due.pop() {
                    Some(closing) => self.out.push(closing),
                    None => return true,
                }
                self.keep();
                return self.due.is_empty();
            }
            ',' => {
                self.keep();
                self.out.push(c);
            }
            _ => self.out.push(c),
        }
        false
    }

    fn in_a_string(&mut self, c: char) {
        if self.escaped {
            self.escaped = false;
            if matches!(c, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') {
                self.out.push('\\');
            }
            self.out.push(c);
            return;
        }
        match c {
            '\\' => self.escaped = true,
            '"' => {
                self.in_string = false;
                self.out.push(c);
            }
            '\n' => self.out.push_str("\\n"),
            '\t' => self.out.push_str("\\t"),
            c if c.is_control() => {}
            c => self.out.push(c),
        }
    }

    /// What was written so far ends in a complete element.
    fn keep(&mut self) {
        self.safe = (self.out.len(), self.due.clone());
    }

    fn drop_comma(&mut self) {
        let kept = self.out.trim_end().len();
        if self.out.get(..kept).is_some_and(|out| out.ends_with(',')) {
            self.out.truncate(kept.saturating_sub(1));
        }
    }

    /// Ends a document that was cut off at its last complete element.
    fn close(mut self) -> String {
        let (length, due) = self.safe;
        self.out.truncate(length);
        self.out.extend(due.into_iter().rev());
        self.out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Value {
        read_object(text).map_or(Value::Null, Value::Object)
    }

    #[test]
    fn what_stands_around_an_object_is_passed_over() {
        let object = json!({"a": [1, {"b": "x"}]});
        for text in [
            r#"{"a": [1, {"b": "x"}]}"#,
            "Here you are:\n```json\n{\"a\": [1, {\"b\": \"x\",},],}\n```\nDone {or not}.",
            r#"I use {braces}. {"a": [1, {"b": "x"}]} {"second": 1}"#,
        ] {
            assert_eq!(read(text), object, "{text}");
        }
        assert_eq!(read("no object"), Value::Null);
        assert_eq!(read("{}"), Value::Null);
    }

    #[test]
    fn raw_line_breaks_and_unknown_escapes_are_mended() {
        assert_eq!(read("{\"a\": \"x\ny\\_z\"}"), json!({"a": "x\ny_z"}));
    }

    #[test]
    fn an_object_cut_off_anywhere_keeps_its_complete_elements() {
        let whole = r#"{"s":[{"t":"a \"q\"","c":["F1"]},{"t":"b","c":["F2","F3"]}],"u":"end"}"#;
        let full = json!({"t": "a \"q\"", "c": ["F1"]});
        for end in 1..whole.len() {
            let value = read(&whole[..end]);
            if let Some(first) = value
                .get("s")
                .and_then(|s| s.get(0))
                .filter(|first| first.get("c").is_some())
            {
                assert_eq!(first["t"], full["t"], "cut at {end}");
            }
            if end > 33 {
                assert_eq!(value["s"][0], full, "cut at {end}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_fault(text in ".{0,200}", braces in "[\\[\\]{}\",:a1\\\\]{0,60}") {
            let _ = read_object(&text);
            let _ = read_object(&format!("{{{braces}"));
        }
    }
}
