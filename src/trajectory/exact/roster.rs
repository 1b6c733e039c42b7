//! Who moves how, and who is next: all that depends on the number of groups.
//!
//! The flow asks few questions, and only about extremes: the sums that make the excess energy, the first group to reach its
//! surface, the slowest one that slides, the lowest one that falls. [`Scan`](super::scan::Scan) answers by looking at every
//! group, [`Kinetic`](super::kinetic::Kinetic) from structures that are kept up to date.

use super::earliest::Earliest;
use super::leg::Leg;
use super::state::State;

/// Sums over all groups other than the signal, at the present time.
#[derive(Clone, Debug)]
pub(super) struct Sums<T> {
    /// `sum n_j q_j w_j^2` over those that rise or fall.
    pub(super) energy: T,
    /// `sum n_j q_j w_j v_j` over those that rise or fall, with velocities `v_j`.
    pub(super) momentum: T,
    /// `sum n_j q_j` over those that rise or fall.
    pub(super) mass: T,
    /// `1/2 sum n_j` over those that slide.
    pub(super) sliding: T,
}

/// Answers the questions of the flow about its groups, of which there is at least one.
pub(super) trait Roster<T> {
    /// Takes stock of all groups at the present time.
    fn begin(&mut self, state: &State<T>);

    /// Group `k` has just exchanged its leg `old` for another.
    fn changed(&mut self, state: &State<T>, k: usize, old: &Leg<T>);

    /// The sums that make the excess energy.
    fn sums(&self, state: &State<T>) -> Sums<T>;

    /// The sliding group of least variance: since all sliding groups have the same `q_j w_j^2`, it is the one that moves
    /// fastest, and the first that leaves.
    fn slowest_slider(&self) -> Option<usize>;

    /// Offers the group that is first to reach its surface, if that is before all that was offered already. Asked only while
    /// the excess energy is negative.
    fn offer_arrival(&mut self, state: &State<T>, earliest: &mut Earliest<T>);

    /// Offers the group that is first to fall to zero. Asked only while the excess energy is positive.
    fn offer_zero(&self, state: &State<T>, earliest: &mut Earliest<T>);
}
