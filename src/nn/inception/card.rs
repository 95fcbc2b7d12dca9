//! The card of Inception's published weights.

use serde::Deserialize;

use crate::spec::{SpecError, load};

const TEXT: &str = include_str!("../../../networks/inception_fid.yaml");

/// What the published weights are: `networks/inception_fid.yaml`, which lies inside the program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkCard {
    pub name: String,
    /// The name that tables give it.
    pub title: String,
    pub description: String,
    pub licence: String,
    pub citation: String,
    pub homepage: String,
    /// Addresses from which a user gets the file.
    pub sources: Vec<String>,
    pub file: WeightsFile,
}

/// A network's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsFile {
    pub name: String,
    pub bytes: u64,
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl NetworkCard {
    /// The card of the FID Inception.
    ///
    /// # Errors
    /// None for the card inside the program; a test reads it.
    pub fn inception() -> Result<NetworkCard, SpecError> {
        load::typed(&load::parse(TEXT, "built-in card inception_fid.yaml")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_names_the_file_that_its_hash_begins() {
        let card = NetworkCard::inception().unwrap();
        assert_eq!(card.name, "inception_fid");
        assert_eq!(card.file.sha256.len(), 64);
        // Whoever published the file put the first digits of its hash into its name.
        let begins = card.file.name.rsplit_once('-').unwrap().1;
        assert_eq!(begins, format!("{}.pth", &card.file.sha256[..8]));
        assert!(card.sources.iter().all(|s| s.starts_with("https://")));
    }
}
