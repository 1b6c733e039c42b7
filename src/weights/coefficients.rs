use super::{SpectralError, Weights};
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;

/// The start `W_0 = init O` (O orthogonal, m = d): every coefficient equals `init`.
///
/// # Errors
/// `init` not positive and finite.
pub fn equal_start<T: Real>(spectrum: &Spectrum<T>, init: &T) -> Result<Vec<T>, DomainError> {
    Ok(vec![positive_init(init)?.clone(); spectrum.groups()])
}

/// The domain of `init`, stated once for every start.
pub(crate) fn positive_init<T: Real>(init: &T) -> Result<&T, DomainError> {
    if init.is_finite() && *init > init.int(0) {
        Ok(init)
    } else {
        Err(DomainError::new("init", init, "a finite number > 0"))
    }
}

/// Coefficients on the invariant manifold: their absolute values are the singular values of W, group by group.
impl<T: Real> Weights for Vec<T> {
    type Scalar = T;

    fn map_singular_values(&mut self, mut f: impl FnMut(&T) -> Option<T>) -> Result<(), SpectralError> {
        for (coefficient, g) in self.iter_mut().enumerate() {
            if !g.is_finite() {
                return Err(SpectralError::NotFinite);
            }
            *g = f(g).ok_or(SpectralError::UndecidedSign { coefficient })?;
        }
        Ok(())
    }

    fn descend(&self, step_size: &T, direction: &mut Self) -> bool {
        let mut moved = false;
        for (w, g) in self.iter().zip(direction) {
            *g = w.clone() - step_size.clone() * &*g;
            moved |= *g != *w;
        }
        moved
    }

    fn within(&self, bound: &T) -> bool {
        self.iter().all(|w| w.is_finite() && w.abs() <= *bound)
    }

    fn size(&self) -> T {
        let mut size = self[0].abs();
        for w in self {
            let w = w.abs();
            if !w.is_finite() {
                return w;
            }
            if w.to_f64() > size.to_f64() {
                size = w;
            }
        }
        size
    }
}
