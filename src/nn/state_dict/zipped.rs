//! PyTorch's format since 1.6: a zip archive of a pickle, `data.pkl`, and one member for each storage, `data/0`, `data/1`, ....
//! Both are stored as they are, so that the file's own size bounds what they hold. An archive of `torch.jit.save` has the same, and
//! code beside it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, sink};
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

use super::contents::{Contents, show};
use super::error::Trouble;
use super::pickle::{self, Cursor, PickleError};
use super::python::{load, save};
use super::rebuild;
use super::stored::Place;

/// The pickle's name within the archive's one folder.
const PICKLE: &str = "data.pkl";
/// Members that an error shows.
const SHOWN: usize = 4;

pub(super) const BIG_ENDIAN: &str =
    "its numbers are of a machine that writes their highest byte first";

struct Member {
    name: String,
    place: Place,
    whole: bool,
}

/// Read the description of the archive's tensors; their numbers stay where they are.
///
/// # Errors
/// [`Trouble`].
pub(super) fn read(path: &Path, file: &mut File, length: u64) -> Result<Contents, Trouble> {
    file.rewind()?;
    let members = members(&mut *file, length)?;
    let named = |m: &&Member| m.name == PICKLE || m.name.ends_with("/data.pkl");
    let Some(object) = members.iter().find(named) else {
        if members.iter().all(|m| m.name.ends_with(".npy")) && !members.is_empty() {
            let load = format!("numpy.load({:?})", path.to_string_lossy());
            let tensors = format!("{{k: torch.from_numpy(v) for k, v in {load}.items()}}");
            return Err(Trouble::Again {
                message: format!("it is an archive of {} arrays of NumPy", members.len()),
                python: save(&tensors, path),
            });
        }
        let mut names: Vec<String> = members.iter().map(|m| show(&m.name)).collect();
        let more = names.len().saturating_sub(SHOWN);
        names.truncate(SHOWN);
        let rest = if more > 0 { ", ..." } else { "" };
        return Err(Trouble::Format(format!(
            "it is a zip archive of {}{rest} and has no `{PICKLE}`",
            names.join(", ")
        )));
    };
    let folder = object.name.strip_suffix(PICKLE).unwrap_or_default();
    let inside = |name: &str| {
        let name = format!("{folder}{name}");
        members.iter().find(|m| m.name == name)
    };
    if let Some(order) = inside("byteorder")
        && bytes(file, order)? == b"big"
    {
        return Err(Trouble::Format(BIG_ENDIAN.into()));
    }
    let storages = format!("{folder}data/");
    let needed = |m: &&Member| m.name == object.name || m.name.starts_with(&storages);
    if let Some(member) = members.iter().filter(needed).find(|m| !m.whole) {
        return Err(Trouble::Again {
            message: format!("`{}` in it is compressed", show(&member.name)),
            python: save(&load(path, false), path),
        });
    }
    file.seek(SeekFrom::Start(object.place.start))?;
    let mut cursor = Cursor::new(BufReader::new(&mut *file), object.place.length);
    let pickle = pickle::read(&mut cursor).map_err(|e| match e {
        PickleError::Io(e) => Trouble::Io(e),
        e @ PickleError::TooMuch { .. } => Trouble::Format(e.to_string()),
        e => Trouble::Damaged(format!("in `{}`, {e}", show(&object.name))),
    })?;
    let places: HashMap<String, Place> = members
        .iter()
        .filter_map(|m| Some((m.name.strip_prefix(&storages)?.to_string(), m.place)))
        .collect();
    rebuild::contents(&pickle, &places).map_err(|e| Trouble::Format(e.into()))
}

/// Hold the members with these numbers against their checksums.
///
/// # Errors
/// [`Trouble::Damaged`] for one that does not match.
pub(super) fn verify(file: &mut File, numbers: &[usize]) -> Result<(), Trouble> {
    file.rewind()?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    for number in numbers {
        let mut member = archive.by_index(*number).map_err(damaged)?;
        let name = member.name().map(|n| show(&n)).unwrap_or_default();
        // The reader compares at the end.
        std::io::copy(&mut member, &mut sink()).map_err(|_| {
            Trouble::Damaged(format!(
                "`{name}` in it does not match the checksum beside it"
            ))
        })?;
    }
    Ok(())
}

fn members(file: &mut File, length: u64) -> Result<Vec<Member>, Trouble> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let mut members = Vec::with_capacity(archive.len());
    for number in 0..archive.len() {
        let member = archive.by_index_raw(number).map_err(damaged)?;
        let name = member.name().map_err(damaged)?.into_owned();
        let start = member.data_start().unwrap_or(length);
        let size = member.compressed_size();
        let end = start.checked_add(size).filter(|end| *end <= length);
        if end.is_none() {
            return Err(Trouble::Damaged(format!(
                "`{}` in it goes on past the file's end",
                show(&name)
            )));
        }
        let stored = member.compression() == CompressionMethod::Stored && !member.encrypted();
        members.push(Member {
            name,
            whole: stored && member.size() == size,
            place: Place {
                start,
                length: size,
                // PyTorch writes zeros where it is told to compute no checksums.
                member: (member.crc32() != 0).then_some(number),
            },
        });
    }
    Ok(members)
}

/// The first few bytes of a member.
fn bytes(file: &mut File, member: &Member) -> Result<Vec<u8>, Trouble> {
    const FEW: u64 = 16;
    file.seek(SeekFrom::Start(member.place.start))?;
    let mut bytes = Vec::new();
    file.take(member.place.length.min(FEW))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn damaged(e: zip::result::ZipError) -> Trouble {
    match e {
        zip::result::ZipError::Io(e) if e.kind() != std::io::ErrorKind::UnexpectedEof => {
            Trouble::Io(e)
        }
        e => Trouble::Damaged(format!("it begins as a zip archive does, but {e}")),
    }
}
