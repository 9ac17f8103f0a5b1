//! What TOML and JSON have in common: tables and lists of values, each with the line that states it.

use deepwiki_domain::facts::Stated;

use super::stated;

/// A value and its line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) line: u32,
    pub(super) value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// In the order of the text.
    Table(Vec<(String, Item)>),
    List(Vec<Item>),
    /// Numbers, dates, true, false, nothing.
    Other,
}

impl Item {
    /// The value of a key; the last if it is stated more than once.
    pub(super) fn get(&self, key: &str) -> Option<&Item> {
        self.entries()
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, item)| item)
    }

    /// The value behind several keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Item> {
        keys.iter().try_fold(self, |item, key| item.get(key))
    }

    /// The keys and values of a table; nothing for other values.
    pub(super) fn entries(&self) -> &[(String, Item)] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The values of a list; nothing for other values.
    pub(super) fn items(&self) -> &[Item] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text with its line.
    pub(super) fn stated(&self) -> Option<Stated> {
        self.text().map(|text| stated(text, self.line))
    }

    /// All texts of a list, or the text that stands in its place.
    pub(super) fn texts(&self) -> impl Iterator<Item = Stated> {
        self.stated()
            .into_iter()
            .chain(self.items().iter().filter_map(Item::stated))
    }
}

/// The line of each byte of a text.
pub(super) struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            starts: breaks.map(|(at, _)| at + 1).collect(),
        }
    }

    /// The 1-based line of a byte.
    pub(super) fn line(&self, byte: usize) -> u32 {
        let before = self.starts.partition_point(|start| *start <= byte);
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }
}
