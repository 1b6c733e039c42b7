use super::norm::{Norm, up};
use crate::scalar::Interval;
use crate::scalar::interval::error_free::{SAFE_PRODUCT, two_product, two_sum};

/// A real number as the unevaluated sum of two doubles: some 32 digits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    /// Adds `leading + rest`, where `leading = a b`; returns what may have been lost.
    fn add(&mut self, (a, b): (f64, f64), rest: f64) -> f64 {
        let (product, product_error) = two_product(a, b);
        let underflow = if product.abs() < SAFE_PRODUCT { f64::MIN_POSITIVE } else { 0.0 };
        let (high, first) = two_sum(self.high, product);
        let (high, second) = two_sum(high, rest);
        let size = self.low.abs() + first.abs() + second.abs() + product_error.abs();
        let low = self.low + (first + second + product_error);
        (self.high, self.low) = two_sum(high, low);
        up(4.0 * f64::EPSILON * size + underflow)
    }
}

/// One coefficient of the path: `w = reference exp(-q I)`, with `I` the integral of the polynomial that stands for its bracket, since
/// the reference was taken.
///
/// The integral is a single real number; start and variance may be intervals, and then this is a family of paths, one for each
/// value of them.
#[derive(Clone, Debug)]
struct Strand {
    reference: Interval,
    /// The reference relative to the start.
    grown: Interval,
    /// The reference is 1.
    from_one: bool,
    integral: Sum,
    /// What it costs to stay, in the norm, since the reference was taken.
    debt: f64,
}

/// A point of the path that an enclosure is centred on.
#[derive(Clone, Debug)]
pub(super) struct Path {
    variance: Vec<Interval>,
    start: Vec<Interval>,
    centre: Vec<f64>,
    strands: Vec<Strand>,
    /// `w_j`, for every value of the parameters.
    coefficient: Vec<Interval>,
    /// `w_j` relative to its start.
    growth: Vec<Interval>,
    /// `e_0`, once the signal's reference is 1.
    excess: Interval,
}

/// Relative spread of a coefficient from which on a new reference may pay: below it is the rounding of the doubles.
const SPREAD: f64 = 64.0 * f64::EPSILON;

impl Path {
    pub(super) fn new(variance: &[Interval], start: &[Interval]) -> Self {
        let strand = |w: &Interval| Strand {
            reference: *w,
            grown: Interval::ONE,
            from_one: false,
            integral: Sum::default(),
            debt: 0.0,
        };
        Self {
            variance: variance.to_vec(),
            start: start.to_vec(),
            centre: variance.iter().map(|q| q.midpoint()).collect(),
            strands: start.iter().map(strand).collect(),
            coefficient: start.to_vec(),
            growth: vec![Interval::ONE; start.len()],
            excess: Interval::ZERO,
        }
    }

    #[inline]
    pub(super) fn groups(&self) -> usize {
        self.variance.len()
    }

    /// `q_j`, all that it may be.
    #[inline]
    pub(super) fn variance(&self, j: usize) -> Interval {
        self.variance[j]
    }

    #[inline]
    pub(super) fn coefficient(&self, j: usize) -> Interval {
        self.coefficient[j]
    }

    #[inline]
    pub(super) fn growth(&self, j: usize) -> Interval {
        self.growth[j]
    }

    /// Whether the signal's reference is 1, so that its excess has a relative accuracy of its own.
    #[inline]
    pub(super) fn is_from_one(&self) -> bool {
        self.strands[0].from_one
    }

    /// `e_0`, from the reference 1.
    #[inline]
    pub(super) fn excess(&self) -> Interval {
        self.excess
    }

    /// Adds to the integral of strand j two leading products and a rest; returns what rounding may have lost.
    pub(super) fn advance(&mut self, j: usize, leading: [(f64, f64); 2], rest: f64) -> f64 {
        let integral = &mut self.strands[j].integral;
        up(integral.add(leading[0], rest) + integral.add(leading[1], 0.0))
    }

    /// Evaluates every strand, and gives those a new reference to which it pays; returns what that moved the path by, in the norm.
    ///
    /// A reference that depends on the parameters lets the path follow them exactly while a coefficient grows freely; once it
    /// saturates it forgets them, the path does not, and the difference is a defect for as long as it lasts. Taking one number
    /// for all of them moves the path once. It is done when staying has cost as much, or for a signal near 1 at once.
    pub(super) fn settle(&mut self, norm: &Norm) -> f64 {
        let mut moved = 0.0;
        for j in 0..self.strands.len() {
            self.evaluate(j);
            let w = self.coefficient[j];
            let near_one = j == 0 && !self.strands[0].from_one && w.lower() > 0.75 && w.upper() < 1.25;
            // log(w) is within this of the logarithm of the midpoint.
            let spread = up(w.radius() / w.lower());
            if near_one {
                moved += self.refer_signal_to_one(norm);
            } else if self.strands[j].debt > 0.0 && spread > SPREAD && !self.strands[j].from_one {
                let jump = norm.of_single(j, spread / self.variance[j].lower());
                if self.strands[j].debt > jump {
                    self.refer(j);
                    moved += jump;
                }
            }
        }
        up(moved)
    }

    /// Takes note of what the spread of coefficient j, `eps` in its square, costs over a step.
    #[inline]
    pub(super) fn charge(&mut self, j: usize, cost: f64) {
        self.strands[j].debt += cost;
    }

    fn refer(&mut self, j: usize) {
        let middle = Interval::point(self.coefficient[j].midpoint());
        self.strands[j] = Strand { reference: middle, grown: middle / self.start[j], ..self.fresh(j) };
        self.evaluate(j);
    }

    fn fresh(&self, j: usize) -> Strand {
        Strand { integral: Sum::default(), debt: 0.0, ..self.strands[j].clone() }
    }

    /// `w_0 = exp(-q_0 I)` with I one number for all values of the parameters.
    fn refer_signal_to_one(&mut self, norm: &Norm) -> f64 {
        let integral = -(self.coefficient[0].ln() / self.variance[0]);
        let middle = integral.midpoint();
        self.strands[0] = Strand {
            reference: Interval::ONE,
            grown: Interval::ONE / self.start[0],
            from_one: true,
            integral: Sum { high: middle, low: 0.0 },
            ..self.fresh(0)
        };
        self.evaluate(0);
        norm.of_single(0, (integral - Interval::point(middle)).magnitude())
    }

    fn evaluate(&mut self, j: usize) {
        let strand = &self.strands[j];
        let (high, low) = self.exponent(j);
        // exp(-high) may overflow where reference exp(-high) does not.
        let factor = if high.abs() > 600.0 {
            let half = Interval::point(-0.5 * high).exp();
            (strand.reference * half * half, strand.grown * half * half)
        } else {
            let whole = Interval::point(-high).exp();
            (strand.reference * whole, strand.grown * whole)
        };
        let correction = Interval::ONE + exp_m1(-low);
        self.coefficient[j] = factor.0 * correction;
        self.growth[j] = factor.1 * correction;
        if strand.from_one {
            let leading = Interval::point(-2.0 * high).exp_m1();
            self.excess = leading + (Interval::ONE + leading) * exp_m1(-low.scale(2.0));
        }
    }

    /// `q I` as a double and an enclosure of the small rest.
    fn exponent(&self, j: usize) -> (f64, Interval) {
        let Sum { high, low } = self.strands[j].integral;
        let (q, point) = (self.centre[j], Interval::point);
        let (product, lost) = product(q, high);
        let mut rest = lost + point(q) * point(low);
        if !self.variance[j].is_point() {
            rest += (self.variance[j] - point(q)) * (point(high) + point(low));
        }
        (product, rest)
    }
}

/// `a b` rounded, and an enclosure of what rounding lost.
fn product(a: f64, b: f64) -> (f64, Interval) {
    let (p, e) = two_product(a, b);
    if p.abs() >= SAFE_PRODUCT || a == 0.0 || b == 0.0 {
        (p, Interval::point(e))
    } else {
        (p, Interval::ZERO.inflate(f64::MIN_POSITIVE))
    }
}

/// `exp(z) - 1`; for small z (rounding errors, mostly) by `z + z^2/2 exp(y)`, y between 0 and z.
pub(super) fn exp_m1(z: Interval) -> Interval {
    if z.magnitude() < 1e-3 {
        let half = Interval::new(0.499, 0.501).expect("in order");
        z + z.square() * half
    } else {
        z.exp_m1()
    }
}
