//! Averages over samples.
//!
//! The products of four and eight Gaussians in loss and gradient have heavy tails, so no normal approximation is used. The
//! samples fall into K = 31 blocks of B; a block's mean is more than `4 sigma/sqrt(B)` above the expectation with probability
//! at most 1/17 (Cantelli), sigma being known exactly from eighth moments. The median of the block means is that far above
//! only if 16 blocks are: probability at most `C(31, 16) 17^-16 < 6.2e-12`; below likewise. Over the seven quantities tested
//! the false alarm is below `14 * 6.2e-12 < 1e-10`, within the 1e-9 allowed.

use crate::instance::{Instance, double};
use crate::moments::{squared_sample_gradient, squared_sample_loss};
use nalgebra::DVector;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

const BLOCKS: usize = 31;
const BLOCK: usize = 20_000;
const MODEL: u64 = 11;
const SEED: u64 = 20_260_101;

/// Medians over the blocks of the means of loss and gradient entries.
fn medians(model: &Instance) -> Vec<f64> {
    let (b, w, signal) =
        (model.factor.map(|x| double(&x)), model.weights.map(|x| double(&x)), model.signal.map(|x| double(&x)));
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut means = vec![Vec::with_capacity(BLOCKS); 1 + w.len()];
    for _ in 0..BLOCKS {
        let mut sums = vec![0.0; 1 + w.len()];
        for _ in 0..BLOCK {
            let z = DVector::from_fn(b.ncols(), |_, _| StandardNormal.sample(&mut rng));
            let x = &b * z;
            let hidden = w.transpose() * &x;
            let residual = hidden.norm_squared() - signal.dot(&x).powi(2);
            sums[0] += residual * residual / 4.0;
            for (sum, outer) in sums[1..].iter_mut().zip((&x * hidden.transpose()).iter()) {
                *sum += residual * outer;
            }
        }
        for (mean, sum) in means.iter_mut().zip(sums) {
            mean.push(sum / BLOCK as f64);
        }
    }
    means
        .into_iter()
        .map(|mut block| {
            block.sort_by(f64::total_cmp);
            block[BLOCKS / 2]
        })
        .collect()
}

#[test]
fn means_over_samples_lie_in_the_band_around_risk_and_gradient() {
    let model = Instance::random(MODEL, 3, 2);
    let gradient = model.gradient(2);
    let mut expected = vec![double(&model.risk())];
    let mut second = vec![double(&squared_sample_loss(&model))];
    let mut wrong = vec![f64::NAN];
    for r in 0..2 {
        for i in 0..3 {
            expected.push(double(&gradient[(i, r)]));
            second.push(double(&squared_sample_gradient(&model, i, r)));
            wrong.push(double(&model.gradient(1)[(i, r)]));
        }
    }
    let mut noticed = false;
    for (k, median) in medians(&model).into_iter().enumerate() {
        let band = 4.0 * ((second[k] - expected[k].powi(2)) / BLOCK as f64).sqrt();
        let off = (median - expected[k]).abs();
        assert!(off <= band, "quantity {k}, seed {SEED}: {median} against {} +- {band}", expected[k]);
        noticed |= (median - wrong[k]).abs() > band;
    }
    assert!(noticed, "the band is so wide that QDQ in place of 2 QDQ would pass");
}
