//! Run-time choice of vector instructions for loops that the compiler vectorises by itself.
//!
//! The default build targets any x86-64; [`vectorised!`] compiles the function it is given three times (AVX-512, AVX2,
//! portable) and picks by what the processor has. No loop uses fused multiply-add implicitly and no sum crosses
//! lanes, so all three give the same bits.

/// Vector instructions of this processor, in order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

/// What this processor has; the standard library remembers the answer.
#[inline]
pub fn level() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512vl")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512dq")
        {
            return Level::Avx512;
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            return Level::Avx2;
        }
    }
    Level::Portable
}

/// Define a function whose body is compiled for each [`Level`] and chosen at the call.
///
/// A macro, since only `inline(always)` makes sure that the body lands inside the functions that enable the instructions; a closure
/// called from three places is left outside them, which cost batch norm's backward pass half of its speed.
macro_rules! vectorised {
    ($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn portable($($arg: $ty),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
            #[allow(clippy::too_many_arguments)]
            fn avx512($($arg: $ty),*) $(-> $ret)? { portable($($arg),*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            #[allow(clippy::too_many_arguments)]
            fn avx2($($arg: $ty),*) $(-> $ret)? { portable($($arg),*) }
            match $crate::nn::cpu::simd::level() {
                // SAFETY: `level` detected every feature that the function enables.
                #[cfg(target_arch = "x86_64")]
                $crate::nn::cpu::simd::Level::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::nn::cpu::simd::Level::Avx2 => unsafe { avx2($($arg),*) },
                $crate::nn::cpu::simd::Level::Portable => portable($($arg),*),
            }
        }
    };
}
pub(crate) use vectorised;

/// `e^x` to about 2 units in the last place for `x` in [-87, 88], clamped outside; vectorises.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // x = k ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts keeps r exact to the last bit.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5 * 2^23 rounds to the nearest integer in the low mantissa bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let k = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    // Taylor to degree 7: the remainder is below 6e-9 at |r| = 0.347.
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    p * f32::from_bits((((k as i32) + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_double_precision() {
        let mut worst = 0f64;
        for i in -8600..8700 {
            let x = i as f32 * 0.01 + 0.0013;
            let want = (x as f64).exp();
            worst = worst.max(((exp(x) as f64 - want) / want).abs());
        }
        assert!(worst < 4e-7, "worst relative error {worst:e}");
    }
}
