use crate::scalar::Real;

/// A way of going by a crossing, where the bracket `h` of a coefficient is zero: the parameter x in which `|h|` and `|h|^p` are both analytic.
///
/// With `p = k/b`, b small, it is the b-th root of `|h|`, relative to that at the start of the step, where x is 0: `|h| = size (1 - x)^b` towards the crossing,
/// which is at x = 1, `size (1 + x)^b` away from it, and from the crossing itself `size x^b`. For every other p it is the logarithm, `|h| = size e^(-x)` or
/// `size e^x`, of which the crossing is at infinity: it counts as reached where nothing moves any more.
#[derive(Clone, Debug)]
pub(super) struct Clock<T> {
    power: T,
    /// k and b
    root: Option<(i64, i64)>,
}

/// Where a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// To the crossing.
    Towards,
    /// Away, from the crossing itself.
    From,
    /// Away, from somewhere behind it.
    Away,
}

impl<T: Real> Clock<T> {
    /// By a root whose steps are fewer than those of the logarithm, if p is such a fraction as well as its digits tell.
    pub(super) fn new(power: &T) -> Self {
        let bits = i64::from(T::bits(&power.context()));
        let uncertain = T::epsilon(&power.context()).times(bits);
        let fraction = |b: i64| {
            let k = power.times(b).to_f64().round() as i64;
            let near = (power.times(b) - power.int(k)).abs() <= uncertain;
            (0 < k && k < b && near).then_some((k, b))
        };
        Self { power: power.clone(), root: (2..=bits / BITS_PER_ROOT).find_map(fraction) }
    }

    /// By the logarithm, whatever p is.
    #[cfg(all(test, feature = "mpfr"))]
    pub(super) fn logarithmic(power: &T) -> Self {
        Self { power: power.clone(), root: None }
    }

    /// The series of `|h|` and `|h|^p` on a step, up to `order`.
    pub(super) fn series(&self, course: Course, size: &T, order: usize) -> [Vec<T>; 2] {
        let one = size.int(1);
        match (self.root, course) {
            (Some((k, b)), Course::From) => [(b, size.clone()), (k, size.pow(&self.power))].map(|(at, size)| {
                let mut monomial = vec![size.int(0); order + 1];
                if let Some(term) = monomial.get_mut(at as usize) {
                    *term = size;
                }
                monomial
            }),
            _ => [(one, size.clone()), (self.power.clone(), size.pow(&self.power))].map(|(exponent, size)| {
                let mut terms = Vec::with_capacity(order + 1);
                let mut term = size;
                for i in 0..=order as i64 {
                    terms.push(term.clone());
                    // binom(m b, i + 1)/binom(m b, i), m the exponent; exactly zero where it is
                    let factor = match self.root {
                        Some((k, b)) => exponent.int(if exponent < exponent.int(1) { k - i } else { b - i }),
                        None => exponent.clone(),
                    };
                    let factor = if course == Course::Towards { -factor } else { factor };
                    term = (term * factor).over(i + 1);
                }
                terms
            }),
        }
    }

    /// `|h|` at x.
    pub(super) fn size_at(&self, course: Course, size: &T, x: &T) -> T {
        let one = size.int(1);
        let Some((_, b)) = self.root else {
            return size.clone() * &if course == Course::Towards { -x.clone() } else { x.clone() }.exp();
        };
        let root = match course {
            Course::Towards => one - x,
            Course::From => x.clone(),
            Course::Away => one + x,
        };
        if root > x.int(0) { size.clone() * root.pow(&x.int(b)) } else { x.int(0) }
    }

    /// The x of the crossing.
    pub(super) fn crossing(&self, course: Course, like: &T) -> Option<T> {
        (self.root.is_some() && course == Course::Towards).then(|| like.int(1))
    }

    /// Whether steps towards the crossing never reach it.
    pub(super) fn is_endless(&self, course: Course) -> bool {
        self.root.is_none() && course == Course::Towards
    }

    /// By how much `log |h|` changes up to x.
    pub(super) fn gain(&self, course: Course, x: &T) -> f64 {
        let x = x.to_f64();
        match (self.root, course) {
            (None, _) => x,
            (Some((_, b)), Course::Towards) if x < 1.0 => -(b as f64) * libm::log1p(-x),
            (Some((_, b)), Course::Away) => b as f64 * libm::log1p(x),
            _ => f64::INFINITY,
        }
    }

    /// The x at which `log |h|` has changed by `gain`.
    pub(super) fn of_gain(&self, gain: f64, like: &T) -> T {
        let x = self.root.map_or(gain, |(_, b)| -libm::expm1(-gain / b as f64));
        T::from_f64(x, &like.context())
    }

    /// How far a step reaches from x on that reached to `reach` from the start of this one: in the root, as far again.
    pub(super) fn reach_from(&self, course: Course, x: &T, reach: T) -> T {
        match (self.root, course) {
            (None, _) => reach,
            (Some(_), Course::Towards) if *x < x.int(1) => reach / (x.int(1) - x),
            // the unit of the step from the crossing is the size before it
            (Some(_), Course::Towards) => reach,
            (Some(_), Course::From) => reach / x,
            (Some(_), Course::Away) => reach / (x.int(1) + x),
        }
    }

    /// How far the series of `|h|` itself, cut off behind `order`, is more than an estimate: the term behind is `(e/4)^order` of the first. (In the root it is a polynomial.)
    pub(super) fn longest(&self, order: usize) -> f64 {
        if self.root.is_some() { f64::INFINITY } else { order as f64 / 4.0 }
    }

    /// Terms of a series from the crossing of which some may be zero: exponents are sums of b and k.
    pub(super) fn gap(&self, course: Course) -> usize {
        match (self.root, course) {
            (Some((_, b)), Course::From) => b as usize,
            _ => 2,
        }
    }
}

/// A series has a third of a term a bit, and that from the crossing must have a few in `|h|`, which is `x^b`.
const BITS_PER_ROOT: i64 = 8;
