use super::polynomial::{add_product, differentiate};
use super::roots::{Root, roots};
use crate::scalar::{Real, spoken};

/// A stretch of a flow on which every excess `e_j = w_j^2 - theta_j` is a polynomial in the local time `s = t - start`, or in a parameter that rises with it.
pub trait Segment<T: Real> {
    /// Time at which the segment begins.
    fn start(&self) -> &T;

    /// Its length; local time runs over `[0, length]`.
    fn length(&self) -> &T;

    /// Number of coefficients, signal included.
    fn groups(&self) -> usize;

    /// The coefficients `w_j` at local time `s`, signal first.
    fn coefficients_at(&self, s: &T) -> Vec<T>;

    /// The coefficient `w_j` at local time `s`.
    fn coefficient_at(&self, j: usize, s: &T) -> T {
        self.coefficients_at(s).swap_remove(j)
    }

    /// The length of the segment in the parameter of its polynomials, which runs over `[0, span]`: local time, unless it has another.
    fn span(&self) -> &T {
        self.length()
    }

    /// The local time at `x`, a value of that parameter.
    fn time_of(&self, x: &T) -> T {
        x.clone()
    }

    /// The polynomial `e_j`, lowest power first, to the full accuracy of the segment.
    fn excess(&self, j: usize) -> Vec<T>;

    /// The largest amplification up to local time `s`, of a flow that [keeps it](Flow::keeps_amplification); `None` where it cannot be
    /// told.
    fn amplification_at(&self, _s: &T) -> Option<T> {
        None
    }

    /// Appends the local times at which `w_j` may turn, ascending, with the signs of the slope of `|w_j|` on either side.
    fn turns(&self, j: usize, found: &mut Vec<Root<T>>) {
        let mut slope = Vec::new();
        differentiate(&self.excess(j), &mut slope);
        let first = found.len();
        roots(&slope, self.span(), found);
        found[first..].iter_mut().for_each(|root| root.at = self.time_of(&root.at));
    }

    /// Appends the local times at which `w_j/w_0` may turn, ascending: the roots of `x_j' x_0 - x_j x_0'`, `x = w^2`.
    fn ratio_turns(&self, j: usize, found: &mut Vec<Root<T>>) {
        let one = self.length().int(1);
        let (x, mut signal) = (self.excess(j), self.excess(0));
        signal[0] = signal[0].clone() + one;
        let (mut slope, mut signal_slope) = (Vec::new(), Vec::new());
        differentiate(&x, &mut slope);
        differentiate(&signal, &mut signal_slope);
        let mut turn = Vec::new();
        add_product(&mut turn, &slope, &signal);
        signal_slope.iter_mut().for_each(|c| *c = -c.clone());
        add_product(&mut turn, &x, &signal_slope);
        let first = found.len();
        roots(&turn, self.span(), found);
        found[first..].iter_mut().for_each(|root| root.at = self.time_of(&root.at));
    }
}

/// A flow: segments, one after the other.
pub trait Flow<T: Real> {
    /// The segments, borrowed from the flow until the next is asked for.
    type Segment<'a>: Segment<T>
    where
        Self: 'a;

    /// The next segment, cut at time `limit`.
    ///
    /// # Errors
    /// The reason why there is none: the limit is reached, or the flow has ended.
    fn next_segment(&mut self, limit: Option<&T>) -> Result<Self::Segment<'_>, Stop<T>>;

    /// Time and coefficients where the flow has ended (after [`Flow::next_segment`] has given a reason), signal first.
    fn current(&self) -> (T, Vec<T>);

    /// What the flow itself knows to have happened; `None` when its events are to be read off its segments.
    fn events(&self) -> Option<&[Event<T>]>;

    /// Whether no coefficient ever moves faster than 1.
    fn has_unit_speed(&self) -> bool {
        false
    }

    /// Whether a coefficient can reach zero, and be held there. (One that only decays may still be too small for the number type.)
    fn holds_at_zero(&self) -> bool {
        false
    }

    /// Whether its segments know the running amplification, with less work than looking at every ratio on every segment.
    fn keeps_amplification(&self) -> bool {
        false
    }
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
    /// An exact recursion: at rest for good.
    Rest,
    /// An exact recursion: repeats itself for good.
    Cycle {
        /// Steps until a state comes again.
        period: u64,
    },
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
            Self::Rest => "rest",
            Self::Cycle { .. } => "cycle",
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
    /// The recursion, computed exactly, repeats itself for ever, and the condition was met nowhere on the cycle.
    #[error("repeats itself with period {period} from t = {time} on")]
    Cycle {
        /// Time of the first state that comes again.
        time: T,
        /// Steps until it does.
        period: u64,
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
    #[error("diverged at t = {}: the largest coefficient is {}", spoken(time), spoken(size))]
    Diverged {
        /// Time (recursion: step times step size) of the first diverged value.
        time: T,
        /// Size of the largest coefficient there.
        size: T,
    },
    /// The solver's step became too small to make progress.
    #[error("the step fell below {} at t = {}: {reason}", spoken(step), spoken(time))]
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

impl<T: Real> Stop<T> {
    /// The same reason, its time replaced by `now`: the same instant on another clock.
    pub fn on_clock(mut self, now: &T) -> Self {
        match &mut self {
            Self::Horizon => {}
            Self::Condition { time }
            | Self::Optimum { time }
            | Self::NonUnique { time, .. }
            | Self::Rest { time }
            | Self::Cycle { time, .. }
            | Self::Diverged { time, .. }
            | Self::StepTooSmall { time, .. }
            | Self::Budget { time, .. }
            | Self::Undecided { time, .. } => *time = now.clone(),
        }
        self
    }

    /// One word for the status of a cell or a row.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Horizon | Self::Condition { .. } | Self::Optimum { .. } | Self::Rest { .. } | Self::Cycle { .. } => {
                "ok"
            }
            Self::NonUnique { .. } => "non-unique",
            Self::Diverged { .. } => "diverged",
            Self::StepTooSmall { .. } => "step-too-small",
            Self::Budget { .. } => "budget",
            Self::Undecided { .. } => "undecided",
        }
    }
}
