use super::detour::Part;
use super::leg::Mode;
#[cfg(feature = "mpfr")]
use super::precise;
use crate::risk::manifold::excess;
#[cfg(feature = "mpfr")]
use crate::scalar::MpInterval;
use crate::scalar::{Enclosure, Interval};
use crate::trajectory::Segment;

/// A stretch of a [`CertifiedFlow`](super::CertifiedFlow): between two events, or one in which the order of events is not known.
#[derive(Clone, Debug)]
pub struct CertifiedSegment<'a> {
    start: Interval,
    length: Interval,
    part: InNumbers<'a>,
}

#[derive(Clone, Debug)]
enum InNumbers<'a> {
    Double(Part<'a, Interval>),
    #[cfg(feature = "mpfr")]
    Precise(Part<'a, MpInterval>),
}

impl<'a> CertifiedSegment<'a> {
    pub(super) fn of_doubles(part: Part<'a, Interval>) -> Self {
        let (start, length) = (*part.start(), *part.length());
        Self { start, length, part: InNumbers::Double(part) }
    }

    #[cfg(feature = "mpfr")]
    pub(super) fn precise(part: Part<'a, MpInterval>) -> Self {
        let (start, length) = (precise::in_doubles(part.start()), precise::in_doubles(part.length()));
        Self { start, length, part: InNumbers::Precise(part) }
    }

    /// The mode of coefficient `j` on this segment (0 is the signal); `None` where the order of events is not known.
    pub fn mode(&self, j: usize) -> Option<Mode> {
        match &self.part {
            InNumbers::Double(part) => part.mode(j),
            #[cfg(feature = "mpfr")]
            InNumbers::Precise(part) => part.mode(j),
        }
    }
}

impl<T: Enclosure> Part<'_, T> {
    fn start(&self) -> &T {
        match self {
            Self::Segment(segment) => segment.start(),
            Self::Detour(detour) => detour.start(),
        }
    }

    fn length(&self) -> &T {
        match self {
            Self::Segment(segment) => segment.length(),
            Self::Detour(detour) => detour.length(),
        }
    }

    fn groups(&self) -> usize {
        match self {
            Self::Segment(segment) => segment.groups(),
            Self::Detour(detour) => detour.groups(),
        }
    }

    fn mode(&self, j: usize) -> Option<Mode> {
        match self {
            Self::Segment(segment) => Some(segment.mode(j)),
            Self::Detour(_) => None,
        }
    }

    fn coefficients_at(&self, s: &T) -> Vec<T> {
        match self {
            Self::Segment(segment) => segment.coefficients_at(s),
            Self::Detour(detour) => detour.coefficients_at(s),
        }
    }

    fn excess(&self, j: usize) -> Vec<T> {
        match self {
            Self::Segment(segment) => segment.excess(j),
            // the constants among which it stays
            Self::Detour(detour) => vec![excess(j, &detour.range(j))],
        }
    }
}

impl Segment<Interval> for CertifiedSegment<'_> {
    fn start(&self) -> &Interval {
        &self.start
    }

    fn length(&self) -> &Interval {
        &self.length
    }

    fn groups(&self) -> usize {
        match &self.part {
            InNumbers::Double(part) => part.groups(),
            #[cfg(feature = "mpfr")]
            InNumbers::Precise(part) => part.groups(),
        }
    }

    fn coefficients_at(&self, s: &Interval) -> Vec<Interval> {
        match &self.part {
            InNumbers::Double(part) => part.coefficients_at(s),
            #[cfg(feature = "mpfr")]
            InNumbers::Precise(part) => {
                // local time counts from a start that the doubles only enclose
                let time = precise::like(part.start(), &(self.start + *s));
                let w = part.coefficients_at(&(time - part.start()));
                w.iter().map(precise::in_doubles).collect()
            }
        }
    }

    /// At higher precision than that of doubles the polynomial is one in the local time that counts from the precise start.
    fn excess(&self, j: usize) -> Vec<Interval> {
        match &self.part {
            InNumbers::Double(part) => part.excess(j),
            #[cfg(feature = "mpfr")]
            InNumbers::Precise(part) => part.excess(j).iter().map(precise::in_doubles).collect(),
        }
    }
}
