use pulp::Simd;
use std::fmt::{Debug, Display};

/// A number that products are made of: `f64`, or `f32` at twice the speed.
pub trait Element: Copy + Debug + Display + Default + PartialOrd + Send + Sync + 'static {
    /// [`Element::WIDTH`] neighbouring entries of a row.
    type Panel: Copy + Debug + PartialEq + Send + Sync + AsRef<[Self]> + AsMut<[Self]>;

    /// A vector of the machine.
    type Vector<S: Simd>: Copy;

    /// Entries of a panel's row: three vectors of 512 bits, six of 256.
    const WIDTH: usize;

    /// A panel's row of zeros.
    const ZEROS: Self::Panel;

    /// Relative spacing of the numbers near 1.
    const EPSILON: f64;

    /// The nearest number of this kind.
    fn from_f64(x: f64) -> Self;

    /// The same number in double precision.
    fn to_f64(self) -> f64;

    /// `self + other`.
    fn plus(self, other: Self) -> Self;

    /// `self * other`.
    fn times(self, other: Self) -> Self;

    /// Sets every lane to `x`.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S>;

    /// `a * b + c` lane by lane, rounded once.
    fn vector_mul_add<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>) -> Self::Vector<S>;

    /// Numbers, row after row of a panel.
    fn rows(numbers: &[Self]) -> &[Self::Panel];

    /// Numbers, row after row of a panel, to be changed.
    fn rows_mut(numbers: &mut [Self]) -> &mut [Self::Panel];

    /// The vectors that a panel's row consists of.
    fn vectors<S: Simd>(row: &[Self]) -> &[Self::Vector<S>];

    /// The vectors that a panel's row consists of, to be changed.
    fn vectors_mut<S: Simd>(row: &mut [Self]) -> &mut [Self::Vector<S>];
}

macro_rules! element {
    ($float:ty, $width:literal, $vector:ident, $splat:ident, $mul_add:ident, $as_simd:ident, $as_mut_simd:ident) => {
        impl Element for $float {
            type Panel = [$float; $width];
            type Vector<S: Simd> = S::$vector;
            const WIDTH: usize = $width;
            const ZEROS: Self::Panel = [0.0; $width];
            const EPSILON: f64 = <$float>::EPSILON as f64;

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $float
            }

            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self + other
            }

            #[inline(always)]
            fn times(self, other: Self) -> Self {
                self * other
            }

            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S> {
                simd.$splat(x)
            }

            #[inline(always)]
            fn vector_mul_add<S: Simd>(
                simd: S,
                a: Self::Vector<S>,
                b: Self::Vector<S>,
                c: Self::Vector<S>,
            ) -> Self::Vector<S> {
                simd.$mul_add(a, b, c)
            }

            #[inline(always)]
            fn rows(numbers: &[Self]) -> &[Self::Panel] {
                numbers.as_chunks().0
            }

            #[inline(always)]
            fn rows_mut(numbers: &mut [Self]) -> &mut [Self::Panel] {
                numbers.as_chunks_mut().0
            }

            #[inline(always)]
            fn vectors<S: Simd>(row: &[Self]) -> &[Self::Vector<S>] {
                S::$as_simd(row).0
            }

            #[inline(always)]
            fn vectors_mut<S: Simd>(row: &mut [Self]) -> &mut [Self::Vector<S>] {
                S::$as_mut_simd(row).0
            }
        }
    };
}

element!(f64, 24, f64s, splat_f64s, mul_add_f64s, as_simd_f64s, as_mut_simd_f64s);
element!(f32, 48, f32s, splat_f32s, mul_add_f32s, as_simd_f32s, as_mut_simd_f32s);
