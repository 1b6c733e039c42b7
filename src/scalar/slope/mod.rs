//! Mean value form: a formula over a box, enclosed by its value at the middle and its slopes.
//!
//! Plain intervals take every occurrence of a variable for a variable of its own: `x - x` over `[0, 1]` is `[-1, 1]`. A [`Slope`] knows more
//! of a function f over a box X with middle c: its range, its value at c, and numbers `s_i` (functions of x, enclosed) with
//!
//! ```text
//! f(x) = f(c) + sum_i s_i (x_i - c_i)    for every x in X at which f is defined,
//! ```
//!
//! so that [`Slope::enclosure`] is as tight as first order is, and never wider than plain intervals. Every operation has its rule
//! (Krawczyk and Neumaier): with `f(x) - f(c) = s (x - c)`, `g(x) - g(c) = r (x - c)`,
//!
//! ```text
//! f g:      s g(x) + f(c) r                  f / g:     (s - f(c)/g(c) r) / g(x)
//! f^2:      s (f(x) + f(c))                  sqrt f:    s / (sqrt f(x) + sqrt f(c))
//! exp, ln:  s times the derivative somewhere between f(c) and f(x)
//! ```
//!
//! It is a [`Scalar`](crate::scalar::Scalar), so the formulas that exist once for all numbers are put in this form by being given it:
//!
//! ```
//! use specdyn::{observe::risk, scalar::{Interval, mean_value}, spectrum::Spectrum};
//! let spectrum = Spectrum::spiked(Interval::point(20.0), 100)?;
//! let w: Vec<Interval> = ["[0.3, 0.301]", "[0.1, 0.101]", "[0.03, 0.0301]"].iter().map(|w| w.parse()).collect::<Result<_, _>>()?;
//! let plain = risk(&spectrum, &w);
//! let tight = mean_value(&w, |w| risk(&spectrum.map(|q| (*q).into()), w));
//! assert!(tight.is_subset(plain) && tight.width() < 0.5 * plain.width());
//! # Ok::<(), specdyn::scalar::DomainError>(())
//! ```

mod arithmetic;
mod real;

use super::Interval;
use std::fmt::{self, Display, Formatter};

/// A function of the variables of a box; see the [module](self).
#[derive(Clone, Debug)]
pub struct Slope {
    /// All values over the box.
    range: Interval,
    /// The value at the middle; empty where the function is not defined there, and then the range is all that is known.
    middle: Interval,
    /// `s_i`, as many as there are variables up to the last that occurs.
    slopes: Vec<Interval>,
}

impl Slope {
    /// The variable `index` of `box_`.
    ///
    /// # Panics
    /// Without such a variable.
    pub fn variable(box_: &[Interval], index: usize) -> Self {
        let mut slopes = vec![Interval::ZERO; index + 1];
        slopes[index] = Interval::ONE;
        Self { range: box_[index], middle: middle(box_[index]), slopes }
    }

    /// All values over the box, by plain intervals.
    pub fn range(&self) -> Interval {
        self.range
    }

    /// All values over `box_`, from which the variables were taken: what the range and the mean value form have in common.
    pub fn enclosure(&self, box_: &[Interval]) -> Interval {
        let mut form = self.middle;
        for (slope, x) in self.slopes.iter().zip(box_) {
            if slope.is_empty() {
                return self.range;
            }
            form += *slope * (*x - middle(*x));
        }
        if form.is_empty() { self.range } else { self.range.intersection(form) }
    }

    /// `s_i`, 0 for a variable that does not occur.
    fn slope(&self, i: usize) -> Interval {
        self.slopes.get(i).copied().unwrap_or(Interval::ZERO)
    }
}

/// The middle of a variable's range: a number in it.
fn middle(x: Interval) -> Interval {
    if x.is_empty() { x } else { Interval::point(x.midpoint()) }
}

/// What `f` can be over `box_`, in mean value form.
pub fn mean_value(box_: &[Interval], f: impl FnOnce(&[Slope]) -> Slope) -> Interval {
    let variables: Vec<Slope> = (0..box_.len()).map(|i| Slope::variable(box_, i)).collect();
    f(&variables).enclosure(box_)
}

/// A constant: some number of the interval, the same one all over the box.
impl From<Interval> for Slope {
    fn from(x: Interval) -> Self {
        Self { range: x, middle: x, slopes: Vec::new() }
    }
}

impl Display for Slope {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.range.fmt(f)
    }
}
