//! Arithmetic in Z: means, weighted sums, and the ways from one z to another.

/// The mean of vectors of one length; empty for none.
pub fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
    let weight = 1.0 / vectors.len() as f64;
    let mut total = sums(vectors.iter().map(|v| (1.0, v.as_slice())));
    total.iter_mut().for_each(|t| *t *= weight);
    total.into_iter().map(|t| t as f32).collect()
}

/// The sum of vectors of one length, each times its weight; empty for none.
pub fn sum<'a>(terms: impl IntoIterator<Item = (f64, &'a [f32])>) -> Vec<f32> {
    sums(terms).into_iter().map(|t| t as f32).collect()
}

fn sums<'a>(terms: impl IntoIterator<Item = (f64, &'a [f32])>) -> Vec<f64> {
    let mut total: Vec<f64> = Vec::new();
    for (weight, vector) in terms {
        total.resize(vector.len(), 0.0);
        for (t, &v) in total.iter_mut().zip(vector) {
            *t += weight * f64::from(v);
        }
    }
    total
}

/// The straight way: `a` at 0, `b` at 1.
pub fn linear(a: &[f32], b: &[f32], t: f64) -> Vec<f32> {
    sum([(1.0 - t, a), (t, b)])
}

/// The way along a great circle: the direction turns evenly from that of `a` to that of `b` (Shoemake 1985), the length
/// goes evenly from one to the other. In many dimensions z drawn at random all have much the same length, and the
/// straight way between two passes through z too short to be drawn. Where there is no one great circle (a zero vector,
/// or directions the same or opposite) the way is straight.
pub fn spherical(a: &[f32], b: &[f32], t: f64) -> Vec<f32> {
    let dot = |u: &[f32], v: &[f32]| -> f64 {
        let products = u.iter().zip(v).map(|(&u, &v)| f64::from(u) * f64::from(v));
        products.sum()
    };
    let (long_a, long_b) = (dot(a, a).sqrt(), dot(b, b).sqrt());
    let cosine = dot(a, b) / (long_a * long_b);
    let angle = cosine.clamp(-1.0, 1.0).acos();
    let sine = angle.sin();
    if !(sine > 1e-6) || t == 0.0 || t == 1.0 {
        return linear(a, b, t);
    }
    let length = (1.0 - t) * long_a + t * long_b;
    let from = length * ((1.0 - t) * angle).sin() / (sine * long_a);
    let to = length * (t * angle).sin() / (sine * long_b);
    sum([(from, a), (to, b)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn norm(v: &[f32]) -> f64 {
        v.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
    }

    fn pairs() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
        (1usize..40).prop_flat_map(|n| {
            let one = || prop::collection::vec(-3f32..3.0, n);
            (one(), one())
        })
    }

    proptest! {
        #[test]
        fn both_ways_begin_and_end_at_their_ends((a, b) in pairs()) {
            for way in [linear, spherical] {
                prop_assert_eq!(&way(&a, &b, 0.0), &a);
                prop_assert_eq!(&way(&a, &b, 1.0), &b);
            }
        }

        #[test]
        fn the_length_on_the_sphere_goes_evenly((a, b) in pairs(), t in 0.0..1.0f64) {
            let (x, y) = (norm(&a), norm(&b));
            let cosine = a.iter().zip(&b).map(|(&u, &v)| f64::from(u) * f64::from(v)).sum::<f64>() / (x * y);
            prop_assume!(cosine.abs() < 0.999);
            let found = norm(&spherical(&a, &b, t));
            prop_assert!((found - ((1.0 - t) * x + t * y)).abs() < 1e-5 * (x + y));
        }

        #[test]
        fn a_mean_is_the_even_sum((a, b) in pairs()) {
            prop_assert_eq!(mean(&[a.clone(), b.clone()]), sum([(0.5, a.as_slice()), (0.5, b.as_slice())]));
            prop_assert_eq!(mean(&[a.clone(), a.clone(), a.clone()]), a);
        }
    }

    #[test]
    fn where_there_is_no_great_circle_the_way_is_straight() {
        let (a, zero, back) = (vec![1f32, 2.0], vec![0f32, 0.0], vec![-1f32, -2.0]);
        for b in [&a, &zero, &back] {
            assert_eq!(spherical(&a, b, 0.25), linear(&a, b, 0.25));
        }
        let quarter = spherical(&[1.0, 0.0], &[0.0, 1.0], 0.5);
        assert!((f64::from(quarter[0]) - 0.5f64.sqrt()).abs() < 1e-7);
        assert!((f64::from(quarter[1]) - 0.5f64.sqrt()).abs() < 1e-7);
    }
}
