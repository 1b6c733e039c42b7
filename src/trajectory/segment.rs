use crate::scalar::Real;

/// A stretch of a flow on which every excess `e_j = w_j^2 - theta_j` is a polynomial in the local time `s = t - start`.
pub trait Segment<T: Real> {
    /// Time at which the segment begins.
    fn start(&self) -> &T;

    /// Its length; local time runs over `[0, length]`.
    fn length(&self) -> &T;

    /// Number of coefficients, signal included.
    fn groups(&self) -> usize;

    /// The coefficients `w_j` at local time `s`, signal first.
    fn coefficients_at(&self, s: &T) -> Vec<T>;

    /// The polynomial `e_j(s)`, lowest power first, to the full accuracy of the segment.
    fn excess(&self, j: usize) -> Vec<T>;
}

/// Something that happened at a time, to a coefficient.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<T = f64> {
    /// When.
    pub time: T,
    /// What.
    pub kind: EventKind,
    /// To which coefficient (0 is the signal).
    pub coefficient: usize,
}

/// What can happen to a coefficient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// SpecGD: reached its surface `h_j = 0`, crossed it and turned round.
    Saturate,
    /// SpecGD: reached its surface and stays on it.
    Slide,
    /// SpecGD: left its surface, where sliding would need a speed above 1.
    Leave,
    /// Reached zero, and is held there.
    Zero,
    /// The signal reached 1.
    Target,
    /// Everything has come to rest at the optimum.
    Optimum,
    /// The signal reached the escape level.
    Escape,
    /// A local maximum of the coefficient.
    Maximum,
    /// A local minimum of the coefficient.
    Minimum,
}

impl EventKind {
    /// The name in the `event` column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Saturate => "saturate",
            Self::Slide => "slide",
            Self::Leave => "leave",
            Self::Zero => "zero",
            Self::Target => "target",
            Self::Optimum => "optimum",
            Self::Escape => "escape",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
        }
    }
}

/// Why a trajectory ended, as a complete sentence when displayed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Stop<T: Real> {
    /// The requested time or number of steps was reached.
    #[error("reached the requested horizon")]
    Horizon,
    /// The condition asked for holds.
    #[error("the condition holds from t = {time} on")]
    Condition {
        /// When it was first met.
        time: T,
    },
    /// The flow is at rest at the optimum.
    #[error("reached the optimum at t = {time}")]
    Optimum {
        /// When.
        time: T,
    },
    /// The recursion is at rest: another step changes no bit of the weights.
    #[error("at rest from t = {time} on: a step no longer changes anything")]
    Rest {
        /// Time of the first of the weights that stay.
        time: T,
    },
    /// Zero is unstable for a coefficient that is held there: solutions are not unique from here on.
    #[error(
        "not unique from t = {time} on: coefficient {coefficient} is at zero with a negative bracket, so it may stay or leave either way"
    )]
    NonUnique {
        /// When uniqueness is lost.
        time: T,
        /// The coefficient at zero.
        coefficient: usize,
    },
    /// A value left the range of the number system, or grows without bound.
    #[error("diverged at t = {time}: the largest coefficient is {size}; a smaller step size may help")]
    Diverged {
        /// Time (recursion: step times step size) of the first diverged value.
        time: T,
        /// Size of the largest coefficient there.
        size: T,
    },
    /// The solver's step became too small to make progress.
    #[error("the step fell below {step} at t = {time}: {reason}")]
    StepTooSmall {
        /// Where.
        time: T,
        /// The step.
        step: T,
        /// What the solver was doing, in words.
        reason: String,
    },
    /// The solver's budget of steps is spent.
    #[error("stopped at t = {time} after {steps} steps, the budget")]
    Budget {
        /// Where.
        time: T,
        /// Steps done.
        steps: u64,
    },
    /// A sign or order that the flow needs could not be decided in this number system.
    #[error("undecided at t = {time}: {reason}")]
    Undecided {
        /// Where.
        time: T,
        /// What could not be decided, in words.
        reason: String,
    },
}
