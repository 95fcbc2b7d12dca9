//! How images are wanted, where a set may give them in more than one way.

use super::{Dataset, ImagesError};

/// How images are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Want {
    /// Side of the square images in pixels; `None`: as they are stored.
    pub size: Option<usize>,
    /// 1 for grey, 3 for colour; `None`: as they are stored.
    pub channels: Option<usize>,
}

impl Want {
    /// As they are stored.
    pub const STORED: Want = Want {
        size: None,
        channels: None,
    };

    /// Squares of `size` pixels, grey or in colour as they are stored.
    pub fn size(size: usize) -> Want {
        Want {
            size: Some(size),
            channels: None,
        }
    }

    /// The data set as wanted, whatever its reader made of it.
    pub(super) fn apply(&self, mut set: Dataset) -> Result<Dataset, ImagesError> {
        if let Some(channels) = self.channels {
            set.images = super::to_channels(set.images, channels)?;
        }
        match self.size {
            Some(size) => set.fit(size),
            None => Ok(set),
        }
    }
}
