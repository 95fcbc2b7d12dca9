//! Every random draw of a run comes from its seed through a named stream.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// The seed of a run, from which named, independent streams are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// Streams of a run's seed.
    pub fn new(seed: u64) -> Self {
        Streams { seed }
    }

    /// The stream called `name`, from its start. The same seed and name give the same draws on every machine;
    /// adding a stream changes none of the others.
    pub fn stream(&self, name: &str) -> ChaCha8Rng {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(name.as_bytes());
        ChaCha8Rng::from_seed(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_differ_by_seed_and_name_only() {
        let draw = |seed, name| Streams::new(seed).stream(name).random::<u64>();
        assert_eq!(draw(1, "latent"), draw(1, "latent"));
        assert_ne!(draw(1, "latent"), draw(2, "latent"));
        assert_ne!(draw(1, "latent"), draw(1, "batches"));
    }
}
