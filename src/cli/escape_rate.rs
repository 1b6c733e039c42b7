//! `specdyn population --escape-rate`: the root of the characteristic equation, in any number system.

use super::CliError;
use super::output::{value_cells, value_columns};
use super::population::{PopulationOptions, provenance};
use super::precision::{NumberSystem, number_system};
use crate::descent::Method;
use crate::export::Table;
use crate::observe::vector::{certified_escape_rate, escape_rate};
use crate::scalar::{DomainError, Interval, Real};

pub(super) fn execute(options: &PopulationOptions) -> Result<(), CliError> {
    if options.optimizer != ["gd"] {
        let found = options.optimizer.join(",");
        return Err(DomainError::new("optimizer", found, "gd, whose escape is linear, for --escape-rate").into());
    }
    let table = match number_system(&options.precision)? {
        NumberSystem::Double => table::<f64>(options, &(), escape_rate)?,
        NumberSystem::Interval => table::<Interval>(options, &(), certified_escape_rate)?,
        #[cfg(feature = "mpfr")]
        NumberSystem::Bits(bits) => table::<crate::scalar::Mp>(options, &bits, escape_rate)?,
        #[cfg(not(feature = "mpfr"))]
        NumberSystem::Bits(bits) => return super::precision::at_bits(options, bits),
        NumberSystem::Exact => {
            let domain = "f64, a number of bits, or interval, for a root that is irrational";
            return Err(DomainError::new("precision", "exact", domain).into());
        }
    };
    options.output.write(&table, &provenance(options))
}

/// A column, or two ends, and a row.
fn table<T: Real>(
    options: &PopulationOptions,
    context: &T::Context,
    root: fn(&[T], &[T]) -> Result<T, DomainError>,
) -> Result<Table, CliError> {
    let setting = options.model.setting::<T>(Method::GradientDescent, context)?;
    let width = setting.width.unwrap_or(setting.covariance.dimension());
    if width != 1 {
        return Err(DomainError::new("width", width, "1, for the rate at which one vector escapes").into());
    }
    let (variance, signal) = setting.directions()?;
    let rate = root(&variance, &signal)? * &setting.clock_rate();
    let mut table = Table::new(value_columns::<T>(["escape_rate"]));
    table.push(value_cells(Some(&rate)));
    Ok(table)
}
