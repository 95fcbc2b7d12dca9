//! The built-in fonts, so that a picture carries text on machines without any.

use std::sync::OnceLock;

use plotters::style::{FontStyle, register_font};

/// Hand the fonts to plotters as `sans-serif`, once: it knows no system fonts in this build.
///
/// # Errors
/// A sentence for the user where a font cannot be read.
pub fn register() -> Result<(), String> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let good = *REGISTERED.get_or_init(|| {
        let normal = include_bytes!("../../assets/DejaVuSans-subset.ttf");
        let bold = include_bytes!("../../assets/DejaVuSans-Bold-subset.ttf");
        register_font("sans-serif", FontStyle::Normal, normal).is_ok()
            && register_font("sans-serif", FontStyle::Bold, bold).is_ok()
    });
    match good {
        true => Ok(()),
        false => Err("the built-in fonts are damaged; build the program again".to_string()),
    }
}
