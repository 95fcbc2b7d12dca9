//! The values of a pickle, in one table.

use super::PickleError;

/// More values than this are refused: every part of a value takes up to some 70 bytes here.
const MOST_VALUES: usize = 1 << 22;

/// The number of a value in its pickle's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(u32);

/// A run of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    len: u32,
}

/// What a pickle builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A whole number past 64 bits, by its lowest 64.
    Large(u64),
    /// Its value is of no use here.
    Float,
    /// Nor are a byte string's contents.
    Bytes,
    Text(Span),
    /// A text too long to be a name.
    LongText,
    /// A class or function by its full name.
    Global(Span),
    Tuple(Span),
    /// A list or a set.
    List(u32),
    /// A dictionary or the outcome of a call.
    Instance(u32),
    /// An object kept outside the pickle, by its identifier.
    Persistent(Id),
    /// What only the program that wrote it could know.
    Unknown,
}

/// A dictionary, or what a call made: neither is told from the other until it is looked at.
#[derive(Debug, Default)]
pub struct Instance {
    /// The class or function; `None` for a plain dictionary.
    pub callable: Option<Id>,
    /// Its arguments.
    pub args: Option<Id>,
    /// What the object was told to take as its attributes.
    pub state: Option<Id>,
    /// What was set under keys.
    pub entries: Vec<(Id, Id)>,
}

/// All that a pickle built.
#[derive(Debug, Default)]
pub struct Pickle {
    values: Vec<Value>,
    texts: String,
    items: Vec<Id>,
    lists: Vec<Vec<Id>>,
    instances: Vec<Instance>,
    persistent: Vec<Id>,
    root: Option<Id>,
}

impl Pickle {
    /// The value that the pickle is of.
    pub fn root(&self) -> Option<Id> {
        self.root
    }

    pub fn value(&self, id: Id) -> Value {
        self.values
            .get(id.0 as usize)
            .copied()
            .unwrap_or(Value::Unknown)
    }

    /// Values in all.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Identifiers of the objects kept outside.
    pub fn persistent(&self) -> &[Id] {
        &self.persistent
    }

    pub fn text(&self, id: Id) -> Option<&str> {
        match self.value(id) {
            Value::Text(span) => Some(self.span(span)),
            _ => None,
        }
    }

    /// The full name of a class or function.
    pub fn global(&self, id: Id) -> Option<&str> {
        match self.value(id) {
            Value::Global(span) => Some(self.span(span)),
            _ => None,
        }
    }

    pub fn int(&self, id: Id) -> Option<i64> {
        match self.value(id) {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The items of a tuple or list.
    pub fn items(&self, id: Id) -> Option<&[Id]> {
        match self.value(id) {
            Value::Tuple(Span { start, len }) => {
                self.items.get(start as usize..)?.get(..len as usize)
            }
            Value::List(n) => self.lists.get(n as usize).map(Vec::as_slice),
            _ => None,
        }
    }

    pub fn instance(&self, id: Id) -> Option<&Instance> {
        match self.value(id) {
            Value::Instance(n) => self.instances.get(n as usize),
            _ => None,
        }
    }

    fn span(&self, Span { start, len }: Span) -> &str {
        let (start, len) = (start as usize, len as usize);
        self.texts.get(start..start + len).unwrap_or_default()
    }

    pub(super) fn add(&mut self, value: Value) -> Result<Id, PickleError> {
        if self.values.len() == MOST_VALUES {
            return Err(PickleError::TooMuch { limit: MOST_VALUES });
        }
        self.values.push(value);
        Ok(Id(self.values.len() as u32 - 1))
    }

    pub(super) fn add_text(&mut self, text: &str) -> Result<Id, PickleError> {
        let span = self.keep(text)?;
        self.add(Value::Text(span))
    }

    pub(super) fn add_global(&mut self, module: &str, name: &str) -> Result<Id, PickleError> {
        let span = self.keep(&format!("{module}.{name}"))?;
        self.add(Value::Global(span))
    }

    pub(super) fn add_tuple(&mut self, items: &[Id]) -> Result<Id, PickleError> {
        let start = u32::try_from(self.items.len());
        let start = start.map_err(|_| PickleError::TooMuch { limit: MOST_VALUES })?;
        self.items.extend(items);
        let len = items.len() as u32;
        self.add(Value::Tuple(Span { start, len }))
    }

    pub(super) fn add_list(&mut self, items: Vec<Id>) -> Result<Id, PickleError> {
        self.lists.push(items);
        self.add(Value::List(self.lists.len() as u32 - 1))
    }

    pub(super) fn add_instance(&mut self, instance: Instance) -> Result<Id, PickleError> {
        self.instances.push(instance);
        self.add(Value::Instance(self.instances.len() as u32 - 1))
    }

    pub(super) fn add_persistent(&mut self, id: Id) -> Result<Id, PickleError> {
        self.persistent.push(id);
        self.add(Value::Persistent(id))
    }

    pub(super) fn list_mut(&mut self, id: Id) -> Option<&mut Vec<Id>> {
        match self.value(id) {
            Value::List(n) => self.lists.get_mut(n as usize),
            _ => None,
        }
    }

    pub(super) fn instance_mut(&mut self, id: Id) -> Option<&mut Instance> {
        match self.value(id) {
            Value::Instance(n) => self.instances.get_mut(n as usize),
            _ => None,
        }
    }

    pub(super) fn set_root(&mut self, id: Id) {
        self.root = Some(id);
    }

    fn keep(&mut self, text: &str) -> Result<Span, PickleError> {
        let too_much = |_| PickleError::TooMuch { limit: MOST_VALUES };
        let start = u32::try_from(self.texts.len()).map_err(too_much)?;
        self.texts.push_str(text);
        u32::try_from(self.texts.len()).map_err(too_much)?;
        let len = text.len() as u32;
        Ok(Span { start, len })
    }
}
