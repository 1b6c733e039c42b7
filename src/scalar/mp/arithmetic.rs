//! The operators: in place on the left operand, which lends its precision.

use super::Mp;
use std::ops::{Add, Div, Mul, Neg, Sub};

impl Neg for Mp {
    type Output = Self;

    #[inline]
    fn neg(self) -> Self {
        Self { value: -self.value }
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $symbol:tt) => {
        impl $trait for Mp {
            type Output = Self;

            #[inline]
            fn $method(mut self, other: Self) -> Self {
                self.value $symbol &other.value;
                self
            }
        }

        impl<'a> $trait<&'a Mp> for Mp {
            type Output = Self;

            #[inline]
            fn $method(mut self, other: &'a Self) -> Self {
                self.value $symbol &other.value;
                self
            }
        }
    };
}

operator!(Add, add, +=);
operator!(Sub, sub, -=);
operator!(Mul, mul, *=);
operator!(Div, div, /=);
