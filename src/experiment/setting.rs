use super::{Covariance, Signal};
use crate::descent::Method;
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::weights::{Start, equal_start};
use std::cmp::Ordering;

/// Normalisation of the loss; for gradient descent another one rescales time, for SpecGD it changes nothing but the risk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LossScale {
    /// `R = 1/4 E[.]`.
    #[default]
    Quarter,
    /// `R = E[.]`, the companion paper's clock.
    One,
}

/// All that determines a population trajectory.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<T = f64> {
    /// Input covariance.
    pub covariance: Covariance<T>,
    /// Where the signal lies.
    pub signal: Signal<T>,
    /// Width m of the weights; `None` is d.
    pub width: Option<u64>,
    /// How initial weights are drawn.
    pub start: Start,
    /// Initial coefficient alpha.
    pub init: T,
    /// What a random signal and a random start are drawn from.
    pub seed: u64,
    /// How gradients become directions.
    pub method: Method<T>,
    /// Step size of the recursion; `None` is the continuous flow.
    pub step_size: Option<T>,
    /// Normalisation of the loss.
    pub loss_scale: LossScale,
}

impl<T: Real> Setting<T> {
    /// Numeric options that [`Setting::set`] knows.
    pub const NAMES: [&'static str; 8] = ["spike", "exponent", "dim", "overlap", "width", "init", "power", "step-size"];

    /// The flow of `method` on the invariant manifold: eigenvector signal, full width, orthogonal start, quarter loss.
    pub fn new(covariance: Covariance<T>, init: T, method: Method<T>) -> Self {
        Self {
            covariance,
            signal: Signal::Eigenvector,
            width: None,
            start: Start::Orthogonal,
            init,
            seed: 0,
            method,
            step_size: None,
            loss_scale: LossScale::Quarter,
        }
    }

    /// Sets the numeric option `name`; `dim` and `width` are rounded to the nearest integer.
    ///
    /// # Errors
    /// No such option, an option that this covariance does not have, or a value outside its domain.
    pub fn set(&mut self, name: &str, value: &T) -> Result<(), DomainError> {
        let absent = |what: &str| Err(DomainError::new("axis", name, format!("an option of {what}")));
        match (name, &mut self.covariance) {
            ("spike", Covariance::Spiked { strength, .. }) => *strength = value.clone(),
            ("spike", _) => return absent("the spiked covariance (no --spectrum)"),
            ("exponent", Covariance::PowerLaw { exponent, .. }) => *exponent = value.clone(),
            ("exponent", _) => return absent("--spectrum power-law:EXPONENT"),
            ("dim", Covariance::Spiked { dimension, .. } | Covariance::PowerLaw { dimension, .. }) => {
                *dimension = whole("dim", value, "an integer from 3 to 2^53")?;
            }
            ("dim", _) => return absent("a covariance whose dimension is free"),
            ("overlap", Covariance::Spiked { .. }) if !self.signal.is_drawn() => {
                self.signal = Signal::Overlap(value.clone());
            }
            ("overlap", _) => return absent("the spiked covariance (no --spectrum, no --signal random)"),
            ("width", _) => self.width = Some(whole("width", value, "an integer from 1 to 2^53")?),
            ("init", _) => self.init = value.clone(),
            ("power", _) => self.method = Method::power(value.clone())?,
            ("step-size", _) => self.step_size = Some(positive("step-size", value)?),
            _ => return Err(DomainError::new("axis", name, format!("one of {}", Self::NAMES.join(", ")))),
        }
        Ok(())
    }

    /// Whether [`Setting::set`] takes the option `name` here, whatever the value.
    ///
    /// # Errors
    /// No such option, or this covariance does not have it.
    pub fn offers(&self, name: &str) -> Result<(), DomainError> {
        match self.clone().set(name, &self.init.int(1).over(2)) {
            Err(error) if error.parameter == "axis" => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether the dynamics are those of a few coefficients: the signal is an eigenvector, and the start a multiple of orthonormal
    /// rows, so that `W_0 W_0' = init^2 I`.
    pub fn is_on_manifold(&self) -> bool {
        let aligned = match &self.signal {
            Signal::Eigenvector => true,
            Signal::Overlap(rho) => rho.sign() == Some(Ordering::Equal),
            Signal::Random | Signal::UnitEnergy | Signal::OfLength(_) => false,
        };
        aligned && self.starts_isotropic()
    }

    /// `W_0 W_0' = init^2 I`.
    pub fn starts_isotropic(&self) -> bool {
        self.start == Start::Orthogonal && self.width.is_none_or(|m| m >= self.covariance.dimension())
    }

    /// Every parameter that does not need the covariance written out is in its domain.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), DomainError> {
        if let Signal::Overlap(rho) = &self.signal {
            if !matches!(self.covariance, Covariance::Spiked { .. }) {
                return Err(DomainError::new("overlap", rho, "0, where the covariance is not the spiked one"));
            }
            let inside = rho.abs() <= rho.int(1);
            if !inside {
                return Err(DomainError::new("overlap", rho, "a number in [-1, 1]"));
            }
        }
        if let Signal::OfLength(length) = &self.signal {
            positive("signal", length)?;
        }
        match self.width {
            Some(0) => Err(DomainError::new("width", 0, "an integer from 1 to 2^53")),
            Some(1) => Ok(()),
            _ if self.start == Start::Sphere => {
                let width = self.width.unwrap_or(self.covariance.dimension());
                Err(DomainError::new("width", width, "1, for a start on the sphere"))
            }
            _ => Ok(()),
        }
    }

    /// Whether the option `name` is in its domain, whatever others are.
    ///
    /// # Errors
    /// It is not.
    pub fn check_domain(&self, name: &str) -> Result<(), DomainError> {
        let of_name = |error: DomainError| if error.parameter == name { Err(error) } else { Ok(()) };
        self.check().or_else(of_name)?;
        // The domains of an exponent and a dimension do not depend on one another: a small covariance tells, and costs nothing.
        let mut covariance = self.covariance.clone();
        if let (Covariance::PowerLaw { dimension, signal, .. }, "exponent") = (&mut covariance, name) {
            (*dimension, *signal) = (3, 1);
        }
        if matches!(covariance, Covariance::PowerLaw { .. }) && name != "exponent" {
            return Ok(());
        }
        let checked = covariance.spectrum().and_then(|spectrum| equal_start(&spectrum, &self.init));
        checked.map(|_| ()).or_else(of_name)
    }

    /// Whether the trajectory can be computed at all: a recursion always, a flow on the manifold or at width one, and that of GD everywhere.
    ///
    /// # Errors
    /// The flow of SpecGD or of a spectral power off the manifold and above width one, or what [`Setting::check`] refuses.
    pub fn check_flow(&self) -> Result<(), DomainError> {
        self.check()?;
        let has_flow = self.is_on_manifold() || self.width == Some(1) || self.method == Method::GradientDescent;
        if self.step_size.is_some() || has_flow {
            return Ok(());
        }
        Err(DomainError::new("step-size", "none", NO_FLOW))
    }

    /// Whether a recursion can be carried to `horizon` (on the setting's clock) at all.
    ///
    /// # Errors
    /// It would take more than 10^12 steps: days, whatever the model.
    pub fn check_steps(&self, horizon: Option<&T>) -> Result<(), DomainError> {
        let Some((step_size, horizon)) = self.step_size.as_ref().zip(horizon) else { return Ok(()) };
        let steps = (horizon.clone() / step_size).to_f64();
        if steps > MOST_STEPS {
            let domain = format!(
                "at least {:e} for a recursion up to t = {horizon}, which is 10^12 steps",
                horizon.to_f64() / MOST_STEPS
            );
            return Err(DomainError::new("step-size", step_size, domain));
        }
        Ok(())
    }

    /// The covariance as the reduced dynamics see it, the signal on an eigenvector.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn spectrum(&self) -> Result<Spectrum<T>, DomainError> {
        self.covariance.spectrum()
    }

    /// Column names of the coefficients: `signal, spike, bulk` for the spiked covariance, else `signal, w1, w2, ...`.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn names(&self) -> Result<Vec<String>, DomainError> {
        if self.signal.is_drawn() && !matches!(self.covariance, Covariance::Spiked { .. }) {
            let groups = 1..=self.covariance.groups()?.len();
            return Ok(std::iter::once("signal".into()).chain(groups.map(|j| format!("w{j}"))).collect());
        }
        Ok(self.spectrum()?.names())
    }

    /// Whether this is a continuous flow that ends at the optimum by itself.
    pub fn ends_by_itself(&self) -> bool {
        self.step_size.is_none() && self.method == Method::Spectral
    }

    /// The start on the manifold: every coefficient equal to [`Setting::init`].
    ///
    /// # Errors
    /// `init` not positive and finite.
    pub fn start(&self, spectrum: &Spectrum<T>) -> Result<Vec<T>, DomainError> {
        equal_start(spectrum, &self.init)
    }

    /// How many units of the quarter-loss clock one unit of this experiment's clock is: `k^p` when the loss is k times larger, and
    /// `c^(3p - 1)` in units of a signal of length c.
    pub fn clock_rate(&self) -> T {
        let four = self.init.int(4);
        let rate = match (self.loss_scale, &self.method) {
            (LossScale::Quarter, _) | (LossScale::One, Method::Spectral) => self.init.int(1),
            (LossScale::One, Method::GradientDescent) => four,
            (LossScale::One, Method::Power(p)) => four.pow(p),
        };
        match (&self.signal, &self.method) {
            (Signal::OfLength(c), Method::GradientDescent) => rate * &c.square(),
            (Signal::OfLength(c), Method::Spectral) => rate / c,
            (Signal::OfLength(c), Method::Power(p)) => rate * &c.pow(&(p.times(3) - &p.int(1))),
            _ => rate,
        }
    }

    /// What the risk of the quarter normalisation is multiplied with.
    pub fn risk_scale(&self) -> T {
        let scale = self.init.int(match self.loss_scale {
            LossScale::Quarter => 1,
            LossScale::One => 4,
        });
        scale * &self.label_scale().square()
    }

    /// What the labels of a signal of length 1 are multiplied with: the square of the signal's length, where coefficients are in its units.
    pub fn label_scale(&self) -> T {
        match &self.signal {
            Signal::OfLength(c) => c.square(),
            _ => self.init.int(1),
        }
    }
}

const MOST_STEPS: f64 = 1e12;

/// Why there is no flow of SpecGD, nor of a spectral power, off the manifold.
const NO_FLOW: &str = "a step size, since off the invariant manifold (a signal that is no eigenvector, a width below the dimension, a \
random start) and above width 1 only GD has a flow that can be solved: SpecGD's slides on surfaces of matrices; give --step-size for the recursion";

fn whole<T: Real>(name: &str, value: &T, domain: &str) -> Result<u64, DomainError> {
    let rounded = value.to_f64().round();
    if (1.0..=9.0e15).contains(&rounded) { Ok(rounded as u64) } else { Err(DomainError::new(name, value, domain)) }
}

fn positive<T: Real>(name: &str, value: &T) -> Result<T, DomainError> {
    if value.is_finite() && *value > value.int(0) {
        Ok(value.clone())
    } else {
        Err(DomainError::new(name, value, "a finite number > 0"))
    }
}
