//! The stack machine that a pickle is a program for, without its power to call anything.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use super::{Cursor, Id, Instance, Pickle, PickleError, Value};

/// Small whole numbers, which are most of all values, share one place each.
const SMALL: usize = 256;

/// The values that every pickle shares.
pub(super) struct Shared {
    pub(super) none: Id,
    pub(super) bools: [Id; 2],
    pub(super) float: Id,
    pub(super) bytes: Id,
    pub(super) long_text: Id,
    pub(super) empty_tuple: Id,
    pub(super) unknown: Id,
    pub(super) small: Vec<Id>,
}

pub(super) struct Machine<'a, R> {
    pub(super) cursor: &'a mut Cursor<R>,
    pub(super) pickle: Pickle,
    pub(super) shared: Shared,
    pub(super) stack: Vec<Id>,
    /// Heights of the stack at its marks.
    pub(super) marks: Vec<usize>,
    pub(super) memo: HashMap<u32, Id>,
}

impl<'a, R: BufRead> Machine<'a, R> {
    pub(super) fn new(cursor: &'a mut Cursor<R>) -> Result<Self, PickleError> {
        let mut pickle = Pickle::default();
        let shared = Shared {
            none: pickle.add(Value::None)?,
            bools: [
                pickle.add(Value::Bool(false))?,
                pickle.add(Value::Bool(true))?,
            ],
            float: pickle.add(Value::Float)?,
            bytes: pickle.add(Value::Bytes)?,
            long_text: pickle.add(Value::LongText)?,
            empty_tuple: pickle.add_tuple(&[])?,
            unknown: pickle.add(Value::Unknown)?,
            small: (0..SMALL)
                .map(|n| pickle.add(Value::Int(n as i64)))
                .collect::<Result<_, _>>()?,
        };
        Ok(Machine {
            cursor,
            pickle,
            shared,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        })
    }

    pub(super) fn pop(&mut self) -> Result<Id, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => Ok(self.stack.pop().unwrap_or(self.shared.unknown)),
            false => Err(self.cursor.bad("a value is missing")),
        }
    }

    pub(super) fn top(&mut self) -> Result<Id, PickleError> {
        let missing = || self.cursor.bad("a value is missing");
        self.stack.last().copied().ok_or_else(missing)
    }

    pub(super) fn since_mark(&mut self) -> Result<Vec<Id>, PickleError> {
        match self.marks.pop() {
            Some(height) => Ok(self.stack.split_off(height.min(self.stack.len()))),
            None => Err(self.cursor.bad("a mark is missing")),
        }
    }

    pub(super) fn int(&mut self, n: i64) -> Result<(), PickleError> {
        let shared = usize::try_from(n).ok();
        let shared = shared.and_then(|n| self.shared.small.get(n).copied());
        let id = match shared {
            Some(id) => id,
            None => self.pickle.add(Value::Int(n))?,
        };
        self.stack.push(id);
        Ok(())
    }

    /// Two's complement of so many bytes, the lowest first.
    pub(super) fn long(&mut self, length: u64) -> Result<(), PickleError> {
        let Some(bytes) = self.cursor.text(length)? else {
            self.stack.push(self.shared.unknown);
            return Ok(());
        };
        let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
        let mut low = [if negative { 0xff } else { 0 }; 8];
        let kept = bytes.len().min(8);
        low[..kept].copy_from_slice(&bytes[..kept]);
        if bytes.len() > 8 {
            let id = self.pickle.add(Value::Large(u64::from_le_bytes(low)))?;
            self.stack.push(id);
            return Ok(());
        }
        self.int(i64::from_le_bytes(low))
    }

    pub(super) fn number_line(&mut self) -> Result<(), PickleError> {
        let line = self.cursor.line()?;
        match line.as_slice() {
            b"00" => self.stack.push(self.shared.bools[0]),
            b"01" => self.stack.push(self.shared.bools[1]),
            digits => {
                let digits = digits.strip_suffix(b"L").unwrap_or(digits);
                let n = std::str::from_utf8(digits).ok();
                let n = n.and_then(|d| d.parse::<i128>().ok());
                match n.map(|n| (i64::try_from(n), n)) {
                    Some((Ok(n), _)) => self.int(n)?,
                    Some((Err(_), n)) => {
                        let id = self.pickle.add(Value::Large(n as u64))?;
                        self.stack.push(id);
                    }
                    None => self.stack.push(self.shared.unknown),
                }
            }
        }
        Ok(())
    }

    /// A text of protocol 0. Names that need an escape are passed over.
    pub(super) fn text_line(&mut self) -> Result<(), PickleError> {
        let line = self.cursor.line()?;
        let quoted = matches!(line.as_slice(), [b'\'', .., b'\''] | [b'"', .., b'"']);
        let plain = match quoted {
            true => &line[1..line.len() - 1],
            false => &line,
        };
        let id = match plain.contains(&b'\\') {
            true => self.shared.long_text,
            false => self.pickle.add_text(&decoded(plain))?,
        };
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn text(&mut self, length: u64) -> Result<(), PickleError> {
        let id = match self.cursor.text(length)? {
            Some(bytes) => self.pickle.add_text(&decoded(&bytes))?,
            None => self.shared.long_text,
        };
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn bytes(&mut self, length: u64) -> Result<(), PickleError> {
        self.cursor.skip(length)?;
        self.stack.push(self.shared.bytes);
        Ok(())
    }

    pub(super) fn length32(&mut self) -> Result<u64, PickleError> {
        Ok(u32::from_le_bytes(self.cursor.array()?).into())
    }

    pub(super) fn tuple(&mut self, items: &[Id]) -> Result<(), PickleError> {
        let id = match items.is_empty() {
            true => self.shared.empty_tuple,
            false => self.pickle.add_tuple(items)?,
        };
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn list(&mut self, items: Vec<Id>) -> Result<(), PickleError> {
        let id = self.pickle.add_list(items)?;
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn instance(&mut self, instance: Instance) -> Result<(), PickleError> {
        let id = self.pickle.add_instance(instance)?;
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn call(&mut self) -> Result<(), PickleError> {
        let (args, callable) = (self.pop()?, self.pop()?);
        self.instance(Instance {
            callable: Some(callable),
            args: Some(args),
            ..Instance::default()
        })
    }

    pub(super) fn persistent(&mut self, name: Id) -> Result<(), PickleError> {
        let id = self.pickle.add_persistent(name)?;
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn append(&mut self, items: &[Id]) -> Result<(), PickleError> {
        let to = self.top()?;
        if let Some(list) = self.pickle.list_mut(to) {
            list.extend(items);
            return Ok(());
        }
        // An object of the writer's own that takes items: nothing of a net.
        match self.pickle.instance_mut(to) {
            Some(_) => Ok(()),
            None => Err(self.cursor.bad("an item has no list")),
        }
    }

    pub(super) fn set(&mut self, keys_and_values: &[Id]) -> Result<(), PickleError> {
        let to = self.top()?;
        let (pairs, odd) = keys_and_values.as_chunks::<2>();
        match self.pickle.instance_mut(to) {
            Some(instance) if odd.is_empty() => {
                instance.entries.extend(pairs.iter().map(|[k, v]| (*k, *v)));
                Ok(())
            }
            Some(_) => Err(self.cursor.bad("a key has no value")),
            None => Err(self.cursor.bad("a key has no dictionary")),
        }
    }

    pub(super) fn memo(&mut self, put: bool, number: u32) -> Result<(), PickleError> {
        match put {
            true => {
                let top = self.top()?;
                self.memo.insert(number, top);
            }
            false => match self.memo.get(&number) {
                Some(id) => self.stack.push(*id),
                None => return Err(self.cursor.bad(format!("value {number} is missing"))),
            },
        }
        Ok(())
    }
}

/// Text as Python 3 writes it, or bytes as Python 2 does: those of no Unicode are Latin-1.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}
