//! Numbers of several cells side by side: one operation of all of them is one vector instruction.

use super::Scalar;
use pulp::{Simd, bytemuck};
use std::fmt::{Debug, Formatter, Result};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The same number in as many cells as a vector register holds, `S::F64_LANES`, which go in lockstep.
///
/// Every operation is that of `f64`, lane by lane, in the same order on every machine: no bit of a lane depends on the others, nor on how
/// many there are. Code that uses it must be inlined into the function that has the instructions, `S` says which.
#[derive(Clone, Copy)]
pub struct Lanes<S: Simd> {
    instructions: Instructions<S>,
    lanes: S::f64s,
}

/// The instructions that a number is computed with: its context.
#[derive(Clone, Copy, Debug)]
pub struct Instructions<S>(pub S);

/// There is one set of each kind.
impl<S> PartialEq for Instructions<S> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<S: Simd> Instructions<S> {
    /// The same number in all lanes.
    #[inline(always)]
    pub fn splat(self, x: f64) -> Lanes<S> {
        Lanes { instructions: self, lanes: self.0.splat_f64s(x) }
    }
}

impl<S: Simd> Lanes<S> {
    /// Number of lanes.
    pub const WIDTH: usize = S::F64_LANES;

    #[inline(always)]
    fn like(&self, lanes: S::f64s) -> Self {
        Self { lanes, ..*self }
    }

    /// The lanes one by one.
    #[inline(always)]
    pub fn each(&self) -> &[f64] {
        bytemuck::cast_slice(std::slice::from_ref(&self.lanes))
    }

    /// The lanes one by one, to be changed.
    #[inline(always)]
    pub fn each_mut(&mut self) -> &mut [f64] {
        bytemuck::cast_slice_mut(std::slice::from_mut(&mut self.lanes))
    }

    /// Absolute value.
    #[inline(always)]
    pub fn abs(self) -> Self {
        self.like(self.instructions.0.abs_f64s(self.lanes))
    }

    /// `yes` in the lanes where this number is above `bound`, `no` in the others.
    #[inline(always)]
    pub fn if_above(self, bound: Self, yes: Self, no: Self) -> Self {
        let simd = self.instructions.0;
        let above = simd.less_than_f64s(bound.lanes, self.lanes);
        self.like(simd.select_f64s(above, yes.lanes, no.lanes))
    }

    /// The larger of two numbers.
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        self.if_above(other, self, other)
    }

    /// The smaller of two numbers.
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        self.if_above(other, other, self)
    }

    /// Exponential to within one unit in the last place, for `|x| <= 700`; beyond, that of 700 or -700.
    ///
    /// `exp(x) = 2^k exp(r)` with `|r| <= (ln 2)/2`, where the Taylor polynomial of degree 13 leaves 4e-18. Of `ln 2` the high part has
    /// so many zeros behind it that its product with k is exact.
    #[inline(always)]
    pub fn exp(self) -> Self {
        const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
        const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
        let number = |x: f64| self.instructions.splat(x);
        let x = self.min(number(700.0)).max(number(-700.0));
        // adding this number leaves the nearest integer in the lowest bits
        let round = number((3_u64 << 51) as f64);
        let shifted = x * number(std::f64::consts::LOG2_E) + round;
        let k = shifted - round;
        let r = (x - k * number(LN_2_HIGH)) - k * number(LN_2_LOW);
        let square = r * r;
        let (mut even, mut odd) = (number(RECIPROCAL_FACTORIALS[12]), number(RECIPROCAL_FACTORIALS[13]));
        for i in (1..6).rev() {
            even = even * square + number(RECIPROCAL_FACTORIALS[2 * i]);
            odd = odd * square + number(RECIPROCAL_FACTORIALS[2 * i + 1]);
        }
        let mut scale = shifted;
        for s in scale.each_mut() {
            *s = f64::from_bits((s.to_bits() << 52).wrapping_add(1023 << 52));
        }
        (number(1.0) + (r + (odd * r + even) * square)) * scale
    }
}

/// `1/n!`
const RECIPROCAL_FACTORIALS: [f64; 14] = {
    let mut table = [1.0; 14];
    let mut factorial = 1.0;
    let mut n = 1;
    while n < 14 {
        factorial *= n as f64;
        table[n] = 1.0 / factorial;
        n += 1;
    }
    table
};

macro_rules! lane_by_lane {
    ($($trait:ident $method:ident $op:ident),*) => {$(
        impl<S: Simd> $trait for Lanes<S> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.like(self.instructions.0.$op(self.lanes, other.lanes))
            }
        }

        impl<S: Simd> $trait<&Self> for Lanes<S> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: &Self) -> Self {
                self.like(self.instructions.0.$op(self.lanes, other.lanes))
            }
        }
    )*};
}

lane_by_lane!(Add add add_f64s, Sub sub sub_f64s, Mul mul mul_f64s, Div div div_f64s);

impl<S: Simd> Neg for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        self.like(self.instructions.0.neg_f64s(self.lanes))
    }
}

impl<S: Simd> PartialEq for Lanes<S> {
    fn eq(&self, other: &Self) -> bool {
        self.each() == other.each()
    }
}

impl<S: Simd> Debug for Lanes<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_list().entries(self.each()).finish()
    }
}

impl<S: Simd> Scalar for Lanes<S> {
    type Context = Instructions<S>;

    #[inline(always)]
    fn context(&self) -> Instructions<S> {
        self.instructions
    }

    #[inline(always)]
    fn from_int(n: i64, context: &Instructions<S>) -> Self {
        context.splat(n as f64)
    }

    #[inline(always)]
    fn square(&self) -> Self {
        *self * self
    }

    #[inline(always)]
    fn add_prod(&mut self, a: &Self, b: &Self) {
        *self = *self + *a * b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, WithSimd};

    /// Exponentials, a lane at a time.
    struct Exponentials<'a>(&'a mut [f64]);

    impl WithSimd for Exponentials<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for numbers in self.0.chunks_exact_mut(Lanes::<S>::WIDTH) {
                let mut x = Instructions(simd).splat(0.0);
                x.each_mut().copy_from_slice(numbers);
                numbers.copy_from_slice(x.exp().each());
            }
        }
    }

    #[test]
    fn exponentials_are_within_one_unit_in_the_last_place_and_the_same_in_all_lanes() {
        let numbers: Vec<f64> = (0..80_000).map(|i| f64::from(i - 40_000) * 0.01753).collect();
        let (mut wide, mut narrow) = (numbers.clone(), numbers.clone());
        Arch::new().dispatch(Exponentials(&mut wide));
        Exponentials(&mut narrow).with_simd(pulp::Scalar::new());
        assert_eq!(wide, narrow);
        for (x, computed) in numbers.iter().zip(wide) {
            let exact = libm::exp(x.clamp(-700.0, 700.0));
            // libm's own error is below one unit
            assert!(computed.to_bits().abs_diff(exact.to_bits()) <= 1, "exp({x}) = {computed:e}, not {exact:e}");
        }
    }
}
