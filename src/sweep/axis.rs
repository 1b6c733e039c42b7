use super::spacing::{linear, logarithmic};
use crate::scalar::{DomainError, Real};
use std::fmt;
use std::str::FromStr;

/// One axis of a grid, `NAME=START:STOP:COUNT[:log]`: COUNT values of a numeric option, both ends included.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The option that varies, e.g. `spike`.
    pub name: String,
    /// First value.
    pub start: f64,
    /// Last value.
    pub stop: f64,
    /// Number of values.
    pub count: usize,
    /// Equally spaced in the logarithm.
    pub log: bool,
}

/// More cells on one axis than this are a typing error.
const MAX_COUNT: usize = 1_000_000;

impl Axis {
    /// The values, in order; the first and last are `start` and `stop` to the bit. Values that axes have in common are the same doubles:
    /// always where one halves the intervals of the other; for any two linear axes whose ends are decimals of moderate length, and
    /// logarithmic ones whose ends have the same digits.
    pub fn values(&self) -> Vec<f64> {
        if self.log {
            logarithmic(self.start, self.stop, self.count)
        } else {
            linear(self.start, self.stop, self.count)
        }
    }
}

impl Axis {
    /// The same axis with every interval halved `levels` times; the values of this one are among its values, bit for bit.
    pub fn halved(&self, levels: u32) -> Self {
        let intervals = (self.count - 1).saturating_mul(1 << levels.min(31));
        Self { count: intervals.saturating_add(1), ..self.clone() }
    }
}

impl FromStr for Axis {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let malformed =
            || DomainError::new("axis", format!("{text:?}"), "NAME=START:STOP:COUNT or NAME=START:STOP:COUNT:log");
        let (name, range) = text.split_once('=').ok_or_else(malformed)?;
        let parts: Vec<&str> = range.split(':').collect();
        let log = match parts.len() {
            3 => false,
            4 if parts[3] == "log" => true,
            _ => return Err(malformed()),
        };
        let number = |text: &str| f64::parse(text, &()).map_err(|_| malformed());
        let (start, stop) = (number(parts[0])?, number(parts[1])?);
        let count = parts[2].parse().map_err(|_| malformed())?;
        let domain = |reason: &str| DomainError::new("axis", format!("{text:?}"), reason);
        if name.is_empty() {
            return Err(malformed());
        }
        if count == 0 || count > MAX_COUNT {
            return Err(domain("COUNT from 1 to 1000000"));
        }
        if count == 1 && start != stop {
            return Err(domain("a single value needs START = STOP"));
        }
        if count > 1 && start >= stop {
            return Err(domain("START below STOP"));
        }
        if log && start <= 0.0 {
            return Err(domain("START > 0 on a logarithmic axis"));
        }
        Ok(Self { name: name.into(), start, stop, count, log })
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = if self.log { ":log" } else { "" };
        write!(f, "{}={:?}:{:?}:{}{log}", self.name, self.start, self.stop, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_keeps_its_ends_to_the_bit_and_rises_between_them() {
        for text in ["spike=0:20:41", "init=1e-6:1e-1:101:log", "init=1e-300:0.1:7:log"] {
            let axis: Axis = text.parse().unwrap();
            let values = axis.values();
            assert_eq!((values[0], *values.last().unwrap(), values.len()), (axis.start, axis.stop, axis.count));
            assert!(values.is_sorted_by(|a, b| a < b), "{text}");
        }
    }

    #[test]
    fn a_logarithmic_axis_meets_the_powers_of_ten_that_it_passes() {
        for (text, step, first) in
            [("at=1e-1:1e7:81:log", 10, -1), ("at=1e-9:1e9:19:log", 1, -9), ("at=0.001:1:10:log", 3, -3)]
        {
            let values = text.parse::<Axis>().unwrap().values();
            for (k, value) in values.iter().step_by(step).enumerate() {
                let power: f64 = format!("1e{}", k as i32 + first).parse().unwrap();
                assert_eq!(*value, power, "{text}");
            }
            assert!(values.is_sorted_by(|a, b| a < b), "{text}");
        }
        let values = "x=0.05:20:8:log".parse::<Axis>().unwrap().values();
        assert!(values.windows(2).all(|pair| (pair[1] / pair[0] / libm::pow(400.0, 1.0 / 7.0) - 1.0).abs() < 1e-14));
    }

    #[test]
    fn halving_keeps_every_value_to_the_bit() {
        for text in ["spike=0:20:41", "init=1e-6:1e-1:14:log", "dim=7:7:1"] {
            let axis: Axis = text.parse().unwrap();
            let kept: Vec<f64> = axis.halved(3).values().into_iter().step_by(8).collect();
            assert_eq!(kept, axis.values(), "{text}");
        }
    }

    #[test]
    fn the_printed_axis_reads_back_as_itself() {
        let axis: Axis = "init=1e-6:0.1:7:log".parse().unwrap();
        assert_eq!(axis.to_string().parse::<Axis>().unwrap(), axis);
    }

    #[test]
    fn a_malformed_axis_is_refused_with_its_text() {
        for text in [
            "",
            "spike",
            "spike=1:2",
            "spike=1:2:x",
            "spike=1:2:3:lin",
            "spike=2:1:3",
            "spike=0:1:0",
            "init=0:1:3:log",
            "spike=NaN:1:3",
            "=0:1:3",
            "spike=0:1:1",
        ] {
            let error = text.parse::<Axis>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }
}
