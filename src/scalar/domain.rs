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
        Self { parameter: parameter.into(), value: value.to_string(), domain: domain.into() }
    }
}
