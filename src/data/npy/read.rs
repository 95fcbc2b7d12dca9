//! The header's bounds, and the way into `ndarray-npy`.

use std::io::Read;
use std::path::Path;

use ndarray::ArrayD;
use ndarray_npy::{ReadDataError, ReadNpyExt, ReadableElement};
use py_literal::Value as Python;

use super::values::{Stored, decode};
use super::{NpyError, Value};

/// Most bytes of a header; NumPy's are 118 as a rule, and it refuses more than 10,000 itself.
const HEADER: usize = 1 << 16;
/// Brackets within brackets. An array of numbers has 2, of records 4; a parser may try each level several times.
const DEPTH: usize = 8;

/// Read one array of any number of dimensions, in row order.
///
/// Memory in proportion to the file: a shape that its bytes do not fill is refused before its values are given a place.
///
/// # Errors
/// [`NpyError`], which says what was found and expected but not in which file.
pub fn read<T: Value>(path: &Path) -> Result<ArrayD<T>, NpyError> {
    let file = std::fs::File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        let what = std::io::Error::other("it is no file");
        return Err(NpyError::Io(what));
    }
    read_from(std::io::BufReader::new(file), about.len())
}

/// As [`read()`] from a stream of `len` bytes.
///
/// # Errors
/// As [`read()`].
pub fn read_from<T: Value>(mut file: impl Read, len: u64) -> Result<ArrayD<T>, NpyError> {
    let header = header(&mut file, len)?;
    // How many bytes of values there are goes before them, where `Element` finds it.
    let told = (len - header.len() as u64).to_le_bytes();
    let whole = header.as_slice().chain(&told[..]).chain(file);
    let array = ArrayD::<Element<T>>::read_npy(whole).map_err(|e| NpyError::of(e, T::EXPECTED))?;
    let shape = array.raw_dim();
    let values = match array.is_standard_layout() {
        true => array.into_raw_vec_and_offset().0,
        false => array.iter().copied().collect(),
    };
    // The standard library collects into the memory that it iterates over.
    let values = values.into_iter().map(|v: Element<T>| v.0).collect();
    ArrayD::from_shape_vec(shape, values)
        .map_err(|e| NpyError::Header(format!("does not fit its values ({e})")))
}

/// Everything before the values, where it is of a size and depth that can be an array's.
fn header(file: &mut impl Read, len: u64) -> Result<Vec<u8>, NpyError> {
    let mut start = Vec::new();
    file.by_ref().take(8).read_to_end(&mut start)?;
    if start.starts_with(b"PK") {
        return Err(NpyError::Archive);
    }
    let bytes = match start.strip_prefix(b"\x93NUMPY") {
        Some([1, _]) => 2,
        Some([2 | 3, _]) => 4,
        _ => return Err(NpyError::Magic),
    };
    file.by_ref().take(bytes).read_to_end(&mut start)?;
    let digits = start.get(8..).unwrap_or_default();
    let text = digits.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b));
    if text > HEADER {
        return Err(NpyError::Header(format!(
            "claims {text} bytes, expected at most {HEADER}"
        )));
    }
    let before = start.len();
    file.by_ref().take(text as u64).read_to_end(&mut start)?;
    let whole = before as u64 == 8 + bytes && start.len() == before + text;
    if !whole || start.len() as u64 > len {
        return Err(NpyError::Header("ends early".into()));
    }
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in start.get(before..).unwrap_or_default() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > DEPTH {
        return Err(NpyError::Header(format!(
            "has brackets {deepest} deep, expected at most {DEPTH}"
        )));
    }
    Ok(start)
}

/// A value as `ndarray-npy` sees it.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Element<T>(T);

impl<T: Value> ReadableElement for Element<T> {
    fn read_to_end_exact_vec<R: Read>(
        mut file: R,
        descriptor: &Python,
        len: usize,
    ) -> Result<Vec<Self>, ReadDataError> {
        let stored = Stored::of(descriptor).filter(|s| T::takes(*s));
        let Some(stored) = stored else {
            return Err(ReadDataError::WrongDescriptor(descriptor.clone()));
        };
        let mut told = [0; 8];
        file.read_exact(&mut told)?;
        let found = u64::from_le_bytes(told);
        let needed = (len as u64).checked_mul(stored.bytes() as u64);
        if needed != Some(found) {
            let expected = needed.map_or("more than any file holds".into(), |n| n.to_string());
            return Err(ReadDataError::ParseData(Box::new(NpyError::Size {
                found,
                expected,
            })));
        }
        let mut out = Vec::with_capacity(len);
        decode(file, stored, len, |value| out.push(Element(value)))?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::npy::Number;
    use ndarray::{Array2, ShapeBuilder, array};
    use ndarray_npy::WriteNpyExt;
    use proptest::prelude::*;

    fn file(header: &str, values: &[u8]) -> Vec<u8> {
        let mut out = b"\x93NUMPY\x01\x00".to_vec();
        out.extend((header.len() as u16).to_le_bytes());
        out.extend(header.as_bytes());
        out.extend(values);
        out
    }

    fn header(descr: &str, order: &str, shape: &str) -> String {
        format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n")
    }

    fn single(bytes: &[u8]) -> Result<ArrayD<f32>, NpyError> {
        read_from(bytes, bytes.len() as u64)
    }

    #[test]
    fn every_width_and_byte_order_is_read() {
        let cases: [(&str, &[u8]); 14] = [
            ("'<f2'", &[0x00, 0x3c, 0x00, 0xc0]),
            ("'>f2'", &[0x3c, 0x00, 0xc0, 0x00]),
            ("'<f4'", &[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]),
            ("'>f4'", &[0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0]),
            (
                "'<f8'",
                &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0],
            ),
            (
                "'>f8'",
                &[0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0],
            ),
            ("'|i1'", &[1, 0xfe]),
            ("'<i2'", &[1, 0, 0xfe, 0xff]),
            ("'>i2'", &[0, 1, 0xff, 0xfe]),
            ("'<i4'", &[1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff]),
            ("'>i4'", &[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe]),
            (
                "'<i8'",
                &[
                    1, 0, 0, 0, 0, 0, 0, 0, 0xfe, 255, 255, 255, 255, 255, 255, 255,
                ],
            ),
            (
                "'>i8'",
                &[
                    0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 0xfe,
                ],
            ),
            ("'=i4'", &[1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff]),
        ];
        for (descr, values) in cases {
            let bytes = file(&header(descr, "False", "(2,)"), values);
            assert_eq!(
                single(&bytes).unwrap(),
                array![1.0, -2.0].into_dyn(),
                "{descr}"
            );
            let whole: ArrayD<Number> = read_from(bytes.as_slice(), bytes.len() as u64).unwrap();
            let real = |n: &Number| match n {
                Number::Whole(v) => *v as f64,
                Number::Real(v) => *v,
            };
            assert_eq!(
                whole.mapv(|n| real(&n)),
                array![1.0, -2.0].into_dyn(),
                "{descr}"
            );
        }
        let large = file(&header("'>u8'", "False", "(1,)"), &[255; 8]);
        let large: ArrayD<Number> = read_from(large.as_slice(), large.len() as u64).unwrap();
        assert_eq!(large[[0]], Number::Whole(u64::MAX.into()));
        let truth = file(&header("'|b1'", "False", "(3,)"), &[0, 1, 1]);
        assert_eq!(single(&truth).unwrap(), array![0.0, 1.0, 1.0].into_dyn());
    }

    #[test]
    fn columns_in_memory_come_out_in_rows() {
        let mut x = Array2::<f64>::zeros((3, 2).f());
        x.indexed_iter_mut()
            .for_each(|((i, j), v)| *v = (10 * i + j) as f64);
        let mut bytes = Vec::new();
        x.write_npy(&mut bytes).unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains("'fortran_order': True"));
        let found = single(&bytes).unwrap();
        assert!(found.is_standard_layout());
        assert_eq!(
            found,
            array![[0.0, 1.0], [10.0, 11.0], [20.0, 21.0]].into_dyn()
        );
    }

    #[test]
    fn each_fault_is_named_with_what_makes_it_right() {
        let fault = |bytes: &[u8]| single(bytes).unwrap_err().to_string();
        let of = |descr: &str| fault(&file(&header(descr, "False", "(1,)"), &[0; 8]));
        insta::assert_snapshot!(of("'<U3'"), @"holds text (<U3), expected numbers (float16, float32, float64, whole or bool); `numpy.unique(array, return_inverse=True)[1]` gives every distinct value a number");
        insta::assert_snapshot!(of("'|O'"), @"holds Python objects (|O), expected numbers (float16, float32, float64, whole or bool); where they are numbers, `array.astype(float)`, else `numpy.unique(array, return_inverse=True)[1]`");
        insta::assert_snapshot!(of("'<c8'"), @"holds complex numbers (<c8), expected numbers (float16, float32, float64, whole or bool); `array.real` takes one part");
        insta::assert_snapshot!(of("[('a', '<f4'), ('b', '<f4')]"), @r#"holds records of several fields, expected numbers (float16, float32, float64, whole or bool); write one field, `array["NAME"]`"#);
        insta::assert_snapshot!(fault(b"1,2,3\n"), @"is not a NumPy array file: it does not begin with the NPY magic and a version from 1 to 3; write it with `numpy.save`");
        insta::assert_snapshot!(fault(b"PK\x03\x04 and more"), @"is an archive (`.npz`, as `numpy.savez` writes it), expected one array; write each of its arrays with `numpy.save`");
        let good = header("'<f4'", "False", "(2, 3)");
        insta::assert_snapshot!(fault(&file(&good, &[0; 20])), @"is truncated or damaged: its values take 20 bytes where its shape and type need 24; write or fetch it again");
        insta::assert_snapshot!(fault(&file(&good, &[0; 25])), @"is truncated or damaged: its values take 25 bytes where its shape and type need 24; write or fetch it again");
        insta::assert_snapshot!(fault(&file(&good, &[])[..20]), @"has a header that ends early; the file is damaged, write it again with `numpy.save`");
        insta::assert_snapshot!(fault(&file("{'descr': '<f4'}\n", &[])), @"has a header that does not describe an array (error parsing header: missing key: fortran_order); the file is damaged, write it again with `numpy.save`");
    }

    #[test]
    fn a_shape_that_the_file_does_not_fill_gets_no_memory() {
        // 4 TB, and more than there are addresses: an allocation of either would end the process.
        for shape in [
            "(1000000, 1000000)",
            "(99999999999, 99999999999)",
            "(4611686018427387904,)",
        ] {
            let e = single(&file(&header("'<f4'", "False", shape), &[0; 8])).unwrap_err();
            assert!(matches!(e, NpyError::Size { .. }), "{shape}: {e}");
        }
        let mut long = b"\x93NUMPY\x02\x00".to_vec();
        long.extend(u32::MAX.to_le_bytes());
        assert!(single(&long).unwrap_err().to_string().contains("claims"));
        // A parser that tries each level twice would need a thousand years for this one.
        for bracket in ["[", "(", "{"] {
            let deep = file(&(bracket.repeat(60_000) + "\n"), &[]);
            assert!(
                single(&deep)
                    .unwrap_err()
                    .to_string()
                    .contains("60000 deep")
            );
        }
    }

    proptest! {
        #[test]
        fn a_damaged_header_never_panics(
            at in 0usize..90, byte in any::<u8>(), cut in 0usize..120, digits in "[0-9]{1,22}", extra in 0usize..4,
        ) {
            let good = file(&header("'<f4'", "False", &format!("({digits}, 3)")), &[0; 24]);
            let mut bytes = good.clone();
            bytes[at.min(good.len() - 1)] = byte;
            bytes.truncate(good.len() - cut.min(good.len()) / 8);
            bytes.extend(vec![0; extra]);
            if let Ok(found) = single(&bytes) {
                // What was read was there.
                prop_assert!(4 * found.len() <= bytes.len());
            }
            let _ = read_from::<Number>(bytes.as_slice(), bytes.len() as u64);
        }

        #[test]
        fn any_array_survives(rows in 0usize..5, columns in 0usize..5, values in prop::collection::vec(any::<f32>(), 25)) {
            let x = Array2::from_shape_fn((rows, columns), |(i, j)| values[5 * i + j]);
            let mut bytes = Vec::new();
            x.write_npy(&mut bytes).unwrap();
            let found = single(&bytes).unwrap();
            let bits = |v: &f32| v.to_bits();
            prop_assert!(found.iter().map(bits).eq(x.iter().map(bits)));
            prop_assert_eq!(found.shape(), x.shape());
        }
    }
}
