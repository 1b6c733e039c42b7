//! Any width, any start, any signal: what a [`Setting`] computes in its smallest form is what the full d x m matrix does.

use crate::bound::{Bound, TELLING, well_conditioned};
use crate::methods;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, Plan, Row, Setting, Signal, run};
use specdyn::risk::{BlockRisk, DenseRisk, Landscape};
use specdyn::scalar::Stream;
use specdyn::spectrum::{CovarianceMatrix, Group};
use specdyn::trajectory::{MatrixFlow, Recursion, Stop};
use specdyn::weights::{BlockWeights, Start, overlap};

/// A setting written out: variances, signal and start in full, and the directions of each column after the signal's.
struct Full {
    risk: DenseRisk,
    start: DMatrix<f64>,
    columns: Vec<Vec<DVector<f64>>>,
}

/// The eigenspaces in the order in which a setting draws: isotropic then spike, groups as listed, or signal first.
fn full(setting: &Setting) -> Full {
    let d = setting.covariance.dimension() as usize;
    let aligned = setting.signal == Signal::Eigenvector;
    let groups: Vec<Group> = if aligned {
        let spectrum = setting.spectrum().unwrap();
        let pairs = spectrum.variance().iter().zip(spectrum.multiplicity());
        pairs.map(|(q, n)| Group { variance: *q, multiplicity: *n as u64 }).collect()
    } else {
        setting.covariance.groups().unwrap()
    };
    let variances: Vec<f64> =
        groups.iter().flat_map(|g| std::iter::repeat_n(g.variance, g.multiplicity as usize)).collect();
    let mut signal = DVector::zeros(d);
    match setting.signal {
        Signal::Eigenvector => signal[0] = 1.0,
        Signal::Overlap(rho) => (signal[0], signal[d - 1]) = ((1.0 - rho * rho).sqrt(), rho),
        Signal::Random => {
            Stream::Signal.of(setting.seed).fill(0, signal.as_mut_slice());
            signal.normalize_mut();
        }
        Signal::UnitEnergy | Signal::OfLength(_) => unreachable!("see off_manifold.rs"),
    }
    let width = setting.width.unwrap_or(d as u64) as usize;
    let mut first = 0;
    let mut columns: Vec<Vec<DVector<f64>>> = groups
        .iter()
        .map(|group| {
            let range = first..first + group.multiplicity as usize;
            first = range.end;
            let basis = range.clone().map(|i| DVector::from_fn(d, |k, _| f64::from(k == i)));
            let part = DVector::from_fn(d, |k, _| if range.contains(&k) { signal[k] } else { 0.0 });
            if range.len() == 1 || part.norm() == 0.0 {
                return basis.collect();
            }
            // The directions of the eigenspace that are orthogonal to the signal, by Gram and Schmidt.
            let mut found = vec![part.normalize()];
            for mut x in basis {
                for _ in 0..2 {
                    for y in &found {
                        x -= y * y.dot(&x);
                    }
                }
                if x.norm() > 1e-6 {
                    found.push(x.normalize());
                }
            }
            assert_eq!(found.len(), range.len());
            found.split_off(1)
        })
        .collect();
    if aligned {
        columns.remove(0);
    } else if matches!(setting.covariance, Covariance::Spiked { .. }) {
        columns.reverse();
    }
    Full {
        risk: DenseRisk::new(CovarianceMatrix::diagonal(variances).unwrap(), signal).unwrap(),
        start: setting.start.draw(d, width, setting.init, setting.seed).unwrap(),
        columns,
    }
}

impl Full {
    fn roots_of_overlaps(&self, w: &DMatrix<f64>) -> Vec<f64> {
        let mean = |directions: &Vec<DVector<f64>>| {
            (directions.iter().map(|x| overlap(w, x.as_slice())).sum::<f64>() / directions.len() as f64).sqrt()
        };
        std::iter::once(overlap(w, self.risk.signal().as_slice()).sqrt()).chain(self.columns.iter().map(mean)).collect()
    }

    /// A root of an overlap is 1-Lipschitz in W (Frobenius norm), and each of its d m terms rounds.
    fn agrees(&self, row: &Row, w: &DMatrix<f64>, error: f64) -> Result<(), TestCaseError> {
        let band = error + 8.0 * f64::EPSILON * (w.len() as f64).sqrt() * w.norm();
        for (found, expected) in row.coefficients.iter().zip(self.roots_of_overlaps(w)) {
            prop_assert!((found - expected).abs() <= band, "{found} against {expected}, band {band:e}: {row:?}");
        }
        let alignment = overlap(w, self.risk.signal().as_slice()) / w.norm_squared();
        prop_assert!(
            (row.alignment.unwrap() - alignment).abs() <= 4.0 * band / w.norm(),
            "{row:?} against {alignment}"
        );
        Ok(())
    }
}

fn settings() -> impl Strategy<Value = Setting> {
    let groups = prop::collection::vec(
        (0.2..5.0_f64, 1_u64..5).prop_map(|(variance, multiplicity)| Group { variance, multiplicity }),
        1..4,
    );
    let covariance = prop_oneof![
        (0.0..10.0_f64, 3_u64..9).prop_map(|(strength, dimension)| Covariance::Spiked { strength, dimension }),
        (0.0..2.0_f64, 1_u64..6, 0_u64..6).prop_map(|(exponent, dimension, signal)| Covariance::PowerLaw {
            exponent,
            dimension,
            signal: 1 + signal % dimension
        }),
        (groups, 0_u64..4).prop_map(|(groups, signal)| {
            let signal = 1 + signal % groups.len() as u64;
            Covariance::Groups { groups, signal }
        }),
    ];
    let signal = prop_oneof![
        Just(Signal::Eigenvector),
        Just(Signal::Random),
        prop_oneof![-1.0..=1.0_f64, Just(1.0), Just(-1.0), Just(1e-9)].prop_map(Signal::Overlap)
    ];
    let start = prop_oneof![Just(Start::Orthogonal), Just(Start::Gaussian)];
    (covariance, signal, start, 1_u64..12, 0.02..0.4_f64, 0_u64..1000).prop_filter_map(
        "on the manifold, or without a spike to overlap with",
        |(covariance, signal, start, width, init, seed)| {
            let new = Setting::new(covariance, init, Method::GradientDescent);
            let setting = Setting { signal, start, width: Some(width), seed, ..new };
            (setting.check().is_ok() && !setting.is_on_manifold()).then_some(setting)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_recursion_off_the_manifold_is_that_of_the_full_matrix(
        setting in settings(), method in methods(), eta in 1e-3..1e-2_f64,
    ) {
        let setting = Setting { method: method.clone(), step_size: Some(eta), ..setting };
        let full = full(&setting);
        let CovarianceMatrix::Diagonal(variances) = full.risk.covariance() else { unreachable!() };
        let steps = 20;
        let mut rows = Vec::new();
        let plan = Plan { rows: (0..=steps).map(f64::from).collect(), until: None, horizon: Some(f64::from(steps) * eta) };
        let outcome = run(&setting, &plan, |row| rows.push(row)).unwrap();
        // Some of these steps are too large: then both must say so, at the same step.
        let whole = rows.len() == steps as usize + 1;
        prop_assert!(whole || matches!(outcome.stop, Stop::Diverged { .. }), "{}", outcome.stop);

        let mut recursion = Recursion::new(&full.risk, method.clone(), eta, full.start.clone()).unwrap();
        let mut bound = Bound::new(variances.as_slice(), &method, full.start.norm());
        for (k, row) in rows.iter().enumerate() {
            let w = recursion.weights().clone();
            full.agrees(row, &w, bound.error)?;
            let (q, t) = (bound.variance, bound.total_variance);
            let slope = (2.0 * q * q + q * t) * (1.0 + w.norm_squared()) * w.norm().max(1.0);
            let band = slope * (bound.error + bound.ulps());
            let risk = full.risk.population_risk(&w);
            prop_assert!((row.risk - risk).abs() <= band, "step {k}: risk {} against {risk}", row.risk);
            let mut g = w.clone();
            (&full.risk).gradient(&w, &mut g);
            // The width beyond d, and the directions beyond the start's and the signal's, are no singular values of either.
            let rank = full.start.nrows().min(full.start.ncols());
            let mut singular: Vec<f64> = g.singular_values().iter().copied().collect();
            singular.sort_by(|a, b| b.total_cmp(a));
            let Some(sigma_min) = well_conditioned(singular[..rank].iter().copied()) else { break };
            bound.step(eta, w.norm(), sigma_min);
            if bound.error > TELLING {
                break;
            }
            if let Err(stop) = recursion.step() {
                prop_assert!(k + 1 == rows.len() && matches!(stop, Stop::Diverged { .. }), "step {k}: {stop}");
                break;
            }
        }
    }

    #[test]
    fn the_gd_flow_off_the_manifold_is_that_of_the_full_matrix(setting in settings()) {
        let full = full(&setting);
        let times = [0.0, 0.1, 0.4, 1.0];
        let mut rows = Vec::new();
        run(&setting, &Plan { rows: times.to_vec(), until: None, horizon: Some(1.0) }, |row| rows.push(row)).unwrap();
        let risk = BlockRisk::dense(full.risk.clone());
        let mut flow = MatrixFlow::new(&risk, BlockWeights::dense(full.start.clone())).unwrap();
        for row in &rows {
            let w = flow.weights_at(row.time).unwrap().block;
            // Some hundred ulps of the largest entry: the rounding of a dozen Taylor steps, and an escape by one power of ten.
            full.agrees(row, &w, 1e3 * f64::EPSILON * w.norm().max(1.0))?;
        }
    }
}
