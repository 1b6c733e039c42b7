use super::{Statistic, convergence_time, saturation_time, spectral_average};
use crate::scalar::DomainError;
use crate::trajectory::{Profile, VectorPath};
use std::fmt;
use std::str::FromStr;

/// A quantity of a whole flow of GD, counted from one of its phases: what theorems on the slow tail are stated in,
/// `derivations/escape-and-tail.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Course {
    /// `Lambda = int_{T1'}^t (3 s - s*) dt`.
    Lambda,
    /// `Shat(t - T2)`, the share of the squared error at T2 that is left where every direction relaxes by itself:
    /// the spectral average of `exp(-4 s* l (t - T2))` (quarter loss) with the squares of the deviations at T2 as masses.
    Average,
    /// `S_d(t - T2)`, the same with equal masses: the uniform benchmark.
    Uniform,
}

impl Course {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Lambda, Self::Average, Self::Uniform];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Average => "average",
            Self::Uniform => "uniform",
        }
    }

    /// Whether it is a time, with a unit.
    pub fn is_time(self) -> bool {
        self == Self::Lambda
    }
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The phases that courses are counted from, found once.
#[derive(Clone, Debug)]
pub struct Phases<'a> {
    path: &'a VectorPath,
    /// T1', and the integral up to it.
    saturation: Option<(f64, f64)>,
    /// T2, and where the vector is then.
    convergence: Option<(f64, Profile)>,
}

impl<'a> Phases<'a> {
    /// Of a flow of GD, T2 being the time from which on s and |u| are above `(1 - eps) s*`.
    pub fn new(path: &'a VectorPath, eps: f64) -> Self {
        Self {
            path,
            saturation: saturation_time(path).map(|time| (time, path.relaxation(time))),
            convergence: convergence_time(path, eps).map(|time| (time, path.profile(time))),
        }
    }

    /// What is asked for and has no values, because the phase that it is counted from is not reached; and that phase.
    pub fn missing(&self, summary: &Summary) -> Option<(Course, &'static str)> {
        match summary {
            Summary::Course(Course::Lambda) if self.saturation.is_none() => Some((Course::Lambda, "T1'")),
            Summary::Course(course @ (Course::Average | Course::Uniform)) if self.convergence.is_none() => {
                Some((*course, "T2"))
            }
            _ => None,
        }
    }

    /// The course at time `t`, on the clock of the quarter loss (where Lambda is four times the companion paper's); `None` before the
    /// phase that it is counted from.
    pub fn at(&self, course: Course, t: f64) -> Option<f64> {
        let since = |time: f64| (t >= time).then_some(4.0 * self.path.signal_energy() * (t - time));
        match (course, &self.saturation, &self.convergence) {
            (Course::Lambda, Some((time, before)), _) => (t >= *time).then(|| self.path.relaxation(t) - before),
            (Course::Average, _, Some((time, profile))) => {
                let masses: Vec<f64> = profile.deviation.iter().zip(&profile.variance).map(|(x, l)| x / l).collect();
                spectral_average(&profile.variance, &masses, &since(*time)?)
            }
            (Course::Uniform, _, Some((time, _))) => {
                let variance = self.path.problem().variance();
                spectral_average(variance, &vec![1.0; variance.len()], &since(*time)?)
            }
            _ => None,
        }
    }
}

/// What one may ask of a vector on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Summary {
    /// Of the vector as it is.
    State(Statistic),
    /// Of the flow of GD that led to it.
    Course(Course),
}

impl Summary {
    /// The statistic, where it is one of the vector as it is.
    pub fn statistic(&self) -> Option<Statistic> {
        match self {
            Self::State(statistic) => Some(*statistic),
            Self::Course(_) => None,
        }
    }
}

impl FromStr for Summary {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        match Course::ALL.into_iter().find(|course| course.name() == text) {
            Some(course) => Ok(Self::Course(course)),
            None => text.parse().map(Self::State).map_err(|error: DomainError| {
                let courses = Course::ALL.map(Course::name).join(", ");
                DomainError::new("statistics", error.value, format!("{}; of GD's flow also {courses}", error.domain))
            }),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(statistic) => statistic.fmt(f),
            Self::Course(course) => course.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::VectorProblem;

    /// Against the weights one by one; Lambda against a quadrature in `tests/vector_flow.rs`.
    #[test]
    fn averages_are_over_all_directions_and_begin_with_their_phase() {
        let problem = VectorProblem::companion(2.0, 60, 7).unwrap();
        let path = VectorPath::solve(&problem, 1e3).unwrap();
        let phases = Phases::new(&path, 0.1);
        let (saturation, convergence) = (saturation_time(&path).unwrap(), convergence_time(&path, 0.1).unwrap());
        let t = convergence + 40.0;
        for course in Course::ALL {
            assert_eq!(phases.at(course, 0.5 * saturation), None);
        }
        let squares: Vec<f64> = path.deviations(convergence).iter().map(|x| x * x).collect();
        let left = |i: usize| libm::exp(-4.0 * problem.variance()[i] * 40.0);
        let average = (0..60).map(|i| squares[i] * left(i)).sum::<f64>() / squares.iter().sum::<f64>();
        let uniform = (0..60).map(left).sum::<f64>() / 60.0;
        for (course, exact) in [(Course::Average, average), (Course::Uniform, uniform)] {
            let found = phases.at(course, t).unwrap();
            assert!((found / exact - 1.0).abs() < 1e-11, "{course}: {found} {exact}");
        }
    }
}
