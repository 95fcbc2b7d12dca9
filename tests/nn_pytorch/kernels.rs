//! The ops by their kernels, called as the planned nets call them.

use dcgan::nn::cpu::pool::{GridPool, max_to_grid, max_to_grid_backward};
use dcgan::nn::cpu::transpose::swap;
use dcgan::nn::cpu::{Geometry, activation, conv, norm, weights};
use dcgan::spec::Precision;

use crate::case::{Case, Op};
use crate::{EPSILON, SLOPE};

/// Value and gradients by the kernels, channels first again. `above` gives the value's gradient, of as many values.
pub fn by_kernels(case: &Case, above: &dyn Fn(usize) -> Vec<f32>) -> (Vec<f32>, Vec<Vec<f32>>) {
    let values = case.values();
    let x = Grid::of(&case.x);
    let (first, n) = (x.last(&values[0]), values[0].len());
    match case.op {
        Op::Conv {
            w, stride, padding, ..
        } => {
            let out = |i: usize| (case.x[i] + 2 * padding - w[i]) / stride + 1;
            let y = Grid::of(&[case.x[0], w[0], out(2), out(3)]);
            let g = x.geometry(&y, w, stride, padding);
            let mut small = garbage(g.small_len());
            conv::down_in(Precision::F32, &g, &first, &values[1], &mut small);
            let dy = y.last(&above(small.len()));
            let (mut dx, mut dw) = (garbage(n), garbage(g.weight_len()));
            conv::up_in(Precision::F32, &g, &dy, &values[1], &mut dx);
            weights::gradient_in(Precision::F32, &g, &first, &dy, &mut dw);
            (y.first(&small), vec![x.first(&dx), dw])
        }
        Op::Transpose {
            w,
            stride,
            padding,
            output_padding,
        } => {
            let out = |i: usize| (case.x[i] - 1) * stride + w[i] + output_padding - 2 * padding;
            let y = Grid::of(&[case.x[0], w[1], out(2), out(3)]);
            let g = y.geometry(&x, w, stride, padding);
            let mut large = garbage(g.large_len());
            conv::up_in(Precision::F32, &g, &first, &values[1], &mut large);
            let dy = y.last(&above(large.len()));
            let (mut dx, mut dw) = (garbage(n), garbage(g.weight_len()));
            conv::down_in(Precision::F32, &g, &dy, &values[1], &mut dx);
            weights::gradient_in(Precision::F32, &g, &dy, &first, &mut dw);
            (y.first(&large), vec![x.first(&dx), dw])
        }
        Op::Norm { slope, given } => {
            let affine = norm::Affine {
                gain: &values[1],
                bias: &values[2],
                epsilon: EPSILON,
                slope,
            };
            let statistics = match given {
                true => case.statistics(),
                false => norm::statistics(&first, x.c),
            };
            let (mut y, mut dx) = (garbage(n), garbage(n));
            norm::forward(&first, &statistics, affine, &mut y);
            let dy = x.last(&above(n));
            let of = norm::backward(&first, &statistics, affine, !given, &dy, &mut dx);
            (x.first(&y), vec![x.first(&dx), of.gain, of.bias])
        }
        Op::Tanh => {
            let (mut y, mut dx) = (first, garbage(n));
            activation::tanh_in_place(&mut y);
            activation::tanh_backward(&y, &x.last(&above(n)), &mut dx);
            (x.first(&y), vec![x.first(&dx)])
        }
        Op::Sigmoid => {
            let (mut y, mut dx) = (garbage(n), garbage(n));
            activation::sigmoid(&first, &mut y);
            activation::sigmoid_backward(&y, &x.last(&above(n)), &mut dx);
            (x.first(&y), vec![x.first(&dx)])
        }
        Op::Leaky => {
            // As the planned discriminator: over its own input, and back from its output.
            let (mut y, mut dx) = (first, garbage(n));
            activation::leaky_relu_in_place(&mut y, SLOPE);
            activation::leaky_relu_backward(&y, SLOPE, &x.last(&above(n)), &mut dx);
            (x.first(&y), vec![x.first(&dx)])
        }
        Op::Bce { target } => {
            let mut dx = garbage(n);
            let y = activation::bce_with_logits(&values[0], target);
            activation::bce_with_logits_backward(&values[0], target, above(1)[0], &mut dx);
            (vec![y], vec![dx])
        }
        Op::Pool { grid } => {
            let pool = GridPool {
                batch: x.n,
                input: [x.h, x.w, x.c],
                grid,
            };
            let y = Grid::of(&[x.n, x.c, grid, grid]);
            let (mut out, mut dx) = (garbage(x.n * x.c * grid * grid), garbage(n));
            max_to_grid(&pool, &first, &mut out);
            max_to_grid_backward(&pool, &first, &y.last(&above(out.len())), &mut dx);
            (y.first(&out), vec![x.first(&dx)])
        }
        Op::Adam { .. } => unreachable!("updates have no gradient"),
    }
}

/// What a kernel must not leave standing in its output.
fn garbage(n: usize) -> Vec<f32> {
    vec![f32::NAN; n]
}

/// A map's shape, and its way into the kernels' memory order and back.
struct Grid {
    n: usize,
    c: usize,
    h: usize,
    w: usize,
}

impl Grid {
    /// Of `(n, c, h, w)` or the beginning of it.
    fn of(shape: &[usize]) -> Grid {
        let at = |i| shape.get(i).copied().unwrap_or(1);
        let [n, c, h, w] = [0, 1, 2, 3].map(at);
        Grid { n, c, h, w }
    }

    fn last(&self, x: &[f32]) -> Vec<f32> {
        let mut out = garbage(x.len());
        swap(x, &mut out, self.c, self.h * self.w);
        out
    }

    fn first(&self, x: &[f32]) -> Vec<f32> {
        let mut out = garbage(x.len());
        swap(x, &mut out, self.h * self.w, self.c);
        out
    }

    /// Of a convolution from this large grid to a small one.
    fn geometry(&self, small: &Grid, w: [usize; 4], stride: usize, padding: usize) -> Geometry {
        Geometry {
            batch: self.n,
            large: [self.h, self.w, self.c],
            small: [small.h, small.w, small.c],
            kernel: [w[2], w[3]],
            stride,
            pad: [padding; 2],
        }
    }
}
