//! What it costs that every formula exists once, generic over the number system: nothing, on doubles.
//!
//! `cargo bench --bench one_formula`. Each formula of the library on `f64` beside a copy of it written by hand for three doubles, in turn; the
//! bits must be the same, and the ratio of the fastest rounds is printed (1.00: nothing lost).

use specdyn::observe::alignment;
use specdyn::risk::manifold::{excess, gradients, population_risk};
use specdyn::spectrum::Spectrum;
use std::hint::black_box;
use std::time::{Duration, Instant};

const STEP_SIZE: f64 = 1e-4;
const STEPS: usize = 2000;
const ROUNDS: usize = 400;

type Weights = [f64; 3];

/// Variances, multiplicities, and their products.
struct ByHand {
    q: Weights,
    n: Weights,
    nq: Weights,
}

impl ByHand {
    fn excess(w: &Weights) -> Weights {
        [(w[0] - 1.0) * (w[0] + 1.0), w[1] * w[1], w[2] * w[2]]
    }

    fn energy(&self, e: &Weights) -> f64 {
        (self.nq[0] * e[0] + self.nq[2] * e[2]) + self.nq[1] * e[1]
    }

    #[inline]
    fn step(&self, w: &mut Weights) {
        let e = Self::excess(w);
        let tau = self.energy(&e);
        for j in 0..3 {
            let qe = self.q[j] * e[j];
            w[j] -= STEP_SIZE * (self.q[j] * (qe + qe + tau) * w[j]);
        }
    }

    fn risk(&self, w: &Weights) -> f64 {
        let e = Self::excess(w);
        let tau = self.energy(&e);
        let mut twice = tau * tau / 2.0;
        for j in 0..3 {
            let qe = self.q[j] * e[j];
            twice += self.n[j] * (qe * qe);
        }
        twice / 2.0
    }

    fn alignment(&self, w: &Weights) -> f64 {
        let largest = w[0].abs().max(w[1].abs()).max(w[2].abs());
        let square = |x: f64| (x / largest) * (x / largest);
        let mut energy = square(w[0]);
        for j in 1..3 {
            energy += self.n[j] * square(w[j]);
        }
        square(w[0]) / energy
    }
}

#[inline]
fn step(spectrum: &Spectrum, w: &mut Weights) {
    let mut g = *w;
    gradients(spectrum.variance(), spectrum.energy_weight(), &*w, &mut g);
    for j in 0..3 {
        w[j] -= STEP_SIZE * g[j];
    }
}

/// The last weights after [`STEPS`] steps.
fn steps(mut step: impl FnMut(&mut Weights)) -> f64 {
    let mut w = black_box([1e-2; 3]);
    for _ in 0..STEPS {
        step(&mut w);
    }
    w[0] + w[1] + w[2]
}

/// The sum of a value over [`STEPS`] weights.
fn values(mut value: impl FnMut(&Weights) -> f64) -> f64 {
    let w = |i: usize| [0.5 + i as f64 * 1e-5, 0.3 - i as f64 * 1e-5, 0.01];
    (0..STEPS).map(|i| value(&black_box(w(i)))).sum()
}

fn compare(name: &str, generic: impl Fn() -> f64, by_hand: impl Fn() -> f64) {
    assert_eq!(generic().to_bits(), by_hand().to_bits(), "{name}: not the same operations");
    let time = |run: &dyn Fn() -> f64, least: Duration| {
        let now = Instant::now();
        black_box(run());
        least.min(now.elapsed())
    };
    let (mut one, mut other) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        one = time(&generic, one);
        other = time(&by_hand, other);
    }
    let each = |time: Duration| 1e9 * time.as_secs_f64() / STEPS as f64;
    println!(
        "{name}: {:.2} ns from the one formula, {:.2} ns by hand, ratio {:.2}",
        each(one),
        each(other),
        one.as_secs_f64() / other.as_secs_f64()
    );
}

fn main() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let copy = |x: &[f64]| <Weights>::try_from(x).unwrap();
    let hand =
        ByHand { q: copy(spectrum.variance()), n: copy(spectrum.multiplicity()), nq: copy(spectrum.energy_weight()) };
    compare("step of the recursion", || steps(|w| step(&spectrum, w)), || steps(|w| hand.step(w)));
    let risk = |w: &Weights| {
        let e: Weights = std::array::from_fn(|j| excess(j, &w[j]));
        population_risk(&spectrum, &e)
    };
    compare("risk", || values(risk), || values(|w| hand.risk(w)));
    compare("alignment", || values(|w| alignment(&spectrum, w).unwrap()), || values(|w| hand.alignment(w)));
}
