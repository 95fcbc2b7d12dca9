//! Pictures of a trial's nets and data, drawn whatever its spec asks for.

use candle_core::Device;
use rand::seq::SliceRandom;

use super::SweepError;
use super::nets::Nets;
use crate::data::{Dataset, Images};
use crate::nn::{Norm, schematic};
use crate::track::run::RunFolder;
use crate::track::sheet;
use crate::track::{Streams, atomic};
use crate::train::{SHEET, labels, to_images};

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

fn write_sheet(folder: &RunFolder, name: &str, images: &Images) -> Result<(), SweepError> {
    let path = folder.path(&format!("figures/{name}.png"));
    Ok(sheet::write(&path, &images.tiles(), 10, 2)?)
}
