//! Where a tensor's numbers lie in its file, and how they are gathered from there.

use std::io::{Read, Seek, SeekFrom};

use super::element::Element;

/// Bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub start: u64,
    pub length: u64,
    /// The zip archive's member that they are, where a checksum covers it.
    pub member: Option<usize>,
}

/// A tensor as a view of a storage: element `i, j, ...` lies `start + i * stride[0] + j * stride[1] + ...` elements behind the
/// storage's first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub place: Place,
    pub element: Element,
    pub start: u64,
    pub shape: Vec<usize>,
    pub stride: Vec<u64>,
}

impl Stored {
    /// A tensor whose numbers lie in row order from the first byte of `place`.
    pub fn whole(place: Place, element: Element, shape: Vec<usize>) -> Stored {
        let mut stride = vec![1; shape.len()];
        for i in (1..shape.len()).rev() {
            stride[i - 1] = (shape[i] as u64).saturating_mul(stride[i]);
        }
        Stored {
            place,
            element,
            start: 0,
            shape,
            stride,
        }
    }

    /// Numbers in all; `None` past what can be counted.
    pub fn count(&self) -> Option<u64> {
        let sides = self.shape.iter();
        sides
            .map(|side| *side as u64)
            .try_fold(1u64, |n, side| n.checked_mul(side))
    }

    /// One past the storage's last element that the tensor reaches; `None` past what can be counted.
    fn end(&self) -> Option<u64> {
        if self.shape.contains(&0) {
            return Some(self.start);
        }
        let sides = self.shape.iter().zip(&self.stride);
        let last = sides
            .into_iter()
            .try_fold(self.start, |at, (side, stride)| {
                (*side as u64 - 1).checked_mul(*stride)?.checked_add(at)
            });
        last?.checked_add(1)
    }

    /// The numbers in row order. The caller has bounded [`Stored::count`].
    ///
    /// # Errors
    /// In words: a tensor that reaches past its storage, has a type that weights are not made of, or a file that ends early.
    pub fn gather(&self, file: &mut (impl Read + Seek)) -> Result<Vec<f32>, String> {
        let width = self.element.width();
        let bytes = |elements: Option<u64>| elements.and_then(|n| n.checked_mul(width));
        let past = || "it reaches past the numbers that the file has for it".to_string();
        let count = self.count().ok_or_else(past)?;
        let end = bytes(self.end()).ok_or_else(past)?;
        let start = bytes(Some(self.start)).ok_or_else(past)?;
        if count > 0 && end > self.place.length {
            return Err(past());
        }
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut region = vec![0; (end - start) as usize];
        file.seek(SeekFrom::Start(self.place.start + start))
            .and_then(|_| file.read_exact(&mut region))
            .map_err(|e| e.to_string())?;
        let kind = || "its type is none that weights have".to_string();
        let number = |at: u64| {
            let at = (at * width) as usize;
            self.element.number(&region[at..at + width as usize])
        };
        let mut values = Vec::with_capacity(count as usize);
        let mut index = vec![0; self.shape.len()];
        let mut at = 0;
        loop {
            values.push(number(at).ok_or_else(kind)?);
            // The next place in row order: the last axis that is not at its end goes on, those after it begin anew.
            let mut axis = self.shape.len();
            loop {
                let Some(next) = axis.checked_sub(1) else {
                    return Ok(values);
                };
                axis = next;
                index[axis] += 1;
                at += self.stride[axis];
                if index[axis] < self.shape[axis] {
                    break;
                }
                at -= self.stride[axis] * index[axis] as u64;
                index[axis] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn view(start: u64, shape: &[usize], stride: &[u64]) -> Stored {
        let place = Place {
            start: 3,
            length: 24,
            member: None,
        };
        Stored {
            place,
            element: Element::U16,
            start,
            shape: shape.into(),
            stride: stride.into(),
        }
    }

    fn file() -> Cursor<Vec<u8>> {
        let mut bytes = vec![0xff; 3];
        (0..12u16).for_each(|n| bytes.extend(n.to_le_bytes()));
        Cursor::new(bytes)
    }

    #[test]
    fn every_view_of_a_storage_is_gathered_in_row_order() {
        let of = |v: Stored| v.gather(&mut file()).unwrap();
        let rows = [0., 1., 2., 3., 4., 5.];
        assert_eq!(of(view(0, &[2, 3], &[3, 1])), rows);
        assert_eq!(of(view(0, &[3, 2], &[1, 3])), [0., 3., 1., 4., 2., 5.]);
        assert_eq!(of(view(5, &[2, 2], &[4, 2])), [5., 7., 9., 11.]);
        assert_eq!(of(view(7, &[3], &[0])), [7., 7., 7.]);
        assert_eq!(of(view(11, &[], &[])), [11.]);
        assert_eq!(of(view(99, &[0, 4], &[4, 1])), [0.; 0]);
    }

    #[test]
    fn a_view_past_its_storage_is_refused() {
        for v in [
            view(12, &[], &[]),
            view(0, &[2, 2], &[11, 1]),
            view(u64::MAX, &[1], &[1]),
            view(0, &[usize::MAX, 2], &[0, 0]),
            view(0, &[2], &[u64::MAX]),
        ] {
            assert!(v.gather(&mut file()).unwrap_err().contains("past"));
        }
    }
}
