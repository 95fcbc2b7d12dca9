//! The instructions of a pickle, each as what it does to the stack.

use std::io::BufRead;

use super::stack::{Machine, decoded};
use super::{Cursor, Instance, Pickle, PickleError};

/// The newest protocol there is.
const PROTOCOL: u8 = 5;

/// Read one pickle; the cursor stands behind it afterwards.
///
/// # Errors
/// [`PickleError`]: cut, no pickle, or larger than anything a net needs.
pub fn read<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Pickle, PickleError> {
    let mut machine = Machine::new(cursor)?;
    while machine.step()? {}
    Ok(machine.pickle)
}

impl<R: BufRead> Machine<'_, R> {
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
}
