//! Observables: each defined once, as a function of the excesses.
