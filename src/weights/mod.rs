//! What is learned. On the invariant manifold the weights are a handful of coefficients, signal first.

use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;

/// The start `W_0 = init O` (O orthogonal, m = d): every coefficient equals `init`.
///
/// # Errors
/// `init` not positive and finite.
pub fn equal_start<T: Real>(spectrum: &Spectrum<T>, init: &T) -> Result<Vec<T>, DomainError> {
    if !(init.is_finite() && *init > init.int(0)) {
        return Err(DomainError::new("init", init, "a finite number > 0"));
    }
    Ok(vec![init.clone(); spectrum.groups()])
}
