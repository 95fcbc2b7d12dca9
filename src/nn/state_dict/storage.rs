//! How a pickle refers to a tensor's numbers, which lie outside it.

use std::collections::HashMap;

use super::element::Element;
use super::pickle::{Id, Pickle, Value};
use super::stored::{Place, Stored};

/// More axes than PyTorch's own tensors have.
const MOST_AXES: usize = 64;
/// A storage that a pickle refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StorageId {
    pub class: String,
    pub key: String,
    /// Elements before the view's first, in files of PyTorch before 0.4.
    pub offset: u64,
}

/// The storage behind a persistent identifier.
pub(super) fn storage(pickle: &Pickle, id: Id) -> Option<StorageId> {
    let items = pickle.items(id)?;
    if pickle.text(*items.first()?)? != "storage" {
        return None;
    }
    let key = items.get(2)?;
    let key = match pickle.text(*key) {
        Some(text) => text.to_string(),
        None => pickle.int(*key)?.to_string(),
    };
    let view = items.get(5).and_then(|view| pickle.items(*view));
    let offset = view.and_then(|view| pickle.int(*view.get(1)?));
    Some(StorageId {
        class: pickle.global(*items.get(1)?)?.to_string(),
        key,
        offset: offset.map_or(Some(0), |n| u64::try_from(n).ok())?,
    })
}

/// The tensor that these arguments rebuild: storage, offset, shape, strides, and where the storage is of bytes, a type.
///
/// # Errors
/// What it is instead, in words.
pub(super) fn stored(
    pickle: &Pickle,
    places: &HashMap<String, Place>,
    args: &[Id],
) -> Result<Stored, &'static str> {
    const UNKNOWN: &str = "a tensor in an unknown form";
    let [at, start, shape, stride, rest @ ..] = args else {
        return Err(UNKNOWN);
    };
    let Value::Persistent(at) = pickle.value(*at) else {
        return Err("a tensor whose numbers `torch.save` did not write");
    };
    let id = storage(pickle, at).ok_or(UNKNOWN)?;
    let own = rest.get(2).and_then(|kind| pickle.global(*kind));
    let element = own
        .and_then(Element::of_type)
        .or_else(|| Element::of_storage(&id.class));
    let element = element.ok_or("a tensor of numbers of an unknown type")?;
    let place = places.get(&id.key);
    let place = place.ok_or("a tensor whose numbers are not in the file")?;
    let whole = |id: &Id| pickle.int(*id).and_then(|n| u64::try_from(n).ok());
    let sides = |id: &Id| -> Option<Vec<u64>> {
        let items = pickle.items(*id)?;
        let few = items.len() <= MOST_AXES;
        few.then(|| items.iter().map(whole).collect()).flatten()
    };
    let (shape, stride) = sides(shape).zip(sides(stride)).ok_or(UNKNOWN)?;
    let shape: Option<Vec<usize>> = shape.iter().map(|n| usize::try_from(*n).ok()).collect();
    let shape = shape.filter(|s| s.len() == stride.len()).ok_or(UNKNOWN)?;
    let start = whole(start).and_then(|start| start.checked_add(id.offset));
    Ok(Stored {
        place: *place,
        element,
        start: start.ok_or(UNKNOWN)?,
        shape,
        stride,
    })
}
