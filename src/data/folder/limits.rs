//! How large an image file and its picture may be.
//!
//! A few bytes can declare a picture that no memory holds. What is larger than these limits is left out and named, and
//! nothing is allocated for it. They let every photograph of ImageNet pass, and keep a thread that decodes below 1 GiB
//! for pictures that are made up to 512 pixels wide.

/// Bytes of a file: as many as the largest picture has without compression.
pub(super) const MOST_BYTES: u64 = 256 << 20;
/// Pixels of a picture: 8192 x 8192.
const MOST_PIXELS: u64 = 1 << 26;
/// Bytes of a decoded picture: [`MOST_PIXELS`] of four channels.
const MOST_DECODED: u64 = 4 * MOST_PIXELS;
/// Side of the squares that are made of the pictures.
pub(super) const MOST_SIDE: usize = 4096;

/// A picture of these sides with so many bytes a pixel is not too large.
pub(super) fn check([width, height]: [u32; 2], bytes: u64) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err(format!("it has {width} x {height} pixels"));
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS || pixels * bytes > MOST_DECODED {
        return Err(format!(
            "{width} x {height} pixels are more than is decoded: {} million pixels, or {} MiB of them",
            MOST_PIXELS / 1_000_000,
            MOST_DECODED >> 20
        ));
    }
    Ok(())
}

/// Why a file of that many bytes is not read; `None` where it is.
pub(super) fn too_large(bytes: u64) -> Option<String> {
    let most = MOST_BYTES >> 20;
    (bytes > MOST_BYTES)
        .then(|| format!("it has {bytes} bytes, more than the {most} MiB that are read of a file"))
}

/// The same limits as the decoders take them, for what they allocate beside the pixels.
pub(super) fn of_decoders() -> image::Limits {
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(2 * MOST_DECODED);
    limits
}
