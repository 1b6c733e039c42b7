use super::chebyshev::{self, Series};
use super::measure::Measure;
use super::path::Stretch;
use super::relaxation::Tables;
use crate::descent::Method;

/// The time of a method's flow along GD's path, as a function of the share of a stretch.
///
/// At width one a direction is `G ||G||^(p - 1)`: every method follows the path of GD, and `||G||^(1 - p)` of its time passes while one unit
/// of GD's does. `derivations/width-one.md`.
pub(super) fn clock(
    stretch: &Stretch,
    method: &Method,
    measure: &Measure,
    signal_energy: f64,
    tables: &Tables,
) -> Series {
    let slowness = stretch.slowness();
    let power = match method {
        Method::GradientDescent => return chebyshev::integral(&slowness),
        Method::Spectral => 0.0,
        Method::Power(p) => *p,
    };
    let points = chebyshev::points();
    let pace = std::array::from_fn(|k| {
        let norm = stretch.knot(measure, k, tables).gradient_norm(measure, signal_energy);
        libm::pow(norm, 1.0 - power) * chebyshev::value(&slowness, points[k])
    });
    chebyshev::integral(&chebyshev::times(&chebyshev::from_values(), &pace))
}
