//! From a file's bytes to a square of pixels.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::{jpeg, limits};
use crate::data::transform::{fit_plane, luma};

/// True for grey images, with the format known by the content; an error where it is none, its head is damaged or the
/// picture is too large or cut short.
pub(super) fn is_grey(bytes: &[u8]) -> Result<bool, String> {
    match format(bytes)? {
        ImageFormat::Jpeg => jpeg::is_grey(bytes),
        format => Ok(!decoder(bytes, format)?.color_type().has_color()),
    }
}

/// The image as `channels` (1 or 3) planes of `size` x `size` pixels, upright, on white where it is transparent.
pub(super) fn square(bytes: &[u8], size: usize, channels: usize) -> Result<Vec<u8>, String> {
    let (mut image, orientation) = match format(bytes)? {
        ImageFormat::Jpeg => jpeg::decode(bytes)?,
        format => {
            let mut decoder = decoder(bytes, format)?;
            // An image whose EXIF cannot be read is as upright as it says.
            let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
            let image = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
            (image, orientation)
        }
    };
    image.apply_orientation(orientation);
    let (w, h) = (image.width() as usize, image.height() as usize);
    let (stored, pixels) = opaque(image);
    let mut out = vec![0; stored * size * size];
    let mut plane = Vec::with_capacity(w * h);
    for (channel, out) in out.chunks_exact_mut(size * size).enumerate() {
        plane.clear();
        plane.extend(pixels[channel..].iter().step_by(stored));
        fit_plane(&plane, h, w, size, out);
    }
    Ok(match (stored, channels) {
        (1, 3) => out.repeat(3),
        (3, 1) => luma(&out),
        _ => out,
    })
}

fn format(bytes: &[u8]) -> Result<ImageFormat, String> {
    image::guess_format(bytes).map_err(|e| e.to_string())
}

/// A decoder of another format than JPEG, its head read, of a picture that is not too large.
fn decoder(bytes: &[u8], format: ImageFormat) -> Result<impl ImageDecoder + '_, String> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits::of_decoders());
    let decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    let (width, height) = decoder.dimensions();
    let bytes = u64::from(decoder.color_type().bytes_per_pixel());
    limits::check([width, height], bytes)?;
    Ok(decoder)
}

/// Channels (1 or 3) and pixels of them side by side, without transparency.
fn opaque(image: DynamicImage) -> (usize, Vec<u8>) {
    let color = image.color();
    match (color.has_color(), color.has_alpha()) {
        (false, false) => (1, image.into_luma8().into_raw()),
        (true, false) => (3, image.into_rgb8().into_raw()),
        (false, true) => (1, on_white::<2>(image.into_luma_alpha8().as_raw())),
        (true, true) => (3, on_white::<4>(image.into_rgba8().as_raw())),
    }
}

/// Pixels of `N` values, the last one their opacity, laid on white.
fn on_white<const N: usize>(pixels: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.len() / N * (N - 1));
    for pixel in pixels.chunks_exact(N) {
        let alpha = u32::from(pixel[N - 1]);
        for &value in &pixel[..N - 1] {
            let sum = u32::from(value) * alpha + 255 * (255 - alpha);
            out.push(((sum + 127) / 255) as u8);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageBuffer, Luma, LumaA, Rgb, Rgba};

    fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn transparency_is_laid_on_white() {
        let image = ImageBuffer::from_fn(2, 2, |x, _| Rgba([200u8, 100, 0, [0, 51][x as usize]]));
        let out = square(&encoded(image, ImageFormat::Png), 2, 3).unwrap();
        // 51/255 is one fifth: 244, 224, 204.
        assert_eq!(
            out,
            [255, 244, 255, 244, 255, 224, 255, 224, 255, 204, 255, 204]
        );
        let grey = encoded(
            ImageBuffer::from_pixel(3, 2, LumaA([0u8, 255])),
            ImageFormat::Png,
        );
        assert_eq!(is_grey(&grey), Ok(true));
        assert_eq!(square(&grey, 2, 1).unwrap(), [0; 4]);
    }

    #[test]
    fn channels_are_made_as_asked() {
        let colour = ImageBuffer::from_pixel(4, 4, Rgb([255u8, 0, 0]));
        let colour = encoded(colour, ImageFormat::Bmp);
        assert_eq!(is_grey(&colour), Ok(false));
        // The weight of red in BT.709.
        assert_eq!(square(&colour, 2, 1).unwrap(), [54; 4]);
        let deep = encoded(
            ImageBuffer::from_pixel(4, 4, Luma([0x8000u16])),
            ImageFormat::Png,
        );
        assert_eq!(square(&deep, 2, 3).unwrap(), [128; 12]);
    }

    #[test]
    fn the_camera_s_orientation_is_undone() {
        // White on the left half; the EXIF says that the camera was turned a quarter (6), so it is on top.
        let image = ImageBuffer::from_fn(16, 16, |x, _| Luma([if x < 8 { 255u8 } else { 0 }]));
        let jpeg = encoded(image, ImageFormat::Jpeg);
        let mut tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0".to_vec();
        // Tag 0x0112, one short, value 6; no further directory.
        tiff.extend([0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
        let mut turned = jpeg[..2].to_vec();
        turned.extend([0xff, 0xe1]);
        turned.extend(((tiff.len() + 2) as u16).to_be_bytes());
        turned.extend(&tiff);
        turned.extend(&jpeg[2..]);
        let upright = square(&turned, 2, 1).unwrap();
        assert!(upright[0] > 200 && upright[1] > 200, "{upright:?}");
        assert!(upright[2] < 50 && upright[3] < 50, "{upright:?}");
        let as_stored = square(&jpeg, 2, 1).unwrap();
        assert!(as_stored[0] > 200 && as_stored[1] < 50, "{as_stored:?}");
    }

    #[test]
    fn what_is_no_image_says_so() {
        assert!(square(b"not an image", 4, 1).is_err());
        let png = encoded(ImageBuffer::from_pixel(9, 9, Luma([7u8])), ImageFormat::Png);
        assert!(square(&png[..png.len() / 2], 4, 1).is_err());
    }
}
