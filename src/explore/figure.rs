//! A figure from its options, whether a spec or the command line gave them.

use std::path::Path;

use super::arithmetic::{Concept, arithmetic};
use super::boxes::Boxes;
use super::browse::{browse, sorted};
use super::chooser::{Chooser, source};
use super::digits;
use super::drop::{self, drop};
use super::guided::{self, guided};
use super::interpolate::interpolate;
use super::turn::{self, turn};
use super::{Drawing, ExploreError, Net, Written};
use crate::spec::{ExploreSpec, FigureSpec};

/// Draw `spec`'s figure of `net` into `out`.
///
/// # Errors
/// [`ExploreError`] of the figure, or of the choice of its samples.
pub fn figure(
    net: &Net,
    spec: &ExploreSpec,
    out: &Path,
    chooser: &mut Chooser,
) -> Result<Written, ExploreError> {
    let seed = spec.seed;
    let drawing = match &spec.figure {
        // The one looks at D, the other draws real images too: both have records of their own.
        FigureSpec::Guided {
            samples,
            images,
            features,
            strongest,
        } => {
            let data = source(net, spec).filter(|_| !samples);
            let options = guided::Options {
                seed,
                source: data.map_or(guided::Source::Samples, |(name, split)| {
                    guided::Source::Data { name, split }
                }),
                images: *images,
                features: *features,
                strongest: *strongest,
            };
            return guided(net, &options, out, chooser.store, chooser.progress);
        }
        FigureSpec::Digits { columns, beside } => {
            let (data, split) = source(net, spec).ok_or(ExploreError::NoData)?;
            let options = digits::Options {
                seed,
                data,
                split,
                columns: *columns,
                beside: beside.clone(),
            };
            return digits::digits(net, &options, out, chooser.store, chooser.progress);
        }
        FigureSpec::Browse { from, count, by } => match by {
            None => browse(net, seed, *from, *count),
            Some(by) => sorted(net, seed, &chooser.rank(net, spec, by, *from, *count)?),
        },
        FigureSpec::Interpolate { mode, at, steps } => {
            let at = chooser.choose(net, spec, at)?;
            interpolate(net, seed, &at.samples, *steps, *mode)
        }
        FigureSpec::Arithmetic { terms } => {
            let mut concepts = Vec::with_capacity(terms.len());
            for term in terms {
                let chosen = chooser.choose(net, spec, &term.of)?;
                concepts.push(Concept {
                    minus: term.minus,
                    chosen,
                });
            }
            arithmetic(net, seed, &concepts)
        }
        FigureSpec::Turn {
            left,
            right,
            of,
            rows,
            columns,
            reach,
        } => {
            let (left, right) = (
                chooser.choose(net, spec, left)?,
                chooser.choose(net, spec, right)?,
            );
            let moved = match of {
                Some(of) => chooser.choose(net, spec, of)?.samples,
                None => turn::Turn::others(&left.samples, &right.samples, *rows),
            };
            let options = turn::Turn {
                left,
                right,
                moved,
                columns: *columns,
                reach: *reach,
            };
            turn(net, seed, &options)
        }
        FigureSpec::Drop {
            boxes: path,
            concept,
            layer,
            drop: most,
            random,
            show,
            of,
        } => {
            let image = net.architecture.image;
            let boxes = Boxes::read(path, (image.width, image.height))?;
            let drawn: Vec<usize> = match boxes.seed == seed {
                true => boxes.samples.keys().copied().collect(),
                false => Vec::new(),
            };
            let shown = match of {
                Some(of) => chooser.choose(net, spec, of)?.samples,
                None => turn::Turn::others(&drawn, &[], *show),
            };
            let options = drop::Options {
                concept: concept.clone(),
                layer: *layer,
                drop: *most,
                random: *random,
                shown,
            };
            drop(net, seed, path, &boxes, &options, chooser.progress)
        }
    }?;
    let drawing = Drawing {
        name: Some(spec.name.clone()).filter(|name| name != spec.figure.file()),
        ..drawing
    };
    drawing.draw(net, out, chooser.progress)
}
