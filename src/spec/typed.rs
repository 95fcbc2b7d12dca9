//! A tree read as a typed value, with errors in the words of YAML: which key, what stands there, what was expected.

use std::fmt::Display;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::tree::{Entry, Node, Place, Value};
use super::visible::visible;
use super::{SpecError, load};

/// Reads a node.
pub(super) struct Typed<'de>(pub &'de Node);

/// What is wrong, and where as far as it is known yet.
#[derive(Debug)]
pub(super) struct TypedError {
    /// The keys from the value outwards.
    keys: Vec<String>,
    place: Option<Place>,
    wrong: Wrong,
}

#[derive(Debug)]
enum Wrong {
    Key { key: String, expected: Vec<String> },
    Value(String),
}

impl TypedError {
    fn value(message: String) -> Self {
        TypedError {
            keys: Vec::new(),
            place: None,
            wrong: Wrong::Value(message),
        }
    }

    /// At `place`, unless a value inside it is to blame.
    fn at(mut self, place: &Place) -> Self {
        self.place.get_or_insert_with(|| place.clone());
        self
    }

    fn under(mut self, key: impl Display) -> Self {
        self.keys.push(key.to_string());
        self
    }

    /// As users see it; `whole` is the place of the outermost value.
    pub(super) fn located(self, whole: &Place) -> SpecError {
        let place = self.place.unwrap_or_else(|| whole.clone());
        match self.wrong {
            Wrong::Key { key, expected } => SpecError::UnknownKey {
                nearest: load::nearest(&key, &expected),
                place,
                key,
                expected,
            },
            Wrong::Value(message) => SpecError::Value {
                place,
                key: match self.keys.is_empty() {
                    true => load::WHOLE.to_string(),
                    false => self.keys.into_iter().rev().collect::<Vec<_>>().join("."),
                },
                message,
            },
        }
    }
}

impl std::error::Error for TypedError {}

impl Display for TypedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.wrong {
            Wrong::Key { key, .. } => write!(f, "unknown key `{key}`"),
            Wrong::Value(message) => f.write_str(message),
        }
    }
}

impl serde::de::Error for TypedError {
    fn custom<T: Display>(message: T) -> Self {
        let message = message.to_string();
        // What derived readers say of an untagged type.
        match message.contains("did not match any variant") {
            true => Self::value("has none of the forms that this key takes".into()),
            false => Self::value(message),
        }
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Self {
        Self::value(format!(
            "is {}; expected {}",
            found_words(&found),
            expected_words(&expected.to_string())
        ))
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let entries = if length == 1 { "entry" } else { "entries" };
        Self::value(format!(
            "has {length} {entries}; expected {}",
            expected_words(&expected.to_string())
        ))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let nearest =
            load::nearest(found, &strings(expected)).map(|n| format!(" (did you mean `{n}`?)"));
        Self::value(format!(
            "is `{}`{}; expected {}",
            shortened(found),
            nearest.unwrap_or_default(),
            one_of(expected)
        ))
    }

    fn unknown_field(key: &str, expected: &'static [&'static str]) -> Self {
        TypedError {
            wrong: Wrong::Key {
                key: key.to_string(),
                expected: strings(expected),
            },
            ..Self::value(String::new())
        }
    }

    fn missing_field(key: &'static str) -> Self {
        Self::value("is missing, and has no default".into()).under(key)
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::value("stands twice; remove one".into()).under(key)
    }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| n.to_string()).collect()
}

fn one_of(names: &[&str]) -> String {
    super::error::one_of(&strings(names))
}

fn shortened(text: &str) -> String {
    /// So much of a value that is wrong is shown.
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", visible(&text[..end])),
        None => visible(text).into_owned(),
    }
}

fn found_words(found: &Unexpected) -> String {
    match found {
        Unexpected::Bool(b) => b.to_string(),
        Unexpected::Unsigned(n) => n.to_string(),
        Unexpected::Signed(n) => n.to_string(),
        Unexpected::Float(x) => format!("{x:?}"),
        Unexpected::Char(c) => format!("`{c}`"),
        Unexpected::Str(s) => format!("`{}`", shortened(s)),
        Unexpected::Unit | Unexpected::Option => "empty".into(),
        Unexpected::Seq | Unexpected::TupleVariant => "a list".into(),
        Unexpected::Map | Unexpected::StructVariant => "keys with values".into(),
        _ => "a value of another kind".into(),
    }
}

/// What a type calls itself, in words of YAML: derived readers name the language's types.
pub(super) fn expected_words(text: &str) -> String {
    match text {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a string" | "path string" | "a character" => "text".into(),
        "a sequence" => "a list".into(),
        "a map" => "keys with values".into(),
        text if text.starts_with("struct ") || text.starts_with("enum ") => {
            "keys with values".into()
        }
        text if text.starts_with("tuple ") => "a list".into(),
        text if text.ends_with("variant") => "a word by itself".into(),
        text => match text.strip_prefix("an array of length ") {
            Some(length) => format!("a list of {length}"),
            None => text.to_string(),
        },
    }
}

impl<'de> Typed<'de> {
    /// What stands here; of an argument, what YAML makes of it.
    fn value(&self) -> Result<&'de Value, TypedError> {
        match &self.0.value {
            Value::Argument(argument) => argument.yaml().map_err(|why| {
                TypedError::value(format!("is not valid YAML: {why}")).at(&self.0.place)
            }),
            value => Ok(value),
        }
    }

    /// The text here, where there is some.
    fn text(&self) -> Option<&'de str> {
        match &self.0.value {
            Value::Argument(argument) => argument.text(),
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    fn wrong<T>(&self, expected: impl Display) -> Result<T, TypedError> {
        let found = match self.value()? {
            Value::Null => "empty".to_string(),
            Value::Bool(b) => b.to_string(),
            Value::Int(i) => i.to_string(),
            Value::Float(x) => format!("{x:?}"),
            Value::Str(text) => format!("`{}`", shortened(text)),
            Value::Seq(_) => "a list".into(),
            Value::Map(_) => "keys with values".into(),
            Value::Argument(_) => "an argument".into(),
        };
        Err(TypedError::value(format!("is {found}; expected {expected}")).at(&self.0.place))
    }

    fn read<T>(&self, read: impl FnOnce() -> Result<T, TypedError>) -> Result<T, TypedError> {
        read().map_err(|e| e.at(&self.0.place))
    }

    fn whole<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match self.value()? {
            Value::Int(i) => self.read(|| int(*i, visitor)),
            _ => self.wrong("a whole number"),
        }
    }

    fn number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match self.value()? {
            Value::Int(i) => self.read(|| int(*i, visitor)),
            Value::Float(x) if x.is_finite() => self.read(|| visitor.visit_f64(*x)),
            Value::Float(_) => self.wrong("a finite number"),
            _ => self.wrong("a number"),
        }
    }

    fn string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match (self.text(), &self.0.value) {
            (Some(text), _) => self.read(|| visitor.visit_str(text)),
            (None, Value::Bool(_) | Value::Int(_) | Value::Float(_)) => {
                self.wrong("text; put quotes around it if it is a name")
            }
            (None, Value::Argument(_)) => {
                Err(TypedError::value("is empty; expected text".into()).at(&self.0.place))
            }
            _ => self.wrong("text"),
        }
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match self.value()? {
            Value::Seq(items) => self.read(|| visitor.visit_seq(Items { items, next: 0 })),
            _ => self.wrong("a list"),
        }
    }
}

fn int<'de, V: Visitor<'de>>(i: i64, visitor: V) -> Result<V::Value, TypedError> {
    match u64::try_from(i) {
        Ok(n) => visitor.visit_u64(n),
        Err(_) => visitor.visit_i64(i),
    }
}

macro_rules! as_one {
    ($($method:ident => $reader:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
            self.$reader(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Typed<'de> {
    type Error = TypedError;

    as_one! {
        deserialize_i8 => whole, deserialize_i16 => whole, deserialize_i32 => whole, deserialize_i64 => whole,
        deserialize_u8 => whole, deserialize_u16 => whole, deserialize_u32 => whole, deserialize_u64 => whole,
        deserialize_f32 => number, deserialize_f64 => number,
        deserialize_char => string, deserialize_str => string, deserialize_string => string,
        deserialize_identifier => string, deserialize_seq => list,
    }

    forward_to_deserialize_any! { i128 u128 bytes byte_buf unit }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        let value = self.value()?;
        self.read(|| match value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(*b),
            Value::Int(i) => int(*i, visitor),
            Value::Float(x) => visitor.visit_f64(*x),
            Value::Str(text) => visitor.visit_str(self.text().unwrap_or(text)),
            Value::Seq(items) => visitor.visit_seq(Items { items, next: 0 }),
            Value::Map(entries) => visitor.visit_map(Entries { entries, next: 0 }),
            Value::Argument(_) => Err(TypedError::custom("is an argument within an argument")),
        })
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match self.value()? {
            Value::Bool(b) => self.read(|| visitor.visit_bool(*b)),
            _ => self.wrong("true or false"),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        let empty = match &self.0.value {
            Value::Null => true,
            Value::Argument(argument) => argument.text().is_none(),
            _ => false,
        };
        match empty {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match self.value()? {
            Value::Map(entries) => self.read(|| visitor.visit_map(Entries { entries, next: 0 })),
            _ => self.wrong("keys with values"),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        match self.value()? {
            Value::Map(entries) => self.read(|| visitor.visit_map(Entries { entries, next: 0 })),
            _ => self.wrong(format!(
                "keys with values: {}",
                super::error::list(&strings(keys))
            )),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        if let Some(text) = self.text() {
            return self.read(|| visitor.visit_enum(StrDeserializer::<TypedError>::new(text)));
        }
        match self.value()? {
            Value::Map(entries)
                if entries.len() == 1 && names.contains(&entries[0].key.as_str()) =>
            {
                let map = MapAccessDeserializer::new(Entries { entries, next: 0 });
                self.read(|| visitor.visit_enum(map))
            }
            _ => self.wrong(one_of(names)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        visitor.visit_unit()
    }
}

struct Items<'de> {
    items: &'de [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = TypedError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TypedError> {
        let Some(item) = self.items.get(self.next) else {
            return Ok(None);
        };
        let value = seed.deserialize(Typed(item));
        let value = value.map_err(|e| e.at(&item.place).under(self.next));
        self.next += 1;
        value.map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

struct Entries<'de> {
    entries: &'de [Entry],
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = TypedError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, TypedError> {
        let Some(entry) = self.entries.get(self.next) else {
            return Ok(None);
        };
        let key = seed.deserialize(Key(&entry.key));
        key.map(Some).map_err(|e| e.at(&entry.place))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, TypedError> {
        let Some(entry) = self.entries.get(self.next) else {
            return Err(TypedError::custom("has a key without a value"));
        };
        self.next += 1;
        let value = seed.deserialize(Typed(&entry.node));
        value.map_err(|e| e.at(&entry.node.place).under(&entry.key))
    }
}

/// A key: text, or a number that is written as one.
struct Key<'de>(&'de str);

impl<'de> Key<'de> {
    fn whole<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        match self.0.parse() {
            Ok(n) => int(n, visitor),
            Err(_) => {
                let key = shortened(self.0);
                Err(TypedError::value(format!(
                    "has the key `{key}`; expected a whole number"
                )))
            }
        }
    }
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = TypedError;

    as_one! {
        deserialize_i8 => whole, deserialize_i16 => whole, deserialize_i32 => whole, deserialize_i64 => whole,
        deserialize_u8 => whole, deserialize_u16 => whole, deserialize_u32 => whole, deserialize_u64 => whole,
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedError> {
        visitor.visit_enum(StrDeserializer::<TypedError>::new(self.0))
    }
}
