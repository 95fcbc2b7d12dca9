//! Animated GIFs.

use std::io::Cursor;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbaImage};

use super::{ExploreError, picture};
use crate::data::Images;

/// NeuQuant's samples of an image: every third pixel, which these small images show no trace of.
const SPEED: i32 = 3;

/// The images at `frames`, in that order, each for so many milliseconds (GIF counts tens of them), over and over.
///
/// # Errors
/// [`ExploreError::Picture`].
pub(super) fn gif(
    images: &Images,
    frames: &[usize],
    milliseconds: u32,
) -> Result<Vec<u8>, ExploreError> {
    let failed = |e: image::ImageError| ExploreError::Picture(e.to_string());
    let zoom = picture::zoom(images);
    let plane = images.h * images.w;
    let mut bytes = Cursor::new(Vec::new());
    {
        let mut encoder = GifEncoder::new_with_speed(&mut bytes, SPEED);
        encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
        for &frame in frames {
            if frame >= images.n {
                let what = format!("frame {frame} of {} images", images.n);
                return Err(ExploreError::Picture(what));
            }
            let pixels = images.image(frame);
            let (w, h) = (images.w as u32 * zoom, images.h as u32 * zoom);
            let large = RgbaImage::from_fn(w, h, |x, y| {
                let at = (y / zoom) as usize * images.w + (x / zoom) as usize;
                let colour = |c: usize| pixels[(c % images.c) * plane + at];
                image::Rgba([colour(0), colour(1), colour(2), 255])
            });
            let delay = Delay::from_numer_denom_ms(milliseconds, 1);
            encoder
                .encode_frame(Frame::from_parts(large, 0, 0, delay))
                .map_err(failed)?;
        }
    }
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::AnimationDecoder;
    use image::codecs::gif::GifDecoder;

    #[test]
    fn frames_come_back_in_order_with_their_time() {
        let pixels = [0u8, 100, 250].map(|v| [v; 16 * 16]).concat();
        let images = Images::new(1, 16, 16, pixels).unwrap();
        let bytes = gif(&images, &[2, 0, 1, 0], 80).unwrap();
        let decoder = GifDecoder::new(Cursor::new(bytes)).unwrap();
        let frames = decoder.into_frames().collect_frames().unwrap();
        let shown: Vec<u8> = frames
            .iter()
            .map(|f| f.buffer().get_pixel(5, 5).0[0])
            .collect();
        assert_eq!(shown, [250, 0, 100, 0]);
        assert_eq!(frames[0].buffer().dimensions(), (48, 48));
        assert_eq!(frames[0].delay().numer_denom_ms(), (80, 1));
        assert!(gif(&images, &[3], 80).is_err());
    }
}
