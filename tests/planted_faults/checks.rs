use crate::parts::{DIMENSION, NOISE, Parts, SPIKE, population};
use nalgebra::DMatrix;
use specdyn::weights::Start;

/// What a part must satisfy, or what it does instead.
pub(crate) type Check = fn(&Parts) -> Result<(), String>;

pub(crate) const ALL: &[(&str, Check)] = &[
    ("inputs have the covariance", inputs_have_the_covariance),
    ("inputs are normal", inputs_are_normal),
    ("rows are independent", rows_are_independent),
    ("noise is independent of all else", noise_is_independent),
    ("rows do not depend on where a batch begins", rows_do_not_depend_on_the_batch),
    ("an epoch is a permutation, and all are equally likely", epochs_are_permutations),
    ("the gradient is its definition", the_gradient_is_its_definition),
    ("the direction is the polar factor", the_direction_is_the_polar_factor),
    ("a step is a step", a_step_is_a_step),
    ("overlaps are quadratic forms", overlaps_are_quadratic_forms),
];

const ROWS: usize = 20_000;

fn ensure(holds: bool, reason: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(reason()) }
}

/// The mean of `values` is `expected` within seven standard errors, `variance` that of one value.
fn mean_is(values: impl Iterator<Item = f64>, expected: f64, variance: f64, what: &str) -> Result<(), String> {
    let (mut count, mut sum) = (0.0, 0.0);
    for value in values {
        count += 1.0;
        sum += value;
    }
    let (mean, band) = (sum / count, 7.0 * f64::sqrt(variance / count));
    ensure((mean - expected).abs() <= band, || format!("{what}: {mean} instead of {expected} +- {band}"))
}

/// Standard deviation of coordinate j: the spike is the second.
fn deviation(j: usize) -> f64 {
    if j == 1 { SPIKE } else { 1.0 }
}

fn inputs_have_the_covariance(parts: &Parts) -> Result<(), String> {
    let x = (parts.draw)(11, 0, ROWS).inputs;
    let same = population().deviation().iter().enumerate().all(|(j, q)| *q == deviation(j));
    ensure(same, || "the population's deviations are others".into())?;
    for j in 0..DIMENSION {
        let q = deviation(j);
        mean_is(x.column(j).iter().copied(), 0.0, q * q, "mean")?;
        for k in 0..=j {
            let p = deviation(k);
            let (expected, variance) = if j == k { (q * q, 2.0 * q.powi(4)) } else { (0.0, (p * q).powi(2)) };
            let products = x.column(j).iter().zip(&x.column(k)).map(|(x, y)| x * y).collect::<Vec<_>>();
            mean_is(products.into_iter(), expected, variance, &format!("covariance ({j}, {k})"))?;
        }
    }
    Ok(())
}

fn inputs_are_normal(parts: &Parts) -> Result<(), String> {
    let x = (parts.draw)(12, 0, ROWS).inputs;
    for j in 0..DIMENSION {
        let q = deviation(j);
        mean_is(x.column(j).iter().map(|x| (x / q).powi(4)), 3.0, 96.0, "fourth moment")?;
        mean_is(x.column(j).iter().map(|x| (x / q).powi(3)), 0.0, 15.0, "third moment")?;
    }
    Ok(())
}

fn rows_are_independent(parts: &Parts) -> Result<(), String> {
    let x = (parts.draw)(13, 0, ROWS).inputs;
    for j in 0..DIMENSION {
        for k in 0..DIMENSION {
            for lag in [1, 2] {
                let pairs = (lag..ROWS).map(|i| x[(i, j)] * x[(i - lag, k)] / (deviation(j) * deviation(k)));
                mean_is(pairs, 0.0, 1.0, &format!("coordinates {j}, {k} at lag {lag}"))?;
            }
        }
    }
    let other = (parts.draw)(14, 0, ROWS).inputs;
    mean_is((0..ROWS).map(|i| x[(i, 0)] * other[(i, 0)]), 0.0, 1.0, "two seeds")
}

fn noise_is_independent(parts: &Parts) -> Result<(), String> {
    let drawn = (parts.draw)(15, 0, ROWS);
    let noise = || drawn.noise.iter().map(|e| e / NOISE);
    mean_is(noise(), 0.0, 1.0, "mean of the noise")?;
    mean_is(noise().map(|e| e * e), 1.0, 2.0, "variance of the noise")?;
    mean_is(noise().zip(noise().skip(1)).map(|(e, f)| e * f), 0.0, 1.0, "noise of neighbours")?;
    for j in 0..DIMENSION {
        let z = || drawn.inputs.column(j).iter().map(move |x| x / deviation(j)).collect::<Vec<_>>();
        mean_is(noise().zip(z()).map(|(e, z)| e * z), 0.0, 1.0, "noise and inputs")?;
        mean_is(noise().zip(z()).map(|(e, z)| e * (z * z - 1.0)), 0.0, 2.0, "noise and squared inputs")?;
    }
    Ok(())
}

fn rows_do_not_depend_on_the_batch(parts: &Parts) -> Result<(), String> {
    let all = (parts.draw)(16, 0, 200);
    for (first, rows) in [(0, 3), (1, 30), (117, 60)] {
        let part = (parts.draw)(16, first as u64, rows);
        let same =
            (0..rows).all(|i| part.inputs.row(i) == all.inputs.row(first + i) && part.noise[i] == all.noise[first + i]);
        ensure(same, || format!("rows from {first} on are others when drawn alone"))?;
    }
    let repeated = (1..200).find(|i| (0..*i).any(|k| all.inputs.row(*i) == all.inputs.row(k)));
    ensure(repeated.is_none(), || format!("row {repeated:?} was there before"))
}

fn epochs_are_permutations(parts: &Parts) -> Result<(), String> {
    let mut counts = std::collections::HashMap::new();
    const EPOCHS: u64 = 30_000;
    for epoch in 0..EPOCHS {
        let order = (parts.order)(17, epoch, 3);
        *counts.entry(order).or_insert(0) += 1;
    }
    let share = EPOCHS as f64 / 6.0;
    let band = 7.0 * (share * 5.0 / 6.0).sqrt();
    for (order, count) in &counts {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        ensure(sorted == [0, 1, 2], || format!("{order:?} is no permutation"))?;
        ensure((f64::from(*count) - share).abs() <= band, || format!("{order:?} came {count} times"))?;
    }
    ensure(counts.len() == 6, || format!("{} orders of 3", counts.len()))?;
    let differ = (parts.order)(17, 0, 100) != (parts.order)(18, 0, 100);
    ensure(differ, || "two seeds have the same order".into())
}

fn weights(width: usize) -> DMatrix<f64> {
    Start::Gaussian.draw(DIMENSION, width, 0.8, 5).unwrap()
}

fn the_gradient_is_its_definition(parts: &Parts) -> Result<(), String> {
    let signal = population().signal().to_vec();
    for (rows, width) in [(1, 2), (50, 2), (50, DIMENSION), (1000, 12)] {
        let (w, drawn) = (weights(width), (parts.draw)(19, 7, rows));
        let (mut expected, mut size) = (DMatrix::zeros(DIMENSION, width), 0.0);
        for (x, noise) in drawn.inputs.row_iter().zip(&drawn.noise) {
            let output = x * &w;
            let label = x.iter().zip(&signal).map(|(x, s)| x * s).sum::<f64>().powi(2) + noise;
            let term = x.transpose() * &output * ((output.norm_squared() - label) / rows as f64);
            size += term.norm();
            expected += term;
        }
        let error = ((parts.gradient)(19, 7, rows, &w) - expected).norm();
        // Rounding of sums of so many terms.
        ensure(error <= 100.0 * f64::EPSILON * size, || format!("{rows} rows, width {width}: off by {error:e}"))?;
    }
    Ok(())
}

fn the_direction_is_the_polar_factor(parts: &Parts) -> Result<(), String> {
    for (width, rank) in [(2, 2), (DIMENSION, DIMENSION), (12, DIMENSION), (DIMENSION, 3)] {
        let g = weights(width);
        let g = if rank < width.min(DIMENSION) { &g * g.rows(0, rank).transpose() * g.rows(0, rank) } else { g };
        let p = (parts.direction)(&g);
        let rounding = 1e-14 * DIMENSION as f64 * 12.0;
        let h = p.transpose() * &g;
        let projector = p.transpose() * &p;
        let facts = [
            ("the singular values are 0 and 1", (&projector * &projector - &projector).norm()),
            ("as many are 1 as the rank", (projector.trace() - rank as f64).abs()),
            ("P'G is symmetric", (&h - h.transpose()).norm() / g.norm()),
            ("P P'G = G", (&p * &h - &g).norm() / g.norm()),
            ("P'G is positive", (-((&h + h.transpose()) / 2.0).symmetric_eigenvalues().min()).max(0.0) / g.norm()),
        ];
        for (fact, error) in facts {
            ensure(error <= rounding, || format!("{width} columns, rank {rank}: {fact} up to {error:e}"))?;
        }
    }
    Ok(())
}

fn a_step_is_a_step(parts: &Parts) -> Result<(), String> {
    let (w, direction) = (weights(4), Start::Gaussian.draw(DIMENSION, 4, 1.0, 6).unwrap());
    let error = ((parts.step)(&w, &direction, 0.01) - (&w - &direction * 0.01)).norm();
    ensure(error <= 10.0 * f64::EPSILON, || format!("off by {error:e}"))
}

fn overlaps_are_quadratic_forms(parts: &Parts) -> Result<(), String> {
    let w = weights(5);
    let s = &w * w.transpose();
    let signal = DMatrix::from_row_slice(1, DIMENSION, population().signal());
    let on_signal = (&signal * &s * signal.transpose())[0];
    let expected = [on_signal, s[(1, 1)], (s.trace() - on_signal - s[(1, 1)]) / (DIMENSION - 2) as f64];
    let found = (parts.overlaps)(&w);
    let close = found.iter().zip(expected).all(|(x, y)| (x - y).abs() <= 1e-13);
    ensure(found.len() == 3 && close, || format!("{found:?} instead of {expected:?}"))
}
