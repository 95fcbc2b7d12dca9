//! PyTorch's format before 1.6: five pickles (a magic number, a version, facts about the machine, the object, the names
//! of its storages) and then the storages in that order, each with its length before it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use super::contents::Contents;
use super::element::Element;
use super::error::Trouble;
use super::pickle::{self, Cursor, Pickle, PickleError, Value};
use super::rebuild;
use super::storage::storage;
use super::stored::Place;
use super::zipped::BIG_ENDIAN;

/// The lowest 64 bits of the number that the first pickle is.
const MAGIC: u64 = 0xa86a_20f9_469c_fc6c;

/// What a file that begins as a pickle holds.
pub(super) enum Pickled {
    /// Tensors, as `torch.save` writes them.
    Saved(Contents),
    /// A pickle by itself, without the storages that tensors would have.
    Bare(Contents),
}

/// Read the description of the file's tensors; their numbers stay where they are.
///
/// # Errors
/// [`Trouble`].
pub(super) fn read(file: &mut File, length: u64) -> Result<Pickled, Trouble> {
    file.rewind()?;
    let mut cursor = Cursor::new(BufReader::new(&mut *file), length);
    let first = next(&mut cursor)?;
    let magic = first.root().map(|root| first.value(root));
    if magic != Some(Value::Large(MAGIC)) {
        let bare = rebuild::contents(&first, &HashMap::new());
        return Ok(Pickled::Bare(bare.map_err(|e| Trouble::Format(e.into()))?));
    }
    next(&mut cursor)?;
    let machine = next(&mut cursor)?;
    let object = next(&mut cursor)?;
    let keys = next(&mut cursor)?;
    let start = cursor.at();
    drop(cursor);
    if is_big_endian(&machine) {
        return Err(Trouble::Format(BIG_ENDIAN.into()));
    }
    let places = places(file, length, start, &object, &keys)?;
    let contents = rebuild::contents(&object, &places);
    Ok(Pickled::Saved(
        contents.map_err(|e| Trouble::Format(e.into()))?,
    ))
}

fn next(cursor: &mut Cursor<BufReader<&mut File>>) -> Result<Pickle, Trouble> {
    pickle::read(cursor).map_err(|e| match e {
        PickleError::Io(e) => Trouble::Io(e),
        e @ PickleError::TooMuch { .. } => Trouble::Format(e.to_string()),
        e => Trouble::Damaged(format!("it begins as PyTorch's older format does, but {e}")),
    })
}

fn is_big_endian(machine: &Pickle) -> bool {
    let facts = machine.root().and_then(|root| machine.instance(root));
    facts.is_some_and(|facts| {
        facts.entries.iter().any(|(key, value)| {
            machine.text(*key) == Some("little_endian")
                && machine.value(*value) == Value::Bool(false)
        })
    })
}

/// Where each storage lies: a number of elements, and then they.
fn places(
    file: &mut File,
    length: u64,
    start: u64,
    object: &Pickle,
    keys: &Pickle,
) -> Result<HashMap<String, Place>, Trouble> {
    // Every storage that the object refers to, wherever in it: only its class says how wide its elements are.
    let referred = object.persistent().iter();
    let classes: HashMap<String, String> = referred
        .filter_map(|id| storage(object, *id))
        .map(|id| (id.key, id.class))
        .collect();
    let listed = keys.root().and_then(|root| keys.items(root));
    let lost = || Trouble::Damaged("the list of its storages is missing".into());
    let mut places = HashMap::new();
    let mut at = start;
    for key in listed.ok_or_else(lost)? {
        let key = match keys.text(*key) {
            Some(text) => text.to_string(),
            None => keys.int(*key).ok_or_else(lost)?.to_string(),
        };
        let class = classes.get(&key).map(String::as_str);
        let element = class.and_then(Element::of_storage).ok_or_else(|| {
            Trouble::Format(format!(
                "it has numbers of an unknown type ({})",
                class.unwrap_or("none is stated")
            ))
        })?;
        let cut = |wanted: u64| {
            Trouble::Damaged(format!(
                "its tensors' numbers go on to byte {wanted}, and it has {length}"
            ))
        };
        let from = at + 8;
        if from > length {
            return Err(cut(from));
        }
        let mut count = [0; 8];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut count)?;
        let size = u64::from_le_bytes(count).checked_mul(element.width());
        let end = size.and_then(|size| size.checked_add(from));
        let end = end.filter(|end| *end <= length);
        let end = end.ok_or_else(|| cut(size.map_or(u64::MAX, |s| from.saturating_add(s))))?;
        let place = Place {
            start: from,
            length: end - from,
            member: None,
        };
        places.insert(key, place);
        at = end;
    }
    Ok(places)
}
