//! Pictures of a trial's nets and data, drawn whatever its spec asks for.

use candle_core::{Device, Tensor};
use rand::seq::SliceRandom;

use super::SweepError;
use super::nets::Nets;
use crate::data::{Dataset, Images, to_bytes};
use crate::nn::{Norm, schematic};
use crate::track::run::RunFolder;
use crate::track::sheet::{self, Tiles};
use crate::track::{Streams, atomic};
use crate::train::{SHEET, TrainError, labels};

/// Sheets of what the net drew and of what it saw, and its architecture as figure 1 draws it.
pub(super) fn figures(
    nets: &Nets,
    dataset: &Dataset,
    device: &Device,
    folder: &RunFolder,
) -> Result<(), SweepError> {
    let svg = schematic::generator_svg(&nets.architecture);
    atomic::write(&folder.path("figures/architecture.svg"), svg.as_bytes())?;
    let mut order: Vec<usize> = (0..dataset.images.n).collect();
    order.shuffle(&mut Streams::new(0).stream("data sheet"));
    order.truncate(SHEET);
    write_sheet(folder, "data", &dataset.images.subset(&order)?)?;
    if let Some(generator) = &nets.generator {
        let mut rng = Streams::new(0).stream("sheet");
        let a = &nets.architecture;
        let input = labels::sheet(&a.latent, a.classes, &mut rng, device)?;
        let images = generator.forward(input, Norm::Infer)?;
        write_sheet(folder, "samples", &to_images(&images)?)?;
    }
    Ok(())
}

fn to_images(images: &Tensor) -> Result<Images, SweepError> {
    let read = || -> candle_core::Result<Images> {
        let (n, c, h, w) = images.dims4()?;
        let values: Vec<f32> = images.flatten_all()?.to_vec1()?;
        let mut pixels = vec![0; values.len()];
        to_bytes(&values, &mut pixels);
        Ok(Images { n, c, h, w, pixels })
    };
    Ok(read().map_err(TrainError::from)?)
}

fn write_sheet(folder: &RunFolder, name: &str, images: &Images) -> Result<(), SweepError> {
    let tiles = Tiles {
        pixels: &images.pixels,
        channels: images.c,
        height: images.h,
        width: images.w,
    };
    let path = folder.path(&format!("figures/{name}.png"));
    Ok(sheet::write(&path, &tiles, 10, 2)?)
}
