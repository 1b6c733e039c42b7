//! Random numbers: functions of (seed, stream, index) without a state, so that bytes cannot depend on threads, on batch sizes or
//! on the order of runs.

mod normal;
mod philox;
mod sequence;
mod shuffle;

pub use normal::NormalStream;
pub use sequence::Normals;
pub use shuffle::shuffled;

/// What random numbers of a training run are for; every use has a stream of its own, so that none is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Initial weights.
    Start = 0,
    /// Coordinates of the inputs.
    Inputs = 1,
    /// Noise of the labels.
    Noise = 2,
    /// The order of samples in an epoch.
    Order = 3,
    /// The direction of a random signal.
    Signal = 4,
}

impl Stream {
    /// This stream under the key `seed`.
    pub fn of(self, seed: u64) -> NormalStream {
        NormalStream { seed, stream: self as u64 }
    }
}
