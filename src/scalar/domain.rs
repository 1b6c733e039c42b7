use std::fmt::Display;

/// A parameter outside its domain: which one, its value, and what would be allowed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{parameter} = {value} is outside its domain: {domain}")]
pub struct DomainError {
    /// Name as the user knows it, e.g. `spike`.
    pub parameter: String,
    /// The offending value as text.
    pub value: String,
    /// What is allowed, in words.
    pub domain: String,
}

impl DomainError {
    /// The error for `parameter` with this `value`; `domain` completes "is outside its domain: ...".
    pub fn new(parameter: impl Into<String>, value: impl Display, domain: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), value: spoken(&value), domain: domain.into() }
    }
}

/// A number within a sentence: as it displays itself, or with an exponent where that would be mostly zeros.
pub fn spoken(number: &impl Display) -> String {
    let plain = number.to_string();
    match plain.parse::<f64>() {
        Ok(double) if plain.contains("00000000") && double != 0.0 && double.is_finite() => format!("{double:e}"),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::{DomainError, spoken};

    #[test]
    fn long_rows_of_zeros_become_an_exponent() {
        let texts = [0.25, 1e5, 3e200, 4.5e-14, 0.0, f64::INFINITY].map(|x| spoken(&x));
        assert_eq!(texts, ["0.25", "100000", "3e200", "4.5e-14", "0", "inf"]);
        assert_eq!(spoken(&"file:100000000"), "file:100000000");
        assert_eq!(
            DomainError::new("init", 1e200, "a number < 1").to_string(),
            "init = 1e200 is outside its domain: a number < 1"
        );
    }
}
