//! Which features and how many labels a probe uses.

use serde::{Deserialize, Serialize};

/// Which features a probe used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Features {
    /// The trained (or released) discriminator's.
    Trained,
    /// The same net before its first step: a control the paper lacks.
    Untrained,
    /// Raw pixels: a control the paper lacks.
    Pixels,
    /// A single layer of k-means, the baseline that the paper quotes.
    KMeans,
}

/// How many labels a probe may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Labels {
    All,
    /// So many of each class.
    PerClass(usize),
}

impl std::fmt::Display for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Labels::All => f.write_str("all"),
            Labels::PerClass(n) => write!(f, "{n}"),
        }
    }
}

impl Serialize for Labels {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Labels::All => s.serialize_str("all"),
            Labels::PerClass(n) => s.serialize_u64(*n as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl serde::de::Visitor<'_> for V {
            type Value = Labels;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("`all` or a number of labels per class, 1 or more")
            }
            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Labels, E> {
                match v {
                    "all" => Ok(Labels::All),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(v), &self)),
                }
            }
            fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Labels, E> {
                match v {
                    0 => Err(E::invalid_value(serde::de::Unexpected::Unsigned(v), &self)),
                    n => Ok(Labels::PerClass(n as usize)),
                }
            }
            fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Labels, E> {
                u64::try_from(v)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(v), &self))
                    .and_then(|v| self.visit_u64(v))
            }
        }
        d.deserialize_any(V)
    }
}
