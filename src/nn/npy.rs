//! NumPy's array file, as far as released weights need it: little-endian `float32` in C order, versions 1 to 3.

use std::path::Path;

/// An array as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

/// Why a file is no such array; the caller adds the path.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error(
        "is not a NumPy array file: it does not begin with the NPY magic and a version from 1 to 3"
    )]
    Magic,
    #[error("has a header that ends early or lacks {0}")]
    Header(&'static str),
    #[error(
        "holds values of type {found}, expected little-endian float32 ('<f4') in C order; save it so with NumPy"
    )]
    Type { found: String },
    #[error(
        "holds {found} bytes of values, its shape {shape:?} needs {expected}: the file is truncated or damaged, fetch it again"
    )]
    Size {
        shape: Vec<usize>,
        found: usize,
        expected: String,
    },
}

/// Read one array.
///
/// # Errors
/// [`NpyError`], which names what was found and expected but not the file.
pub fn read(path: &Path) -> Result<Array, NpyError> {
    // A pipe or a device has no end.
    if !path.metadata()?.is_file() {
        return Err(NpyError::Magic);
    }
    parse(&std::fs::read(path)?)
}

fn parse(bytes: &[u8]) -> Result<Array, NpyError> {
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or(NpyError::Magic)?;
    let (len, rest) = match rest {
        [1, _, a, b, rest @ ..] => (u16::from_le_bytes([*a, *b]) as usize, rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        _ => return Err(NpyError::Magic),
    };
    let (header, values) = rest
        .split_at_checked(len)
        .ok_or(NpyError::Header("its own length"))?;
    let header = String::from_utf8_lossy(header);
    let descr = field(&header, "descr").ok_or(NpyError::Header("`descr`"))?;
    let order = field(&header, "fortran_order").ok_or(NpyError::Header("`fortran_order`"))?;
    if !descr.starts_with("'<f4'") || !order.starts_with("False") {
        let kind: String = descr.chars().take_while(|c| *c != ',').collect();
        let order = if order.starts_with("True") {
            " in Fortran order"
        } else {
            ""
        };
        return Err(NpyError::Type {
            found: format!("{kind}{order}"),
        });
    }
    let shape = field(&header, "shape")
        .and_then(|s| s.strip_prefix('(')?.split_once(')'))
        .ok_or(NpyError::Header("`shape`"))?
        .0;
    let shape = shape
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| {
            s.parse()
                .map_err(|_| NpyError::Header("a `shape` of whole numbers"))
        })
        .collect::<Result<Vec<usize>, _>>()?;
    let needed = shape.iter().try_fold(4usize, |n, d| n.checked_mul(*d));
    if needed != Some(values.len()) {
        return Err(NpyError::Size {
            found: values.len(),
            expected: needed.map_or("more than memory holds".into(), |n| n.to_string()),
            shape,
        });
    }
    let data = values
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();
    Ok(Array { shape, data })
}

/// What follows `'name':` in the header.
fn field<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{name}':"))?;
    Some(rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, values: usize) -> Vec<u8> {
        let mut out = b"\x93NUMPY\x01\x00".to_vec();
        out.extend((header.len() as u16).to_le_bytes());
        out.extend(header.as_bytes());
        (0..values).for_each(|i| out.extend((i as f32).to_le_bytes()));
        out
    }

    #[test]
    fn reads_an_array_and_names_each_fault() {
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
        let array = parse(&file(good, 6)).unwrap();
        assert_eq!((array.shape, array.data[5]), (vec![2, 3], 5.0));
        let fault = |bytes: &[u8]| parse(bytes).unwrap_err().to_string();
        assert!(fault(&file(good, 5)).contains("needs 24"));
        assert!(fault(&file(good, 6)[..20]).contains("ends early"));
        assert!(fault(b"PK").contains("not a NumPy"));
        assert!(fault(&file(&good.replace("<f4", "<f8"), 6)).contains("'<f8'"));
        assert!(fault(&file(&good.replace("False", "True"), 6)).contains("Fortran"));
        let huge = good.replace("(2, 3)", "(99999999999, 99999999999)");
        assert!(fault(&file(&huge, 6)).contains("more than memory"));
        let folder = read(&std::env::temp_dir()).unwrap_err().to_string();
        assert!(folder.contains("not a NumPy"), "{folder}");
    }

    proptest::proptest! {
        #[test]
        fn no_change_of_a_file_makes_the_reader_panic(
            changes in proptest::collection::vec((0usize..95, proptest::prelude::any::<u8>()), 0..12),
            end in 0usize..95,
        ) {
            let mut bytes = file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 6);
            for (at, byte) in changes {
                if let Some(there) = bytes.get_mut(at) {
                    *there = byte;
                }
            }
            let _ = parse(&bytes);
            bytes.truncate(end);
            let _ = parse(&bytes);
        }
    }
}
