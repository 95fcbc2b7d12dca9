//! Images as bytes.

use crate::track::sheet::Tiles;

/// `n` images of `c` channels, `h` x `w` pixels, as bytes 0 to 255 in NCHW order.
#[derive(Clone, PartialEq, Eq)]
pub struct Images {
    pub n: usize,
    pub c: usize,
    pub h: usize,
    pub w: usize,
    /// `n * c * h * w` bytes: image by image, channel by channel, row by row.
    pub pixels: Vec<u8>,
}

/// Images that do not fit together, or a request that does not fit them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImagesError {
    /// The pixels do not make whole images of that shape.
    #[error("{bytes} bytes do not make whole images of {c} channels and {h}x{w} pixels ({} bytes each)", c * h * w)]
    Shape {
        bytes: usize,
        c: usize,
        h: usize,
        w: usize,
    },
    /// An index past the end.
    #[error("image {index} is asked for, but there are {n} (counted from 0)")]
    NoSuchImage { index: usize, n: usize },
    /// A side of 0 pixels.
    #[error("an image of {0}x{0} pixels is asked for; a side has 1 pixel or more")]
    Size(usize),
    /// More than memory holds.
    #[error(
        "{n} images of {c} x {size} x {size} bytes do not fit into memory; ask for smaller ones"
    )]
    Memory { n: usize, c: usize, size: usize },
    /// Neither grey nor colour.
    #[error(
        "images of {c} channels cannot be made into images of {channels}; 1 (grey) and 3 (colour) can be made into each other"
    )]
    Channels { c: usize, channels: usize },
}

impl Images {
    /// Images from `pixels` in NCHW order; their number follows from the length.
    ///
    /// # Errors
    /// [`ImagesError::Shape`] where the length is not a whole number of images.
    pub fn new(c: usize, h: usize, w: usize, pixels: Vec<u8>) -> Result<Images, ImagesError> {
        let bytes = pixels.len();
        match c * h * w {
            0 => Err(ImagesError::Shape { bytes, c, h, w }),
            one if !bytes.is_multiple_of(one) => Err(ImagesError::Shape { bytes, c, h, w }),
            one => Ok(Images {
                n: bytes / one,
                c,
                h,
                w,
                pixels,
            }),
        }
    }

    /// The images as a sheet takes them.
    pub fn tiles(&self) -> Tiles<'_> {
        Tiles {
            pixels: &self.pixels,
            channels: self.c,
            height: self.h,
            width: self.w,
        }
    }

    /// Bytes of one image: `c * h * w`.
    pub fn stride(&self) -> usize {
        self.c * self.h * self.w
    }

    /// The pixels of image `index`, in CHW order.
    ///
    /// # Panics
    /// Where `index` is not below `n`.
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.stride()..][..self.stride()]
    }

    /// The images at `rows`, in that order; a row may come twice.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`].
    pub fn subset(&self, rows: &[usize]) -> Result<Images, ImagesError> {
        self.check(rows)?;
        let mut pixels = Vec::with_capacity(rows.len() * self.stride());
        for &row in rows {
            pixels.extend_from_slice(self.image(row));
        }
        Ok(Images {
            n: rows.len(),
            pixels,
            ..*self
        })
    }

    /// The images at `rows` as floats in [-1, 1]: shape `[rows.len(), c, h, w]`, as a net takes them.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`].
    pub fn batch(&self, rows: &[usize]) -> Result<Vec<f32>, ImagesError> {
        let mut out = Vec::new();
        self.batch_into(rows, &mut out)?;
        Ok(out)
    }

    /// [`Images::batch`] into a buffer that is used again and again; what it held is gone.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`].
    pub fn batch_into(&self, rows: &[usize], out: &mut Vec<f32>) -> Result<(), ImagesError> {
        self.check(rows)?;
        out.resize(rows.len() * self.stride(), 0.0);
        for (&row, out) in rows.iter().zip(out.chunks_exact_mut(self.stride())) {
            super::to_unit(self.image(row), out);
        }
        Ok(())
    }

    fn check(&self, rows: &[usize]) -> Result<(), ImagesError> {
        match rows.iter().find(|&&row| row >= self.n) {
            Some(&index) => Err(ImagesError::NoSuchImage { index, n: self.n }),
            None => Ok(()),
        }
    }
}

/// The shape and not the millions of bytes.
impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Images[{}, {}, {}, {}]", self.n, self.c, self.h, self.w)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_asked() {
        let images = Images::new(1, 1, 2, vec![0, 1, 10, 11, 20, 21]).unwrap();
        assert_eq!(
            images.subset(&[2, 0, 2]).unwrap().pixels,
            [20, 21, 0, 1, 20, 21]
        );
        assert_eq!(
            images.batch(&[1]).unwrap(),
            [10.0 / 127.5 - 1.0, 11.0 / 127.5 - 1.0]
        );
        assert_eq!(
            images.subset(&[3]),
            Err(ImagesError::NoSuchImage { index: 3, n: 3 })
        );
        assert!(images.batch(&[0, 9]).is_err());
    }

    #[test]
    fn a_part_of_an_image_is_refused() {
        let e = Images::new(3, 2, 2, vec![0; 13]).unwrap_err();
        insta::assert_snapshot!(e, @"13 bytes do not make whole images of 3 channels and 2x2 pixels (12 bytes each)");
        assert!(Images::new(0, 2, 2, vec![]).is_err());
    }
}
