use crate::trajectory::VectorPath;

/// First time at which `|u|` is above `level s*`.
pub fn escape_time(path: &VectorPath, level: f64) -> Option<f64> {
    let at = level * path.signal_energy();
    path.first_time(|scalars| scalars.overlap.abs() - at)
}

/// T1': the time from which on `3 s > s*` for good, as far as the path goes. From then on every direction relaxes.
pub fn saturation_time(path: &VectorPath) -> Option<f64> {
    let margin = |energy: f64| 3.0 * energy - path.signal_energy();
    match path.crossings(|scalars| margin(scalars.energy)).last() {
        Some((time, rising)) => rising.then_some(*time),
        None => (margin(path.scalars(0.0).energy) > 0.0).then_some(0.0),
    }
}

/// T2: the first time from which on `|u|` and s are above `(1 - eps) s*`, as far as the path goes.
pub fn convergence_time(path: &VectorPath, eps: f64) -> Option<f64> {
    let slack = eps * path.signal_energy();
    let margin = |scalars: &crate::trajectory::Scalars| {
        // From deviations, so that eps may be as small as one likes.
        (slack + scalars.energy_excess).min(slack - scalars.overlap_gap)
    };
    match path.crossings(margin).last() {
        Some((time, rising)) => rising.then_some(*time),
        None => (margin(&path.scalars(0.0)) > 0.0).then_some(0.0),
    }
}
