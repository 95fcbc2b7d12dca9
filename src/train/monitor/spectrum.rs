//! How much of a map is one fine wave.

use std::f64::consts::TAU;

/// Waves of fewer cells than this are fine.
const FINE: usize = 4;

/// Cosines and sines for maps of one size.
pub struct Spectrum {
    height: usize,
    width: usize,
    rows: Vec<(f32, f32)>,
    columns: Vec<(f32, f32)>,
}

impl Spectrum {
    pub fn new(height: usize, width: usize) -> Spectrum {
        let wave = |n: usize| {
            let angle = move |i: usize| -TAU * i as f64 / n as f64;
            (0..n)
                .map(|i| (angle(i).cos() as f32, angle(i).sin() as f32))
                .collect()
        };
        Spectrum {
            height,
            width,
            rows: wave(height),
            columns: wave(width),
        }
    }

    /// The largest share of the energy of `maps`, each without its mean, that lies in one fine frequency; 0 for flat
    /// maps. A frequency and its conjugate are one.
    pub fn fine_mode<'a>(&self, maps: impl Iterator<Item = &'a [f32]>) -> f32 {
        let (h, w) = (self.height, self.width);
        let (mut energy, mut squares) = (vec![0f64; h * w], 0.0);
        for map in maps {
            self.add(map, &mut energy);
            squares += map.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
        }
        let conjugate = |u: usize, v: usize| ((h - u) % h) * w + (w - v) % w;
        let (mut all, mut most) = (0.0, 0f64);
        for u in 0..h {
            for v in 0..w {
                let (at, other) = (u * w + v, conjugate(u, v));
                // The first is the mean; a pair is counted at its first member.
                if at == 0 || other < at {
                    continue;
                }
                let pair = energy[at] + if other == at { 0.0 } else { energy[other] };
                all += pair;
                let fine = |k: usize, n: usize| k.min(n - k) * FINE > n;
                if fine(u, h) || fine(v, w) {
                    most = most.max(pair);
                }
            }
        }
        // Less is what rounding leaves of a flat map.
        let flat = 1e-9 * squares * energy.len() as f64;
        if all > flat { (most / all) as f32 } else { 0.0 }
    }

    /// Add a map's squared spectrum.
    fn add(&self, map: &[f32], energy: &mut [f64]) {
        let (h, w) = (self.height, self.width);
        let mean = map.iter().sum::<f32>() / map.len().max(1) as f32;
        // Along the rows, then along the columns. The input is real: half of the columns say all.
        let half = w / 2 + 1;
        let mut along = vec![(0f32, 0f32); h * half];
        for (y, row) in map.chunks_exact(w).enumerate() {
            for v in 0..half {
                let mut sum = (0.0, 0.0);
                for (x, value) in row.iter().enumerate() {
                    let (cos, sin) = self.columns[v * x % w];
                    sum.0 += (value - mean) * cos;
                    sum.1 += (value - mean) * sin;
                }
                along[y * half + v] = sum;
            }
        }
        for v in 0..half {
            for u in 0..h {
                let mut sum = (0.0, 0.0);
                for y in 0..h {
                    let (cos, sin) = self.rows[u * y % h];
                    let (re, im) = along[y * half + v];
                    sum.0 += re * cos - im * sin;
                    sum.1 += re * sin + im * cos;
                }
                let square = f64::from(sum.0 * sum.0 + sum.1 * sum.1);
                energy[u * w + v] += square;
                // The half left out mirrors this one.
                if v > 0 && v * 2 != w {
                    energy[((h - u) % h) * w + (w - v)] += square;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(h: usize, w: usize, of: impl Fn(usize, usize) -> f32) -> f32 {
        let map: Vec<f32> = (0..h * w).map(|i| of(i / w, i % w)).collect();
        Spectrum::new(h, w).fine_mode([map.as_slice()].into_iter())
    }

    #[test]
    fn only_a_fine_wave_is_a_mode() {
        for (h, w) in [(4, 4), (8, 16), (7, 9)] {
            let even = h % 2 == 0;
            let checkers = mode(h, w, |y, x| if (x + y) % 2 == 0 { 3.0 } else { 1.0 });
            assert!(!even || checkers > 0.999, "{h} {w} {checkers}");
            let wave = |period: f64| mode(h, w, move |_, x| (TAU * x as f64 / period).cos() as f32);
            let last = w as f64 / (w / 2) as f64;
            assert!(wave(last) > 0.999, "{h} {w} {}", wave(last));
            let coarse = [w as f64, 4.0].map(wave);
            assert!(
                w % 4 != 0 || coarse.iter().all(|c| *c < 0.001),
                "{h} {w} {coarse:?}"
            );
        }
        assert_eq!(mode(4, 4, |_, _| 7.0), 0.0);
        // A single cell has the same energy everywhere: 8 x 8 cells have 32 pairs and lone ones.
        let cell = mode(8, 8, |y, x| f32::from(u8::from((y, x) == (2, 3))));
        assert!((cell - 2.0 / 63.0).abs() < 1e-5, "{cell}");
    }

    #[test]
    fn energy_is_the_variance() {
        let map: Vec<f32> = (0..6 * 5).map(|i| ((i * 7) % 11) as f32).collect();
        let mut energy = vec![0.0; 30];
        Spectrum::new(6, 5).add(&map, &mut energy);
        let mean = map.iter().sum::<f32>() / 30.0;
        let squares: f32 = map.iter().map(|v| (v - mean).powi(2)).sum();
        // Parseval.
        let all: f64 = energy.iter().sum::<f64>() / 30.0;
        assert!(
            (all / f64::from(squares) - 1.0).abs() < 1e-4,
            "{all} {squares}"
        );
    }
}
