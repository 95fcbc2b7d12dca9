//! Which filters have collapsed, from the looks so far.

use crate::track::filters::{Collapse, LayerLook, Look};

/// Looks in a row after which a collapse counts.
pub const LASTING: usize = 3;
/// Looks over which a mean must swing.
pub const SWINGS: usize = 8;
/// Of the layer's median deviation: below it a filter is silent.
const SILENT: f32 = 1e-3;
/// Share of the variance between samples below which all samples get the same map.
const FIXED: f32 = 0.02;
/// Share of the energy in one fine frequency above which there is no other.
const MODE: f32 = 0.8;
/// Mean change of the mean from look to look, in deviations.
const SWINGING: f32 = 0.5;

/// Mark a layer's collapsed filters; `past` are the same layer's looks before, oldest first.
pub fn mark(now: &mut LayerLook, past: &[&LayerLook]) {
    let mut deviations = now.deviation.clone();
    deviations.sort_by(f32::total_cmp);
    let median = deviations.get(deviations.len() / 2).copied().unwrap_or(0.0);
    let kind = |i: usize| {
        if now.deviation[i] <= SILENT * median || now.deviation[i] == 0.0 {
            Some(Collapse::Silent)
        } else if now.variation[i] < FIXED {
            Some(Collapse::Fixed)
        } else if now.mode[i] > MODE {
            Some(Collapse::Mode)
        } else if swinging(now, past, i) {
            Some(Collapse::Swinging)
        } else {
            None
        }
    };
    now.collapsed = (0..now.filters())
        .filter_map(|i| Some((i, kind(i)?)))
        .collect();
    let before = &past[past.len().saturating_sub(LASTING - 1)..];
    let lasting = |i: &usize| {
        let marked = |look: &&LayerLook| look.collapsed.iter().any(|(j, _)| j == i);
        before.len() == LASTING - 1 && before.iter().all(marked)
    };
    let marked = now.collapsed.iter().map(|(i, _)| *i);
    now.lasting = marked.filter(lasting).collect();
}

/// Whether a filter's mean has gone up and down in turn, by much.
fn swinging(now: &LayerLook, past: &[&LayerLook], i: usize) -> bool {
    if past.len() + 1 < SWINGS {
        return false;
    }
    let before = past[past.len() + 1 - SWINGS..]
        .iter()
        .map(|look| look.mean[i]);
    let means: Vec<f32> = before.chain([now.mean[i]]).collect();
    let changes: Vec<f32> = means.windows(2).map(|w| w[1] - w[0]).collect();
    let size = changes.iter().map(|c| c.abs()).sum::<f32>() / changes.len() as f32;
    changes.windows(2).all(|w| w[0] * w[1] < 0.0) && size >= SWINGING * now.deviation[i]
}

/// A layer in which a subset of the filters counts as collapsed.
pub fn subset(look: &Look) -> Option<&LayerLook> {
    let layers = &mut look.layers.iter();
    layers.find(|layer| layer.subset(layer.lasting.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen healthy filters.
    fn healthy() -> LayerLook {
        LayerLook {
            name: "d.1".into(),
            mean: vec![0.1; 16],
            deviation: vec![1.0; 16],
            active: vec![0.5; 16],
            variation: vec![0.8; 16],
            mode: vec![0.1; 16],
            likeness: vec![0.3; 16],
            collapsed: Vec::new(),
            lasting: Vec::new(),
        }
    }

    /// So many looks, each changed by `change` before it is marked.
    fn looks(count: usize, change: impl Fn(usize, &mut LayerLook)) -> Vec<LayerLook> {
        let mut looks: Vec<LayerLook> = Vec::new();
        for t in 0..count {
            let mut now = healthy();
            change(t, &mut now);
            let past: Vec<&LayerLook> = looks.iter().collect();
            mark(&mut now, &past);
            looks.push(now);
        }
        looks
    }

    fn stops(layer: &LayerLook) -> bool {
        let look = Look {
            step: 1,
            epoch: 1.0,
            layers: vec![healthy(), layer.clone()],
            stop: None,
        };
        subset(&look).is_some()
    }

    #[test]
    fn a_collapse_counts_when_it_lasts_and_a_subset_stops() {
        let fixed = looks(4, |t, l| {
            l.variation[3] = 0.01;
            l.mode[5] = 0.95;
            l.deviation[7] = 1e-4;
            // Only now and then.
            l.mode[9] = if t == 1 { 0.1 } else { 0.9 };
        });
        use Collapse::{Fixed, Mode, Silent};
        assert_eq!(
            fixed[0].collapsed,
            [(3, Fixed), (5, Mode), (7, Silent), (9, Mode)]
        );
        assert_eq!(fixed[1].lasting, [0usize; 0]);
        assert_eq!(fixed[2].lasting, [3, 5, 7]);
        assert!(!stops(&fixed[1]) && stops(&fixed[2]));
        // One of sixteen is no subset.
        let one = looks(4, |_, l| l.variation[3] = 0.01);
        assert_eq!(one[3].lasting, [3]);
        assert!(!stops(&one[3]));
        assert!(looks(20, |_, _| ()).iter().all(|l| l.collapsed.is_empty()));
    }

    #[test]
    fn a_mean_that_swings_is_told_from_one_that_wanders() {
        let swing = |height: f32| {
            looks(10, move |t, l| {
                l.mean[2] = if t % 2 == 0 { height } else { -height }
            })
        };
        let found = swing(0.4);
        assert!(found[6].collapsed.is_empty());
        assert_eq!(found[7].collapsed, [(2, Collapse::Swinging)]);
        assert_eq!(found[9].lasting, [2]);
        assert!(swing(0.1).iter().all(|l| l.collapsed.is_empty()));
        let wander = looks(10, |t, l| {
            l.mean[2] = [0.0, 3.0, 1.0, 4.0, 2.0, 2.5, 1.0, 0.5][t % 8]
        });
        assert!(wander.iter().all(|l| l.collapsed.is_empty()));
    }
}
