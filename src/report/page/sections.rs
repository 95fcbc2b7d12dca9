use maud::Markup;

use super::material::Material;
use super::{
    architecture, charts, claims, downloads, figures, memorisation, provenance, rerun, scale,
    sheets, summary, tables, trials,
};
use crate::report::ReportError;

/// A part of the page.
pub struct Section {
    /// Anchor.
    pub id: &'static str,
    pub title: &'static str,
    /// Its content below the title; `None` leaves the section out.
    pub body: fn(&Material) -> Result<Option<Markup>, ReportError>,
}

const fn section(
    id: &'static str,
    title: &'static str,
    body: fn(&Material) -> Result<Option<Markup>, ReportError>,
) -> Section {
    Section { id, title, body }
}

/// Every section, in the order of the page.
pub const SECTIONS: &[Section] = &[
    section("summary", "What came out", summary::body),
    section("claims", "The paper's statements", claims::body),
    section("tables", "Tables", tables::body),
    section("charts", "Charts", charts::body),
    section("sheets", "Sample sheets", sheets::body),
    section("figures", "Figures", figures::body),
    section(
        "memorisation",
        "Samples and their nearest training images",
        memorisation::body,
    ),
    section("architecture", "Architecture", architecture::body),
    section("scale", "Scale against the paper", scale::body),
    section("trials", "Trials", trials::body),
    section("provenance", "Provenance", provenance::body),
    section("rerun", "Run it again", rerun::body),
    section("downloads", "Downloads", downloads::body),
];
