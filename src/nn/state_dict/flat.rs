//! safetensors: a JSON header that names every tensor, and then their numbers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};

use safetensors::tensor::Metadata;

use super::contents::{Contents, Key, MOST_TENSORS, Part};
use super::element::Element;
use super::error::Trouble;
use super::stored::{Place, Stored};

/// A header with more bytes names more tensors than are read.
const LONGEST_HEADER: u64 = 32 << 20;

/// The length of its header, where the file begins as safetensors does: a text would say a far greater one.
pub(super) fn header(begin: &[u8]) -> Option<u64> {
    let (header, rest) = begin.split_first_chunk::<8>()?;
    let header = u64::from_le_bytes(*header);
    (rest.first() == Some(&b'{') && header <= u32::MAX.into()).then_some(header)
}

/// Read the names and shapes of the file's tensors; their numbers stay where they are.
///
/// # Errors
/// [`Trouble`].
pub(super) fn read(file: &mut File, length: u64, header: u64) -> Result<Contents, Trouble> {
    let start = 8 + header;
    if start > length {
        return Err(Trouble::Damaged(format!(
            "it begins as safetensors does, its header goes on to byte {start}, and it has {length}"
        )));
    }
    if header > LONGEST_HEADER {
        return Err(Trouble::Format(format!(
            "its header has {header} bytes, and at most {LONGEST_HEADER} are read"
        )));
    }
    file.rewind()?;
    let mut bytes = vec![0; 8 + header as usize];
    file.read_exact(&mut bytes)?;
    let metadata: Metadata = serde_json::from_slice(&bytes[8..]).map_err(|e| {
        Trouble::Format(format!(
            "it begins as safetensors does, and its header is none ({e})"
        ))
    })?;
    let tensors = metadata.tensors();
    if tensors.len() > MOST_TENSORS {
        return Err(Trouble::Format(format!(
            "it names {} tensors",
            tensors.len()
        )));
    }
    let end = (metadata.data_len() as u64).saturating_add(start);
    if end > length {
        return Err(Trouble::Damaged(format!(
            "its tensors' numbers go on to byte {end}, and it has {length}"
        )));
    }
    let mut entries: Vec<(String, Part)> = tensors
        .into_iter()
        .map(|(name, info)| {
            let (from, to) = info.data_offsets;
            let place = Place {
                start: start + from as u64,
                length: (to - from) as u64,
                member: None,
            };
            let part = match Element::of_safetensors(info.dtype) {
                Some(element) => Part::Tensor(Stored::whole(place, element, info.shape.clone())),
                None => Part::Unreadable(format!("a tensor of {:?}", info.dtype)),
            };
            (name, part)
        })
        .collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    let keyed = entries.into_iter().map(|(text, part)| {
        let number = false;
        (Key { text, number }, part)
    });
    let mut contents = Contents::new(Part::Table(keyed.collect()), false);
    contents.metadata = BTreeMap::from_iter(metadata.metadata().clone().unwrap_or_default());
    Ok(contents)
}
