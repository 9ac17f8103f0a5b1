//! TOML as [`Item`]s.

use toml::de::{DeTable, DeValue};

use super::item::{Item, LineIndex, Value};

/// What of a text is TOML.
pub(super) fn parse(text: &str) -> Item {
    let lines = LineIndex::of(text);
    let (root, _) = DeTable::parse_recoverable(text);
    Item {
        line: 1,
        value: table(root.get_ref(), &lines),
    }
}

fn table(table: &DeTable<'_>, lines: &LineIndex) -> Value {
    let mut entries: Vec<(usize, String, Item)> = table
        .iter()
        .map(|(key, value)| {
            // A table's own span is that of its header; its key says best where it is stated.
            let line = lines.line(key.span().start);
            let item = match value.get_ref() {
                DeValue::Array(_) | DeValue::Table(_) => item(value.get_ref(), line, lines),
                plain => item(plain, lines.line(value.span().start), lines),
            };
            (key.span().start, key.get_ref().to_string(), item)
        })
        .collect();
    entries.sort_by_key(|(at, _, _)| *at);
    Value::Table(entries.into_iter().map(|(_, key, item)| (key, item)).collect())
}

fn item(value: &DeValue<'_>, line: u32, lines: &LineIndex) -> Item {
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Array(values) => Value::List(
            values
                .iter()
                .map(|value| item(value.get_ref(), lines.line(value.span().start), lines))
                .collect(),
        ),
        DeValue::Table(inner) => table(inner, lines),
        _ => Value::Other,
    };
    Item { line, value }
}
