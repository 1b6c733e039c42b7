use crate::scalar::{DomainError, Real};

/// How far and how fine: order, tolerance and step size.
#[derive(Clone, Debug)]
pub(super) struct Pace<T> {
    tolerance: T,
    log_tolerance: f64,
    order: usize,
}

/// The last two terms of the series that decide the step, per unit of step.
pub(super) struct Terms<T> {
    before: T,
    last: T,
}

impl<T: Real> Terms<T> {
    pub(super) fn new(like: &T) -> Self {
        Self { before: like.int(0), last: like.int(0) }
    }

    #[inline]
    pub(super) fn include(&mut self, before: T, last: T) {
        if before > self.before {
            self.before = before;
        }
        if last > self.last {
            self.last = last;
        }
    }
}

impl<T: Real> Pace<T> {
    pub(super) fn new(like: &T, tolerance: Option<&T>) -> Result<Self, DomainError> {
        let finest = T::epsilon(&like.context()).over(2);
        let tolerance = tolerance.cloned().unwrap_or(finest);
        let log_tolerance = tolerance.ln().to_f64();
        if !(log_tolerance < 0.0 && tolerance.is_finite()) {
            return Err(DomainError::new("tolerance", tolerance, "a number between 0 and 1"));
        }
        // Jorba and Zou: the order at which work per time is least, when coefficients decay geometrically.
        let order = (-log_tolerance / 2.0).ceil() as usize + 1;
        Ok(Self { tolerance, log_tolerance, order })
    }

    pub(super) fn order(&self) -> usize {
        self.order
    }

    pub(super) fn negligible(&self, groups: usize) -> T {
        self.tolerance.over(64 * groups as i64)
    }

    #[inline]
    pub(super) fn step(&self, terms: &Terms<T>, order: usize) -> Option<T> {
        let root = |term: &T, k: usize| (self.log_tolerance - term.ln().to_f64()) / k as f64;
        let zero = terms.last.int(0);
        let mut log = f64::INFINITY;
        if terms.before > zero {
            log = log.min(root(&terms.before, order - 1));
        }
        if terms.last > zero {
            log = log.min(root(&terms.last, order));
        }
        log.is_finite().then(|| T::from_f64(libm::exp(log), &zero.context()))
    }
}
