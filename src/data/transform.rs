//! What is done to pixels: the paper's scaling to [-1, 1] and its min-resized centre crops (sections 4 and 4.2).

use image::imageops::{self, FilterType};
use rayon::prelude::*;

use super::{Images, ImagesError};

/// Bytes 0 to 255 to floats -1 to 1: "no pre-processing besides scaling to the range of the tanh" (section 4).
///
/// # Panics
/// Where the lengths differ.
pub fn to_unit(pixels: &[u8], out: &mut [f32]) {
    assert_eq!(pixels.len(), out.len(), "one float for each byte");
    for (out, &pixel) in out.iter_mut().zip(pixels) {
        *out = f32::from(pixel) / 127.5 - 1.0;
    }
}

/// Floats -1 to 1 to bytes, the inverse of [`to_unit`] on its values; what lies outside is cut off, NaN is black.
///
/// # Panics
/// Where the lengths differ.
pub fn to_bytes(values: &[f32], out: &mut [u8]) {
    assert_eq!(values.len(), out.len(), "one byte for each float");
    for (out, &value) in out.iter_mut().zip(values) {
        // `as` saturates and maps NaN to 0.
        *out = ((value + 1.0) * 127.5).round() as u8;
    }
}

/// Every image as `size` x `size` pixels: the shorter side is resized to `size` with an anti-aliasing (triangle)
/// filter, and the centre is cut out. Images of that size already come back as they are.
///
/// # Errors
/// [`ImagesError::Size`] for a size of 0.
pub fn fit(images: Images, size: usize) -> Result<Images, ImagesError> {
    let Images { n, c, h, w, .. } = images;
    if (h, w) == (size, size) {
        return Ok(images);
    }
    if size == 0 {
        return Err(ImagesError::Size(size));
    }
    let bytes = n.checked_mul(c * size).and_then(|b| b.checked_mul(size));
    let mut pixels: Vec<u8> = Vec::new();
    match bytes.map(|bytes| pixels.try_reserve_exact(bytes)) {
        Some(Ok(())) => pixels.resize(bytes.unwrap_or_default(), 0),
        _ => return Err(ImagesError::Memory { n, c, size }),
    }
    // A plane is a grey image; the filter treats channels alike.
    pixels
        .par_chunks_exact_mut(size * size)
        .zip(images.pixels.par_chunks_exact(h * w))
        .for_each(|(out, plane)| fit_plane(plane, h, w, size, out));
    Images::new(c, size, size, pixels)
}

/// [`fit`] of a single plane of `high` x `wide` pixels, none of them 0, into `out` of `size` x `size`.
pub(super) fn fit_plane(plane: &[u8], high: usize, wide: usize, size: usize, out: &mut [u8]) {
    let middle = centre(plane, [high, wide], size);
    let (h, w, plane) = middle
        .as_ref()
        .map_or((high, wide, plane), |m| (m.h, m.w, m.pixels.as_slice()));
    let short = h.min(w);
    // The longer side keeps the shape of the image as far as whole pixels go, and never falls below the crop.
    let scaled = |side: usize| ((side * size + short / 2) / short).max(size) as u32;
    let (wide, high) = (scaled(w), scaled(h));
    let (left, top) = ((wide - size as u32) / 2, (high - size as u32) / 2);
    let view = image::ImageBuffer::<image::Luma<u8>, &[u8]>::from_raw(w as u32, h as u32, plane);
    if let Some(view) = view {
        let resized = imageops::resize(&view, wide, high, FilterType::Triangle);
        let crop = imageops::crop_imm(&resized, left, top, size as u32, size as u32);
        out.copy_from_slice(crop.to_image().as_raw());
    }
}

/// The middle of a plane whose longer side is so long that resizing all of it would take much memory, most of which would
/// be cut away; `None` for any other.
fn centre(plane: &[u8], [h, w]: [usize; 2], size: usize) -> Option<Images> {
    /// What resizing may take: bytes.
    const MOST: usize = 128 << 20;
    /// A pixel of four floats, as the resizing holds them when one side is done.
    const PIXEL: usize = 16;
    let (short, long) = (h.min(w), h.max(w));
    let made = long.saturating_mul(size) / short.max(1);
    let taken = match h < w {
        true => w.saturating_mul(size).saturating_mul(PIXEL),
        false => w.saturating_mul(made).saturating_mul(PIXEL),
    };
    // What is kept is as long as the shorter side; the filter looks no further than as much again on both sides.
    let kept = 3 * short + (long - short) % 2;
    if taken.max(made.saturating_mul(size)) <= MOST || kept >= long {
        return None;
    }
    let first = (long - kept) / 2;
    let (h, w, pixels) = match h < w {
        true => {
            let rows = plane.chunks_exact(w);
            let pixels = rows.flat_map(|row| &row[first..first + kept]).copied();
            (h, kept, pixels.collect())
        }
        false => (kept, w, plane[first * w..(first + kept) * w].to_vec()),
    };
    Some(Images {
        n: 1,
        c: 1,
        h,
        w,
        pixels,
    })
}

/// Every image with `channels` channels: grey is repeated, colour becomes its luma by ITU-R BT.709's weights.
///
/// # Errors
/// [`ImagesError::Channels`] for what is neither 1 nor 3 channels and not to be left as it is.
pub fn to_channels(images: Images, channels: usize) -> Result<Images, ImagesError> {
    let Images { n, c, h, w, .. } = images;
    if c == channels {
        return Ok(images);
    }
    let one = c * h * w;
    let mut pixels = Vec::with_capacity(n * channels * h * w);
    for image in images.pixels.chunks_exact(one) {
        match (c, channels) {
            (1, 3) => (0..3).for_each(|_| pixels.extend_from_slice(image)),
            (3, 1) => pixels.extend(luma(image)),
            _ => return Err(ImagesError::Channels { c, channels }),
        }
    }
    Images::new(channels, h, w, pixels)
}

/// The luma of an image of three planes.
pub(super) fn luma(planes: &[u8]) -> Vec<u8> {
    let (red, rest) = planes.split_at(planes.len() / 3);
    let (green, blue) = rest.split_at(rest.len() / 2);
    // ITU-R BT.709, section 3: 0.2126, 0.7152, 0.0722.
    let of = |((&r, &g), &b): ((&u8, &u8), &u8)| {
        let sum = 2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b);
        ((sum + 5000) / 10_000) as u8
    };
    red.iter().zip(green).zip(blue).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_way_there_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut unit = vec![0f32; 256];
        to_unit(&bytes, &mut unit);
        assert_eq!((unit[0], unit[255]), (-1.0, 1.0));
        let mut back = vec![0u8; 256];
        to_bytes(&unit, &mut back);
        assert_eq!(back, bytes);
        let mut odd = [7u8; 4];
        to_bytes(&[-3.0, 3.0, f32::NAN, f32::INFINITY], &mut odd);
        assert_eq!(odd, [0, 255, 0, 255]);
    }

    #[test]
    fn the_centre_of_the_longer_side_is_kept() {
        // 4 high, 8 wide: columns 2 to 5 are the centre; no resizing is needed for 4.
        let row = [0, 0, 10, 20, 30, 40, 0, 0];
        let images = Images::new(1, 4, 8, row.repeat(4)).unwrap();
        let out = fit(images, 4).unwrap();
        assert_eq!((out.n, out.c, out.h, out.w), (1, 1, 4, 4));
        assert_eq!(out.pixels, [10, 20, 30, 40].repeat(4));
    }

    #[test]
    fn a_very_long_image_costs_little_memory_and_keeps_its_centre() {
        // Columns are as bright as they are near to the middle.
        let w = 2_000_001usize;
        let middle = w / 2;
        let row: Vec<u8> = (0..w)
            .map(|x| 255 - x.abs_diff(middle).min(255) as u8)
            .collect();
        let wide = fit(Images::new(1, 3, w, row.repeat(3)).unwrap(), 33).unwrap();
        // As a shorter piece from its middle, of which nothing is cut first.
        let piece = &row[middle - 16..=middle + 16];
        let short = fit(Images::new(1, 3, 33, piece.repeat(3)).unwrap(), 33).unwrap();
        let near = |a: u8, b: u8| assert!(a.abs_diff(b) <= 1, "{a} {b}");
        for (a, b) in wide.pixels.iter().zip(&short.pixels) {
            near(*a, *b);
        }
        let tall: Vec<u8> = row.iter().flat_map(|&p| [p; 3]).collect();
        let tall = fit(Images::new(1, w, 3, tall).unwrap(), 33).unwrap();
        for y in 0..33 {
            for x in 0..33 {
                near(tall.pixels[y * 33 + x], wide.pixels[x * 33 + y]);
            }
        }
    }

    #[test]
    fn more_than_memory_holds_is_refused() {
        let images = Images::new(1, 1, 1, vec![0; 1 << 20]).unwrap();
        insta::assert_snapshot!(fit(images, 1 << 28).unwrap_err(), @"1048576 images of 1 x 268435456 x 268435456 bytes do not fit into memory; ask for smaller ones");
    }

    #[test]
    fn halving_is_anti_aliased() {
        // A checkerboard of single pixels halves to grey; taking every other pixel would give black or white.
        let pixels: Vec<u8> = (0..16 * 16)
            .map(|i| if (i / 16 + i % 16) & 1 == 0 { 255 } else { 0 })
            .collect();
        let out = fit(Images::new(1, 16, 16, pixels).unwrap(), 8).unwrap();
        for y in 1..7 {
            for x in 1..7 {
                assert!(
                    (127..=128).contains(&out.pixels[y * 8 + x]),
                    "{:?}",
                    out.pixels
                );
            }
        }
    }

    #[test]
    fn channels_stay_apart_and_odd_shapes_fit() {
        let mut pixels = vec![200u8; 7 * 13];
        pixels.extend(vec![50u8; 7 * 13]);
        let out = fit(Images::new(2, 7, 13, pixels).unwrap(), 5).unwrap();
        assert_eq!(out.pixels, [vec![200u8; 25], vec![50u8; 25]].concat());
        let grown = fit(out, 9).unwrap();
        assert_eq!(grown.pixels, [vec![200u8; 81], vec![50u8; 81]].concat());
        assert_eq!(fit(grown, 0).unwrap_err(), ImagesError::Size(0));
    }

    #[test]
    fn grey_and_colour_become_each_other() {
        let grey = Images::new(1, 1, 2, vec![7, 200, 0, 255]).unwrap();
        let colour = to_channels(grey.clone(), 3).unwrap();
        assert_eq!(
            colour.pixels,
            [7, 200, 7, 200, 7, 200, 0, 255, 0, 255, 0, 255]
        );
        assert_eq!(to_channels(colour, 1).unwrap(), grey);
        let pure = Images::new(3, 1, 3, vec![255, 0, 0, 0, 255, 0, 0, 0, 255]).unwrap();
        assert_eq!(to_channels(pure, 1).unwrap().pixels, [54, 182, 18]);
        insta::assert_snapshot!(to_channels(grey, 2).unwrap_err(), @"images of 1 channels cannot be made into images of 2; 1 (grey) and 3 (colour) can be made into each other");
    }
}
