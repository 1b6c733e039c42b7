use super::defect::Defect;
use super::expansion::TERMS;
use super::flow::ValidatedFlow;
use super::norm::up;
use super::path::exp_m1;
use crate::risk::manifold;
use crate::scalar::Interval;

/// One step of a [`ValidatedFlow`], borrowed from it until the next. Times are absolute, and inside the step.
#[derive(Debug)]
pub struct ValidatedStep<'a> {
    flow: &'a ValidatedFlow,
}

impl<'a> ValidatedStep<'a> {
    pub(super) fn new(flow: &'a ValidatedFlow) -> Self {
        Self { flow }
    }

    /// Where it begins.
    pub fn start(&self) -> f64 {
        self.flow.time
    }

    /// Where it ends.
    pub fn end(&self) -> f64 {
        self.flow.time + self.flow.length
    }

    /// How far the solution may be from the path at `time`, in the norm of `derivations/validated.md`.
    pub fn distance_at(&self, time: Interval) -> f64 {
        up(self.flow.distance + self.local(time).upper() * self.flow.rate)
    }

    /// The coefficients at `time`, signal first.
    pub fn coefficients_at(&self, time: Interval) -> Vec<Interval> {
        (0..self.groups()).map(|j| self.coefficient_at(j, time)).collect()
    }

    /// Coefficient j at `time`.
    pub fn coefficient_at(&self, j: usize, time: Interval) -> Interval {
        let flow = self.flow;
        let q = flow.defect.upper_variance(j);
        let off = up(flow.norm.entry(j) * q * self.distance_at(time));
        flow.path.coefficient(j) * self.exponent(j, self.local(time)).exp() * factor(off)
    }

    /// `w_j/w_0` at `time`, relative to its value at the very start.
    pub fn ratio_at(&self, j: usize, time: Interval) -> Interval {
        let s = self.local(time);
        self.path_ratio(j, s) * self.ratio_doubt(j, s)
    }

    /// The brackets `h_j` at `time`, signal first.
    pub fn brackets_at(&self, time: Interval) -> Vec<Interval> {
        let spectrum = &self.flow.spectrum;
        let w = self.coefficients_at(time);
        let excess: Vec<Interval> = w.iter().enumerate().map(|(j, w)| manifold::excess(j, w)).collect();
        let tau = manifold::excess_energy(spectrum, &excess);
        (0..w.len()).map(|j| manifold::bracket(&spectrum.variance()[j], &excess[j], &tau)).collect()
    }

    /// `w_j/w_0` of the path at local time s, relative to the start.
    pub(super) fn path_ratio(&self, j: usize, s: Interval) -> Interval {
        let exponent = self.exponent(j, s) - self.exponent(0, s);
        self.flow.path.growth(j) / self.flow.path.growth(0) * exponent.exp()
    }

    /// The solution's ratio over the path's, up to local time s.
    pub(super) fn ratio_doubt(&self, j: usize, s: Interval) -> Interval {
        let flow = self.flow;
        let distance = up(flow.distance + s.upper() * flow.rate);
        factor(up(flow.norm.difference(j, self.variance(j), self.variance(0)) * distance))
    }

    pub(super) fn length(&self) -> f64 {
        self.flow.length
    }

    pub(super) fn groups(&self) -> usize {
        self.flow.path.groups()
    }

    /// `q_j`, all that it may be.
    pub(super) fn variance(&self, j: usize) -> Interval {
        self.flow.path.variance(j)
    }

    /// The polynomial of `2 E_j + T` in local time.
    pub(super) fn bracket(&self, j: usize) -> &[f64; TERMS] {
        self.flow.expansion.bracket(j)
    }

    /// How far `q_j (2 E_j + T)` may be from the middle of `q_j` times [`bracket`](Self::bracket), over the step.
    pub(super) fn rate_doubt(&self, j: usize) -> f64 {
        self.flow.defect.rate_doubt(j)
    }

    /// Time since the start of the step, inside it.
    pub(super) fn local(&self, time: Interval) -> Interval {
        let whole = Interval::new(0.0, self.flow.length).expect("a step has a positive length");
        (time - Interval::point(self.flow.time)).intersection(whole)
    }

    /// `-q_j int (2 E_j + T)` of the path over local time s.
    fn exponent(&self, j: usize, s: Interval) -> Interval {
        let (flow, q) = (self.flow, self.flow.path.variance(j));
        let excess = integral(flow.expansion.excess(j), flow.expansion.residue(j), flow.defect.excess_size(j), s);
        let energy = integral(flow.expansion.energy(), 0.0, flow.defect.energy_size(), s);
        -(q * (excess.scale(2.0) + energy))
    }
}

/// `exp([-off, off])`.
pub(super) fn factor(off: f64) -> Interval {
    Interval::ONE + exp_m1(Interval::ZERO.inflate(off))
}

/// `int_0^s p` for every s in an interval, `|p| <= size` there.
fn integral(polynomial: &[f64; TERMS], residue: f64, size: f64, s: Interval) -> Interval {
    let middle = s.midpoint();
    let (((a, b), rest), error) = Defect::integral(polynomial, residue, middle);
    let value = Interval::point(a) * Interval::point(b) + Interval::point(rest);
    let beside = (s - Interval::point(middle)).magnitude();
    value.inflate(up(error + size * beside))
}
