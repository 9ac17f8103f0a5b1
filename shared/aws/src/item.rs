//! Reading and writing DynamoDB items: plain attributes where a condition or an index needs them, JSON text for
//! what only travels.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deepwiki_domain::StageError;
use deepwiki_ports::Result;
use serde::{
    Serialize,
    de::{DeserializeOwned, IntoDeserializer},
};

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A value as a text attribute holding JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<AttributeValue> {
    serde_json::to_string(value)
        .map(AttributeValue::S)
        .map_err(|error| StageError::permanent("a record could not be written as JSON").with_detail(error))
}

/// A value whose JSON is a string (an identifier, an enumeration without data), as that string.
pub(crate) fn word<T: Serialize>(value: &T) -> Result<AttributeValue> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(AttributeValue::S(word)),
        _ => Err(StageError::permanent("a record could not be written as text")),
    }
}

/// Attribute names behind `#`, for an expression: many of ours are reserved words.
pub(crate) fn names(names: &[&str]) -> HashMap<String, String> {
    names
        .iter()
        .map(|name| (format!("#{name}"), (*name).to_owned()))
        .collect()
}

/// An item being read. Every method names the attribute that is missing or damaged.
pub(crate) struct Reader<'a>(pub(crate) &'a Item);

impl Reader<'_> {
    /// A text attribute, if it is there.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_s().ok().map(String::as_str)
    }

    /// A number, if it is there.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_n()
                .ok()
                .and_then(|digits| digits.parse().ok())
                .map(Some)
                .ok_or_else(|| damaged(name)),
        }
    }

    /// A number that must be there.
    pub(crate) fn required_number(&self, name: &str) -> Result<i64> {
        self.number(name)?.ok_or_else(|| damaged(name))
    }

    /// A value that [`json`] wrote, if it is there.
    pub(crate) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        self.text(name)
            .map(|text| serde_json::from_str(text).map_err(|error| damaged(name).with_detail(error)))
            .transpose()
    }

    /// A list of values that [`json`] wrote, if it is there.
    pub(crate) fn json_list<T: DeserializeOwned>(&self, name: &str) -> Result<Option<Vec<T>>> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let texts = value.as_l().map_err(|_| damaged(name))?;
        let read = |text: &AttributeValue| {
            let text = text.as_s().map_err(|_| damaged(name))?;
            serde_json::from_str(text).map_err(|error| damaged(name).with_detail(error))
        };
        texts.iter().map(read).collect::<Result<_>>().map(Some)
    }

    /// A value that [`json`] wrote and that must be there.
    pub(crate) fn required_json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        self.json(name)?.ok_or_else(|| damaged(name))
    }

    /// A value that [`word`] wrote, if it is there.
    pub(crate) fn word<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        self.text(name)
            .map(|text| {
                T::deserialize(text.into_deserializer())
                    .map_err(|error: serde::de::value::Error| damaged(name).with_detail(error))
            })
            .transpose()
    }

    /// A value that [`word`] wrote and that must be there.
    pub(crate) fn required_word<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        self.word(name)?.ok_or_else(|| damaged(name))
    }
}

fn damaged(attribute: &str) -> StageError {
    StageError::permanent(format!(
        "a record in the database is damaged: its attribute `{attribute}` cannot be read"
    ))
}
