//! JPEG files, decoded only where all of the picture is there.
//!
//! Decoders are made to show what they can of a damaged file and fill the rest with grey, without a word. To train on
//! that would be wrong, so a file must reach its end marker, and its entropy-coded data must decode without an error. A cut file to which a program put
//! an end marker of its own cannot be told from a whole one here.

use std::borrow::Cow;
use std::ops::Range;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

use super::limits;

const END: &str = "the file ends before the picture does";

/// True for a grey JPEG.
///
/// # Errors
/// Where the file is cut, its head is damaged or it is too large.
pub(super) fn is_grey(bytes: &[u8]) -> Result<bool, String> {
    let whole = whole(bytes)?;
    Ok(head(&whole)?.1 == ColorSpace::Luma)
}

/// The pixels, grey or RGB, and how the camera was held.
///
/// # Errors
/// Where any of the picture is missing or damaged, or it is too large.
pub(super) fn decode(bytes: &[u8]) -> Result<(DynamicImage, Orientation), String> {
    let whole = whole(bytes)?;
    let (mut decoder, space, [width, height]) = head(&whole)?;
    let orientation = decoder
        .exif()
        .and_then(|exif| Orientation::from_exif_chunk(exif))
        .unwrap_or(Orientation::NoTransforms);
    let pixels = decoder.decode().map_err(|e| e.to_string())?;
    let image = match space {
        ColorSpace::Luma => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        _ => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
    };
    let image = image.ok_or_else(|| "its pixels are not as many as its head says".to_string())?;
    Ok((image, orientation))
}

type Decoder<'a> = zune_jpeg::JpegDecoder<ZCursor<&'a [u8]>>;

/// A decoder that has read the head, the colours that it gives (grey or RGB), width and height.
fn head(bytes: &[u8]) -> Result<(Decoder<'_>, ColorSpace, [u32; 2]), String> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| e.to_string())?;
    let (Some((width, height)), Some(stored)) = (decoder.dimensions(), decoder.input_colorspace())
    else {
        return Err("its head names no size".into());
    };
    // Whatever is no grey image is made RGB, CMYK and YCbCr alike.
    let space = match stored {
        ColorSpace::Luma => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    let options = decoder.options().jpeg_set_out_colorspace(space);
    decoder.set_options(options);
    // A JPEG's sides are 16-bit numbers.
    let sides = [width as u32, height as u32];
    limits::check(sides, space.num_components() as u64)?;
    Ok((decoder, space, sides))
}

/// The file from its first marker to its end marker (ITU-T T.81, annex B), without the stray bytes that some programs
/// leave between segments and every decoder skips.
fn whole(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    const SOI: usize = 2;
    // What is kept, as ranges that follow one another.
    let mut kept: Vec<Range<usize>> = std::iter::once(0..SOI).collect();
    let mut at = SOI;
    let mut scans = 0;
    loop {
        let marker = at + next_marker(bytes.get(at..).unwrap_or_default()).ok_or(END)?;
        let code = bytes[marker + 1];
        // After a scan's head follows its data, up to the next marker; elsewhere nothing belongs between two segments.
        let begin = if scans > 0 { at } else { marker };
        let end = match code {
            0xd9 if scans > 0 => marker + 2,
            // Markers without a segment.
            0x01 | 0xd8 | 0xd9 => marker + 2,
            _ => {
                let length = bytes.get(marker + 2..marker + 4).ok_or(END)?;
                marker + 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2)
            }
        };
        match kept.last_mut() {
            Some(last) if last.end == begin => last.end = end,
            _ => kept.push(begin..end),
        }
        at = end;
        match code {
            0xd9 if scans > 0 => break,
            0xda => scans += 1,
            _ => {}
        }
    }
    let whole = match kept.as_slice() {
        [all] => bytes.get(all.clone()).map(Cow::Borrowed),
        parts => {
            let parts: Option<Vec<&[u8]>> = parts.iter().map(|p| bytes.get(p.clone())).collect();
            parts.map(|parts| Cow::Owned(parts.concat()))
        }
    };
    whole.ok_or_else(|| END.to_string())
}

/// Where the next marker stands that is neither a stuffed byte nor a restart inside a scan.
fn next_marker(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + bytes[from..].iter().position(|&b| b == 0xff)?;
        match *bytes.get(at + 1)? {
            0x00 | 0xff | 0xd0..=0xd7 => from = at + 1,
            _ => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageFormat;

    fn jpeg() -> Vec<u8> {
        let image = RgbImage::from_fn(70, 50, |x, y| {
            image::Rgb([(x * y) as u8, (x * 3) as u8, (y * 5) as u8])
        });
        let mut out = std::io::Cursor::new(Vec::new());
        DynamicImage::from(image)
            .write_to(&mut out, ImageFormat::Jpeg)
            .unwrap();
        out.into_inner()
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let whole = jpeg();
        assert!(decode(&whole).is_ok());
        for n in 0..whole.len() {
            assert!(decode(&whole[..n]).is_err(), "{n} of {}", whole.len());
            // As a download into a file of the final size leaves it.
            let mut padded = whole[..n].to_vec();
            padded.resize(whole.len(), 0);
            assert!(n + 1 >= whole.len() || decode(&padded).is_err(), "{n}");
        }
    }

    #[test]
    fn what_stands_around_a_whole_picture_does_no_harm() {
        let plain = jpeg();
        let pixels = decode(&plain).unwrap().0;
        let mut odd = plain[..2].to_vec();
        // Another program's segment with a picture of its own in it, stray bytes, a fill byte.
        odd.extend([
            0xff, 0xe5, 0, 8, 0xff, 0xda, 0xff, 0xd9, 7, 7, 1, 2, 3, 0xff,
        ]);
        odd.extend(&plain[2..]);
        odd.extend(b"\xff\xd8 appended by a telephone \xff\xd9 and more");
        assert_eq!(decode(&odd).unwrap().0, pixels);
    }
}
