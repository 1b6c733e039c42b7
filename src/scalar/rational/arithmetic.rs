//! The four operations; division by zero is undefined.

use super::Rational;
use dashu_ratio::RBig;
use std::ops::{Add, Div, Mul, Neg, Sub};

impl Neg for Rational {
    type Output = Self;

    fn neg(self) -> Self {
        Self { value: self.value.map(|x| -x) }
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $result:expr) => {
        impl<'a> $trait<&'a Rational> for Rational {
            type Output = Self;

            fn $method(self, other: &'a Self) -> Self {
                let result: fn(RBig, &RBig) -> Option<RBig> = $result;
                Self { value: self.value.zip(other.value.as_ref()).and_then(|(x, y)| result(x, y)) }
            }
        }

        impl $trait for Rational {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                self.$method(&other)
            }
        }
    };
}

operator!(Add, add, |x, y| Some(x + y));
operator!(Sub, sub, |x, y| Some(x - y));
operator!(Mul, mul, |x, y| Some(x * y));
operator!(Div, div, |x, y| (!y.is_zero()).then(|| x / y));
