//! Best wall time and best CPU time of one kernel, in milliseconds, for `scripts/kernels_against_torch.py`.
//!
//!     kernel_times gradient-N-D | polar-N | newton-schulz-f32-N | normals-N  [THREADS]

mod stopwatch;

use nalgebra::DMatrix;
use specdyn::descent::replace_by_newton_schulz;
use specdyn::risk::{EmpiricalGradient, Samples, Source};
use specdyn::scalar::NormalStream;
use specdyn::weights::polar::PolarFactor;
use std::error::Error;
use std::hint::black_box;

/// Milliseconds a call.
fn report(call: impl FnMut()) {
    stopwatch::report(1e-3, call);
}

fn normal_matrix(rows: usize, columns: usize) -> DMatrix<f64> {
    let mut numbers = vec![0.0; rows * columns];
    NormalStream { seed: 1, stream: 0 }.fill(0, &mut numbers);
    DMatrix::from_vec(rows, columns, numbers)
}

fn main() -> Result<(), Box<dyn Error>> {
    let kernel = std::env::args().nth(1).ok_or("a kernel")?;
    let threads = std::env::args().nth(2).map_or(Ok(1), |s| s.parse())?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build_global()?;
    let numbers: Vec<usize> = kernel.split('-').filter_map(|part| part.parse().ok()).collect();
    match (kernel.split('-').next(), &numbers[..]) {
        (Some("gradient"), &[n, d]) => {
            let deviation = vec![1.0; d];
            let samples = Samples::<f64>::draw(&Source { deviation: &deviation, noise: 0.0, seed: 1 }, 0, n);
            let mut weights = normal_matrix(d, d) * (0.7 / (d as f64).sqrt());
            let mut signal = vec![0.0; d];
            signal[0] = 1.0;
            let (mut gradient, mut engine) = (DMatrix::zeros(d, d), EmpiricalGradient::default());
            report(|| {
                engine.evaluate(&samples, &signal, &weights, &mut gradient);
                weights -= &gradient * 1e-12;
            });
        }
        (Some("polar"), &[n]) => {
            let matrix = normal_matrix(n, n);
            let (mut polar, mut factor) = (PolarFactor::default(), matrix.clone());
            report(|| {
                factor.copy_from(black_box(&matrix));
                black_box(polar.replace(&mut factor)).ok();
            });
        }
        (Some("newton"), &[n]) => {
            let matrix = normal_matrix(n, n);
            let mut image = matrix.clone();
            report(|| {
                image.copy_from(black_box(&matrix));
                black_box(replace_by_newton_schulz::<f32>(&mut image, 5)).ok();
            });
        }
        (Some("normals"), &[n]) => {
            let mut numbers = vec![0.0; n];
            report(|| NormalStream { seed: 1, stream: 0 }.fill(0, black_box(&mut numbers)));
        }
        _ => return Err(format!("no kernel {kernel}").into()),
    }
    Ok(())
}
