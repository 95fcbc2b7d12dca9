//! PyTorch's format before 1.6: five pickles (a magic number, a version, facts about the machine, the object, the names
//! of its storages) and then the storages in that order, each with its length before it.

use std::collections::HashMap;
use std::path::Path;

use candle_core::pickle::{Object, Stack, TensorInfo};
use candle_core::{DType, Device, Tensor};

use super::read::WRAPPERS;

/// The first pickle: protocol 2, the ten bytes of PyTorch's magic number, end.
pub(super) const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Every tensor of a state dictionary by its name.
pub(super) fn tensors(bytes: &[u8]) -> Result<HashMap<String, Tensor>, String> {
    let mut rest = bytes
        .strip_prefix(MAGIC)
        .ok_or("it begins as a pickle does, but not as one of the older format")?;
    // The version and the machine's facts say nothing that the tensors need.
    next(&mut rest)?;
    next(&mut rest)?;
    let object = next(&mut rest)?;
    let names = strings(next(&mut rest)?)?;
    let infos = infos(object)?;
    let mut storages = HashMap::new();
    for name in names {
        let info = infos.iter().find(|i| storage_of(i) == name);
        let width = info.map_or(4, |i| i.dtype.size_in_bytes());
        let length = take(&mut rest, 8)?;
        let length = u64::from_le_bytes(length.try_into().unwrap_or_default()) as usize;
        let size = length.checked_mul(width).ok_or("a storage has no size")?;
        storages.insert(name, take(&mut rest, size)?);
    }
    infos
        .into_iter()
        .map(|info| {
            let data = storages
                .get(storage_of(&info))
                .ok_or_else(|| format!("tensor `{}` has no data", info.name))?;
            Ok((info.name.clone(), tensor(&info, data)?))
        })
        .collect()
}

/// The key of the storage that a tensor lies in.
fn storage_of(info: &TensorInfo) -> &str {
    info.path.rsplit('/').next().unwrap_or_default()
}

fn infos(object: Object) -> Result<Vec<TensorInfo>, String> {
    let Object::Dict(mut entries) = object else {
        return Err("it holds something other than a dictionary".into());
    };
    // A training script may have put the net's tensors among other things.
    let wrapped = |(name, value): &(Object, Object)| matches!((name, value), (Object::Unicode(name), Object::Dict(_)) if WRAPPERS.contains(&name.as_str()));
    if let Some(at) = entries.iter().position(wrapped)
        && let (_, Object::Dict(inside)) = entries.swap_remove(at)
    {
        entries = inside;
    }
    let info = |(name, value): (Object, Object)| value.into_tensor_info(name, Path::new(""));
    let infos = entries.into_iter().map(info);
    let infos: Result<Vec<_>, _> = infos.collect();
    Ok(infos
        .map_err(|e| e.to_string())?
        .into_iter()
        .flatten()
        .collect())
}

fn tensor(info: &TensorInfo, data: &[u8]) -> Result<Tensor, String> {
    let lost = || format!("tensor `{}` reaches past its data", info.name);
    let layout = &info.layout;
    if !layout.is_contiguous() {
        return Err(format!("tensor `{}` is not contiguous", info.name));
    }
    let size = layout.shape().elem_count() * info.dtype.size_in_bytes();
    let from = layout.start_offset();
    let end = from.checked_add(size).ok_or_else(lost)?;
    let values = data.get(from..end).ok_or_else(lost)?;
    let dims = layout.shape().dims();
    match info.dtype {
        DType::F32 | DType::F64 | DType::F16 | DType::BF16 | DType::I64 | DType::U8 => {
            Tensor::from_raw_buffer(values, info.dtype, dims, &Device::Cpu)
                .map_err(|e| e.to_string())
        }
        other => Err(format!(
            "tensor `{}` has values of type {other:?}",
            info.name
        )),
    }
}

fn next(rest: &mut &[u8]) -> Result<Object, String> {
    let mut stack = Stack::empty();
    stack.read_loop(rest).map_err(|e| e.to_string())?;
    stack.finalize().map_err(|e| e.to_string())
}

fn strings(object: Object) -> Result<Vec<String>, String> {
    let Object::List(items) = object else {
        return Err("its list of storages is missing".into());
    };
    let names = items.into_iter().map(|item| item.unicode());
    names
        .collect::<Result<_, _>>()
        .map_err(|_| "a storage has no name".to_string())
}

fn take<'a>(rest: &mut &'a [u8], size: usize) -> Result<&'a [u8], String> {
    let (taken, after) = rest
        .split_at_checked(size)
        .ok_or("it ends before its last tensor; get the file again")?;
    *rest = after;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &[u8] = include_bytes!("../../../tests/fixtures/small-legacy.pth");

    #[test]
    fn what_pytorch_wrote_is_read() {
        let found = tensors(SMALL).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found["a"].dims(), [3, 2]);
        let b: Vec<f32> = found["b.bias"].to_vec1().unwrap();
        assert!(b.len() == 5 && b.iter().all(|v| v.abs() <= 0.2 && *v != 0.0));
        assert_eq!(found["n"].to_scalar::<i64>().unwrap(), 7);
    }

    #[test]
    fn what_lies_among_other_things_is_read_too() {
        let wrapped = tensors(include_bytes!(
            "../../../tests/fixtures/small-legacy-wrapped.pth"
        ))
        .unwrap();
        let plain = tensors(SMALL).unwrap();
        assert_eq!(wrapped.len(), plain.len());
        for (name, tensor) in plain {
            assert_eq!(tensor.to_string(), wrapped[&name].to_string());
        }
    }

    #[test]
    fn no_cut_and_no_changed_byte_is_more_than_an_error() {
        for end in 0..SMALL.len() {
            assert!(tensors(&SMALL[..end]).is_err(), "cut at {end}");
        }
        for at in 0..SMALL.len() {
            let mut bytes = SMALL.to_vec();
            bytes[at] ^= 0x55;
            let _ = tensors(&bytes);
        }
    }
}
