//! The small matrices of minimal filtering with 4 outputs, for 1, 2 and 3 taps.
//!
//! With finite points a, and N(a) the product of a's differences to the other points: a tap k weighs a^k / N(a) at a
//! (`G`); the inputs are weighed by the coefficients of the product of x - b over the other points b (`BT`); output i
//! takes a^i of each product (`AT`). At infinity the last tap, the product over all points, and the last output.

use pulp::Simd;

/// Outputs of a tile along an axis.
pub const OUTPUTS: usize = 4;

/// The finite points beside zero, of both signs. Of all simple pairs these lose the fewest digits: half as many as 1 and
/// 2 would.
const P: f32 = 3.0 / 4.0;
const Q: f32 = 3.0 / 2.0;
const P2: f32 = P * P;
const Q2: f32 = Q * Q;

/// Weights of 3 taps at 0, P, -P, Q, -Q and infinity.
pub const G6: [[f32; 3]; 6] = [
    [64.0 / 81.0, 0.0, 0.0],
    [-128.0 / 243.0, -96.0 / 243.0, -72.0 / 243.0],
    [-128.0 / 243.0, 96.0 / 243.0, -72.0 / 243.0],
    [32.0 / 243.0, 48.0 / 243.0, 72.0 / 243.0],
    [32.0 / 243.0, -48.0 / 243.0, 72.0 / 243.0],
    [0.0, 0.0, 1.0],
];
/// Weights of 2 taps at 0, P, -P, Q and infinity.
pub const G5: [[f32; 2]; 5] = [
    [32.0 / 27.0, 0.0],
    [-32.0 / 27.0, -24.0 / 27.0],
    [-32.0 / 81.0, 24.0 / 81.0],
    [32.0 / 81.0, 48.0 / 81.0],
    [0.0, 1.0],
];
/// Weights of a single tap at 0, P, -P and infinity.
pub const G4: [[f32; 1]; 4] = [[-16.0 / 9.0], [8.0 / 9.0], [8.0 / 9.0], [1.0]];

/// Inputs of 3 taps.
pub const BT6: [[f32; 6]; 6] = [
    [P2 * Q2, 0.0, -P2 - Q2, 0.0, 1.0, 0.0],
    [0.0, -P * Q2, -Q2, P, 1.0, 0.0],
    [0.0, P * Q2, -Q2, -P, 1.0, 0.0],
    [0.0, -Q * P2, -P2, Q, 1.0, 0.0],
    [0.0, Q * P2, -P2, -Q, 1.0, 0.0],
    [0.0, P2 * Q2, 0.0, -P2 - Q2, 0.0, 1.0],
];
/// Inputs of 2 taps.
pub const BT5: [[f32; 5]; 5] = [
    [P2 * Q, -P2, -Q, 1.0, 0.0],
    [0.0, -P * Q, P - Q, 1.0, 0.0],
    [0.0, P * Q, -P - Q, 1.0, 0.0],
    [0.0, -P2, 0.0, 1.0, 0.0],
    [0.0, P2 * Q, -P2, -Q, 1.0],
];
/// Inputs of a single tap.
pub const BT4: [[f32; 4]; 4] = [
    [-P2, 0.0, 1.0, 0.0],
    [0.0, P, 1.0, 0.0],
    [0.0, -P, 1.0, 0.0],
    [0.0, -P2, 0.0, 1.0],
];

/// Outputs from the products at all six points.
pub const AT6: [[f32; 6]; 4] = [
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
    [0.0, P, -P, Q, -Q, 0.0],
    [0.0, P2, P2, Q2, Q2, 0.0],
    [0.0, P * P2, -P * P2, Q * Q2, -Q * Q2, 1.0],
];
/// Outputs where no phase has more than two taps: no point -Q.
pub const AT5: [[f32; 5]; 4] = [
    [1.0, 1.0, 1.0, 1.0, 0.0],
    [0.0, P, -P, Q, 0.0],
    [0.0, P2, P2, Q2, 0.0],
    [0.0, P * P2, -P * P2, Q * Q2, 1.0],
];

/// The transpose, for the adjoint of a transform.
#[inline(always)]
pub const fn transposed<const R: usize, const C: usize>(m: [[f32; C]; R]) -> [[f32; R]; C] {
    let mut out = [[0.0; R]; C];
    let mut r = 0;
    while r < R {
        let mut c = 0;
        while c < C {
            out[c][r] = m[r][c];
            c += 1;
        }
        r += 1;
    }
    out
}

/// A constant matrix times a column of vectors; factors 0, 1 and -1 cost no multiplication.
///
/// Written out, with neither loop nor closure: closures are compiled outside the functions that enable the vector
/// instructions, and loops left the matrix to be read at run time.
#[inline(always)]
pub fn apply<S: Simd, const R: usize, const C: usize>(
    simd: S,
    m: &[[f32; C]; R],
    x: &[S::f32s; C],
) -> [S::f32s; R] {
    const { assert!(R <= 6 && C <= 6) };
    let mut out = [simd.splat_f32s(0.0); R];
    macro_rules! rows {
        ($($r:literal)*) => { $(if R > $r { out[$r] = combine(simd, &m[$r], x); })* }
    }
    rows!(0 1 2 3 4 5);
    out
}

#[inline(always)]
fn combine<S: Simd, const C: usize>(simd: S, m: &[f32; C], x: &[S::f32s; C]) -> S::f32s {
    let mut sum = simd.splat_f32s(0.0);
    let mut begun = false;
    macro_rules! terms {
        ($($c:literal)*) => { $(if C > $c && m[$c] != 0.0 {
            sum = match (begun, m[$c]) {
                (false, 1.0) => x[$c],
                (false, k) => simd.mul_f32s(simd.splat_f32s(k), x[$c]),
                (true, 1.0) => simd.add_f32s(sum, x[$c]),
                (true, -1.0) => simd.sub_f32s(sum, x[$c]),
                (true, k) => simd.mul_add_e_f32s(simd.splat_f32s(k), x[$c], sum),
            };
            begun = true;
        })* }
    }
    terms!(0 1 2 3 4 5);
    let _ = begun;
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 outputs of filtering, by points.
    fn filtered<const N: usize, const R: usize>(
        at: &[[f32; N]; 4],
        g: &[[f32; R]; N],
        bt: &[[f32; N]; N],
        taps: [f32; R],
        x: [f32; N],
    ) -> [f32; 4] {
        let product: [f32; N] = std::array::from_fn(|p| {
            let w: f32 = g[p].iter().zip(&taps).map(|(g, t)| g * t).sum();
            let x: f32 = bt[p].iter().zip(&x).map(|(b, x)| b * x).sum();
            w * x
        });
        at.map(|row| row.iter().zip(&product).map(|(a, p)| a * p).sum())
    }

    fn agrees<const N: usize, const R: usize>(
        at: &[[f32; N]; 4],
        g: &[[f32; R]; N],
        bt: &[[f32; N]; N],
    ) {
        let taps: [f32; R] = std::array::from_fn(|k| 0.7 - 0.9 * k as f32);
        let x: [f32; N] = std::array::from_fn(|i| (1.3 * i as f32).sin());
        for (i, got) in filtered(at, g, bt, taps, x).iter().enumerate() {
            let want: f32 = taps.iter().enumerate().map(|(k, t)| t * x[i + k]).sum();
            assert!(
                (got - want).abs() < 1e-5,
                "{R} taps, output {i}: {got} is not {want}"
            );
        }
    }

    #[test]
    fn products_at_points_filter() {
        agrees(&AT6, &G6, &BT6);
        agrees(&AT5, &G5, &BT5);
        let at4 = AT5.map(|[a, b, c, _, d]| [a, b, c, d]);
        agrees(&at4, &G4, &BT4);
    }
}
