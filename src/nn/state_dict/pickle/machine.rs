//! The stack machine that a pickle is a program for, without its power to call anything.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use super::{Cursor, Id, Instance, Pickle, PickleError, Value};

/// The newest protocol there is.
const PROTOCOL: u8 = 5;
/// Small whole numbers, which are most of all values, share one place each.
const SMALL: usize = 256;

/// Read one pickle; the cursor stands behind it afterwards.
///
/// # Errors
/// [`PickleError`]: cut, no pickle, or larger than anything a net needs.
pub fn read<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Pickle, PickleError> {
    let mut machine = Machine::new(cursor)?;
    while machine.step()? {}
    Ok(machine.pickle)
}

/// The values that every pickle shares.
struct Shared {
    none: Id,
    bools: [Id; 2],
    float: Id,
    bytes: Id,
    long_text: Id,
    empty_tuple: Id,
    unknown: Id,
    small: Vec<Id>,
}

struct Machine<'a, R> {
    cursor: &'a mut Cursor<R>,
    pickle: Pickle,
    shared: Shared,
    stack: Vec<Id>,
    /// Heights of the stack at its marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a, R: BufRead> Machine<'a, R> {
    fn new(cursor: &'a mut Cursor<R>) -> Result<Self, PickleError> {
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

    /// One instruction; false after the last.
    fn step(&mut self) -> Result<bool, PickleError> {
        let code = self.cursor.byte()?;
        match code {
            b'.' => {
                let root = self.pop()?;
                self.pickle.set_root(root);
                return Ok(false);
            }
            0x80 => {
                let protocol = self.cursor.byte()?;
                if protocol > PROTOCOL {
                    return Err(self.cursor.bad(format!("pickle protocol {protocol}")));
                }
            }
            // A frame only says how much to read at once.
            0x95 => self.cursor.skip(8)?,
            b'(' => self.marks.push(self.stack.len()),
            b'0' => match self.marks.last() == Some(&self.stack.len()) {
                true => drop(self.marks.pop()),
                false => drop(self.pop()?),
            },
            b'1' => drop(self.since_mark()?),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'N' => self.stack.push(self.shared.none),
            0x88 => self.stack.push(self.shared.bools[1]),
            0x89 => self.stack.push(self.shared.bools[0]),
            b'I' | b'L' => self.number_line()?,
            b'F' => {
                self.cursor.line()?;
                self.stack.push(self.shared.float);
            }
            b'G' => {
                self.cursor.skip(8)?;
                self.stack.push(self.shared.float);
            }
            b'K' => {
                let n = self.cursor.byte()?;
                self.int(n.into())?;
            }
            b'M' => {
                let n = u16::from_le_bytes(self.cursor.array()?);
                self.int(n.into())?;
            }
            b'J' => {
                let n = i32::from_le_bytes(self.cursor.array()?);
                self.int(n.into())?;
            }
            0x8a => {
                let length = self.cursor.byte()?;
                self.long(length.into())?;
            }
            0x8b => {
                let length = self.length32()?;
                self.long(length)?;
            }
            b'S' | b'V' => self.text_line()?,
            b'U' | 0x8c => {
                let length = self.cursor.byte()?;
                self.text(length.into())?;
            }
            b'T' | b'X' => {
                let length = self.length32()?;
                self.text(length)?;
            }
            0x8d => {
                let length = u64::from_le_bytes(self.cursor.array()?);
                self.text(length)?;
            }
            b'C' => {
                let length = self.cursor.byte()?;
                self.bytes(length.into())?;
            }
            b'B' => {
                let length = self.length32()?;
                self.bytes(length)?;
            }
            0x8e | 0x96 => {
                let length = u64::from_le_bytes(self.cursor.array()?);
                self.bytes(length)?;
            }
            b')' => self.stack.push(self.shared.empty_tuple),
            b't' => {
                let items = self.since_mark()?;
                self.tuple(&items)?;
            }
            0x85..=0x87 => {
                let mut items = [self.shared.none; 3];
                let items = &mut items[..usize::from(code - 0x84)];
                for item in items.iter_mut().rev() {
                    *item = self.pop()?;
                }
                self.tuple(items)?;
            }
            b']' | 0x8f => self.list(Vec::new())?,
            b'l' | 0x91 => {
                let items = self.since_mark()?;
                self.list(items)?;
            }
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])?;
            }
            b'e' | 0x90 => {
                let items = self.since_mark()?;
                self.append(&items)?;
            }
            b'}' => self.instance(Instance::default())?,
            b'd' => {
                let items = self.since_mark()?;
                self.instance(Instance::default())?;
                self.set(&items)?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set(&[key, value])?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set(&items)?;
            }
            b'c' => {
                let (module, name) = (self.cursor.line()?, self.cursor.line()?);
                let global = self.pickle.add_global(&decoded(&module), &decoded(&name))?;
                self.stack.push(global);
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let full = (self.pickle.text(module)).zip(self.pickle.text(name));
                let full = full.map(|(m, n)| (m.to_string(), n.to_string()));
                let (module, name) =
                    full.ok_or_else(|| self.cursor.bad("a class without a name"))?;
                let global = self.pickle.add_global(&module, &name)?;
                self.stack.push(global);
            }
            b'R' | 0x81 => self.call()?,
            0x92 => {
                self.pop()?;
                self.call()?;
            }
            b'i' => {
                let (module, name) = (self.cursor.line()?, self.cursor.line()?);
                let items = self.since_mark()?;
                let class = self.pickle.add_global(&decoded(&module), &decoded(&name))?;
                self.stack.push(class);
                self.tuple(&items)?;
                self.call()?;
            }
            b'o' => {
                let items = self.since_mark()?;
                let (class, args) = items
                    .split_first()
                    .ok_or_else(|| self.cursor.bad("an object without a class"))?;
                self.stack.push(*class);
                self.tuple(args)?;
                self.call()?;
            }
            b'b' => {
                let state = self.pop()?;
                let object = self.top()?;
                if let Some(instance) = self.pickle.instance_mut(object) {
                    instance.state = Some(state);
                }
            }
            b'P' => {
                let line = self.cursor.line()?;
                let name = self.pickle.add_text(&decoded(&line))?;
                self.persistent(name)?;
            }
            b'Q' => {
                let name = self.pop()?;
                self.persistent(name)?;
            }
            b'p' | b'g' => {
                let line = self.cursor.line()?;
                let number = std::str::from_utf8(&line).ok().and_then(|l| l.parse().ok());
                let number = number.ok_or_else(|| self.cursor.bad("a place without a number"))?;
                self.memo(code == b'p', number)?;
            }
            b'q' | b'h' => {
                let number = self.cursor.byte()?;
                self.memo(code == b'q', number.into())?;
            }
            b'r' | b'j' => {
                let number = u32::from_le_bytes(self.cursor.array()?);
                self.memo(code == b'r', number)?;
            }
            0x94 => self.memo(true, self.memo.len() as u32)?,
            // Of a registry that only the writer has.
            0x82..=0x84 => {
                self.cursor.skip(1 << (code - 0x82))?;
                self.stack.push(self.shared.unknown);
            }
            // A buffer that was sent beside the pickle.
            0x97 => self.stack.push(self.shared.bytes),
            0x98 => {}
            _ => {
                let message = format!("no instruction of a pickle is {code:#04x}");
                return Err(self.cursor.bad(message));
            }
        }
        Ok(true)
    }

    fn pop(&mut self) -> Result<Id, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => Ok(self.stack.pop().unwrap_or(self.shared.unknown)),
            false => Err(self.cursor.bad("a value is missing")),
        }
    }

    fn top(&mut self) -> Result<Id, PickleError> {
        let missing = || self.cursor.bad("a value is missing");
        self.stack.last().copied().ok_or_else(missing)
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, PickleError> {
        match self.marks.pop() {
            Some(height) => Ok(self.stack.split_off(height.min(self.stack.len()))),
            None => Err(self.cursor.bad("a mark is missing")),
        }
    }

    fn int(&mut self, n: i64) -> Result<(), PickleError> {
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
    fn long(&mut self, length: u64) -> Result<(), PickleError> {
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

    fn number_line(&mut self) -> Result<(), PickleError> {
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
    fn text_line(&mut self) -> Result<(), PickleError> {
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

    fn text(&mut self, length: u64) -> Result<(), PickleError> {
        let id = match self.cursor.text(length)? {
            Some(bytes) => self.pickle.add_text(&decoded(&bytes))?,
            None => self.shared.long_text,
        };
        self.stack.push(id);
        Ok(())
    }

    fn bytes(&mut self, length: u64) -> Result<(), PickleError> {
        self.cursor.skip(length)?;
        self.stack.push(self.shared.bytes);
        Ok(())
    }

    fn length32(&mut self) -> Result<u64, PickleError> {
        Ok(u32::from_le_bytes(self.cursor.array()?).into())
    }

    fn tuple(&mut self, items: &[Id]) -> Result<(), PickleError> {
        let id = match items.is_empty() {
            true => self.shared.empty_tuple,
            false => self.pickle.add_tuple(items)?,
        };
        self.stack.push(id);
        Ok(())
    }

    fn list(&mut self, items: Vec<Id>) -> Result<(), PickleError> {
        let id = self.pickle.add_list(items)?;
        self.stack.push(id);
        Ok(())
    }

    fn instance(&mut self, instance: Instance) -> Result<(), PickleError> {
        let id = self.pickle.add_instance(instance)?;
        self.stack.push(id);
        Ok(())
    }

    fn call(&mut self) -> Result<(), PickleError> {
        let (args, callable) = (self.pop()?, self.pop()?);
        self.instance(Instance {
            callable: Some(callable),
            args: Some(args),
            ..Instance::default()
        })
    }

    fn persistent(&mut self, name: Id) -> Result<(), PickleError> {
        let id = self.pickle.add_persistent(name)?;
        self.stack.push(id);
        Ok(())
    }

    fn append(&mut self, items: &[Id]) -> Result<(), PickleError> {
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

    fn set(&mut self, keys_and_values: &[Id]) -> Result<(), PickleError> {
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

    fn memo(&mut self, put: bool, number: u32) -> Result<(), PickleError> {
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
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}
