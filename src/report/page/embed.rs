//! Pictures inside the page, so that it stays one file.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};

use crate::report::ReportError;

/// Small pictures are shown at up to this many CSS pixels a side, by whole factors.
const SHOWN: u32 = 420;

/// A PNG file as an `img`; one that does not decode is named instead of shown.
///
/// # Errors
/// [`ReportError::Read`].
pub fn picture(path: &Path, alt: &str) -> Result<Markup, ReportError> {
    let bytes = read(path)?;
    match size(&bytes) {
        Some((width, height)) => {
            let factor = (SHOWN / width.max(1)).max(1);
            Ok(html! {
                img src={ "data:image/png;base64," (STANDARD.encode(&bytes)) } alt=(alt)
                    width=(width.saturating_mul(factor)) height=(height.saturating_mul(factor));
            })
        }
        None => Ok(
            html! { p class="failed" { "`" (path.display()) "` is not a PNG image that can be read." } },
        ),
    }
}

/// A PNG figure as an `img` at its own size, or enlarged like a [`picture`] where it is small; one wider than `widest` is
/// made smaller by a whole factor.
///
/// # Errors
/// [`ReportError::Read`].
pub fn figure(path: &Path, alt: &str, widest: u32) -> Result<Markup, ReportError> {
    let bytes = read(path)?;
    let Ok(whole) = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png) else {
        return picture(path, alt);
    };
    if whole.width() <= SHOWN {
        return picture(path, alt);
    }
    let factor = whole.width().div_ceil(widest.max(1));
    let side = |pixels: u32| (pixels / factor).max(1);
    let (width, height) = (side(whole.width()), side(whole.height()));
    let mut png = std::io::Cursor::new(Vec::new());
    let shown = match factor {
        1 => bytes,
        _ => match whole
            .thumbnail_exact(width, height)
            .write_to(&mut png, image::ImageFormat::Png)
        {
            Ok(()) => png.into_inner(),
            Err(_) => bytes,
        },
    };
    Ok(html! {
        img class="smooth" src={ "data:image/png;base64," (STANDARD.encode(shown)) } alt=(alt)
            width=(width) height=(height);
    })
}

/// Width and height of a PNG whose pixels decode.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let image = image::load_from_memory_with_format(bytes, image::ImageFormat::Png).ok()?;
    Some((image.width(), image.height()))
}

/// An SVG or PNG drawing as an `img`, where an SVG can run nothing.
///
/// # Errors
/// [`ReportError::Read`].
pub fn drawing(path: &Path, alt: &str) -> Result<Markup, ReportError> {
    let kind = match path.extension().and_then(|e| e.to_str()) {
        Some("svg") => "svg+xml",
        _ => "png",
    };
    let bytes = read(path)?;
    Ok(html! {
        img class="drawing" src={ "data:image/" (kind) ";base64," (STANDARD.encode(bytes)) } alt=(alt);
    })
}

/// A chart of ours as an inline `svg`, so that the page's colours reach it.
pub fn chart(svg: &str, title: &str) -> Markup {
    let label = html! { (title) }.into_string().replace('"', "&quot;");
    let opening = format!("<svg class=\"chart\" role=\"img\" aria-label=\"{label}\" ");
    let start = svg.find("<svg ").unwrap_or(0);
    PreEscaped(svg[start..].replacen("<svg ", &opening, 1))
}

fn read(path: &Path) -> Result<Vec<u8>, ReportError> {
    std::fs::read(path).map_err(|source| ReportError::Read {
        path: path.to_path_buf(),
        source,
    })
}
