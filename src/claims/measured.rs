//! Population runs measured with their error: the same run under Q and under 3 Q.
//!
//! Scaling the covariance rescales the clock (`scale` in `derivations/model.md`) and nothing else, but no rounding and no step of the
//! solver is the same: `3 q` and its products round differently. What two such runs agree on is a [`Provenance::Ladder`].

use super::Enclosure;
use crate::descent::Method;
use crate::experiment::{Covariance, Outcome, Plan, Row, Setting, Status, measure, run};
use crate::observe::{Condition, Observable, Quantity};
use crate::spectrum::{Group, Spectrum};
use crate::trajectory::Stop;

/// Relative accuracy on which checks of flows rely: ten times what the flows promise (`tests/`), for what is computed from their rows.
pub(super) const ACCURACY: f64 = 1e-11;

/// A population run from equal coefficients.
#[derive(Clone, Debug)]
pub(super) struct Population {
    pub(super) groups: Vec<Group>,
    pub(super) init: f64,
    pub(super) method: Method<f64>,
    pub(super) step_size: Option<f64>,
}

/// A row, every number with its error.
pub(super) struct State {
    pub(super) coefficients: Vec<Enclosure>,
    pub(super) risk: Enclosure,
    pub(super) alignment: Enclosure,
    pub(super) amplification: Enclosure,
}

const SCALES: [f64; 2] = [3.0, 1.0];

impl Population {
    /// The flow of `method` under the covariance of `spectrum`.
    pub(super) fn flow(spectrum: &Spectrum, init: f64, method: Method<f64>) -> Self {
        let groups = spectrum.variance().iter().zip(spectrum.multiplicity());
        let groups = groups.map(|(&variance, &n)| Group { variance, multiplicity: n as u64 }).collect();
        Self { groups, init, method, step_size: None }
    }

    /// The flow under the spiked covariance; coefficients are signal, spike, bulk.
    ///
    /// # Panics
    /// On parameters outside their domain, which a check chooses itself.
    pub(super) fn spiked(strength: f64, dimension: u64, init: f64, method: Method<f64>) -> Self {
        Self::flow(&Spectrum::spiked(strength, dimension).expect("a check's own parameters"), init, method)
    }

    /// The recursion with this step instead.
    pub(super) fn with_step(self, step_size: f64) -> Self {
        Self { step_size: Some(step_size), ..self }
    }

    /// How much faster the clock runs under `scale Q`: gradients grow with the square, directions with its power p.
    fn clock(&self, scale: f64) -> f64 {
        match self.method {
            Method::GradientDescent => scale * scale,
            Method::Spectral => 1.0,
            Method::Power(p) => libm::pow(scale * scale, p),
        }
    }

    fn setting(&self, scale: f64) -> Setting<f64> {
        let scaled = |g: &Group| Group { variance: g.variance * scale, multiplicity: g.multiplicity };
        let covariance = Covariance::Groups { groups: self.groups.iter().map(scaled).collect(), signal: 1 };
        let step_size = self.step_size.map(|eta| eta / self.clock(scale));
        Setting { step_size, ..Setting::new(covariance, self.init, self.method.clone()) }
    }

    fn twice(&self, value: impl Fn(&Setting<f64>, f64) -> Result<f64, String>) -> Result<Enclosure, String> {
        let [coarse, fine] = SCALES.map(|scale| value(&self.setting(scale), self.clock(scale)));
        Ok(Enclosure::ladder(coarse?, fine?))
    }

    /// One settled observable; times on the clock of Q.
    pub(super) fn measure(&self, observable: Observable) -> Result<Enclosure, String> {
        let is_time = matches!(observable, Observable::EscapeTime | Observable::ContractionTime);
        self.twice(|setting, clock| {
            let measured = measure(setting, observable, None);
            match (measured.value, measured.status) {
                (Some(value), Status::Ok) => Ok(if is_time { value * clock } else { value }),
                (_, status) => Err(status.to_string()),
            }
        })
    }

    /// The amplification, settled.
    pub(super) fn amplification(&self) -> Result<Enclosure, String> {
        self.measure(Observable::Amplification)
    }

    /// When `condition` first holds.
    pub(super) fn first_time(&self, condition: &Condition<f64>) -> Result<Enclosure, String> {
        let [coarse, fine] = SCALES.map(|scale| {
            let (setting, clock) = (&self.setting(scale), self.clock(scale));
            // The risk is of second order in Q; coefficients and alignment do not see its scale.
            let level =
                if condition.quantity == Quantity::Risk { scale * scale * condition.level } else { condition.level };
            let until = Some(Condition { level, ..condition.clone() });
            let plan = Plan { rows: Vec::new(), until, horizon: None };
            let outcome = run(setting, &plan, |_| ()).map_err(|error| error.to_string())?;
            match outcome.stop {
                Stop::Condition { .. } => Ok(outcome.end * clock),
                stop => Err(stop.to_string()),
            }
        });
        Ok(Enclosure::ladder(coarse?, fine?))
    }

    /// Rows at ascending `times` (of a recursion: at the steps nearest to them).
    pub(super) fn at(&self, times: &[f64]) -> Result<Vec<State>, String> {
        let horizon = times.last().copied().unwrap_or(0.0);
        let [coarse, fine] = SCALES.map(|scale| {
            let (setting, clock) = (self.setting(scale), self.clock(scale));
            let row = |t: &f64| match self.step_size {
                Some(eta) => (t / eta).round(),
                None => t / clock,
            };
            let last = self.step_size.map_or(horizon / clock, |eta| row(&horizon) * (eta / clock));
            let plan = Plan { rows: times.iter().map(row).collect(), until: None, horizon: Some(last) };
            let mut rows: Vec<Row<f64>> = Vec::new();
            let outcome = run(&setting, &plan, |row| rows.push(row)).map_err(|error| error.to_string())?;
            if rows.len() == times.len() { Ok((rows, scale * scale)) } else { Err(outcome.stop.to_string()) }
        });
        let ((coarse, risk_scale), (fine, _)) = (coarse?, fine?);
        let pairs = coarse.iter().zip(&fine);
        Ok(pairs
            .map(|(c, f)| State {
                coefficients: c
                    .coefficients
                    .iter()
                    .zip(&f.coefficients)
                    .map(|(c, f)| Enclosure::ladder(*c, *f))
                    .collect(),
                risk: Enclosure::ladder(c.risk / risk_scale, f.risk),
                alignment: Enclosure::ladder(c.alignment.unwrap_or(f64::NAN), f.alignment.unwrap_or(f64::NAN)),
                amplification: Enclosure::ladder(c.amplification, f.amplification),
            })
            .collect())
    }

    /// The flow to its own end.
    pub(super) fn end(&self) -> Result<Outcome<f64>, String> {
        let plan = Plan { rows: Vec::new(), until: None, horizon: None };
        run(&self.setting(1.0), &plan, |_| ()).map_err(|error| error.to_string())
    }
}
