//! `specdyn compare`: training runs against the population recursion, as samples grow.

use super::model::{ModelOptions, all_different, decimal};
use super::output::OutputOptions;
use super::training::{Training, TrainingOptions, none_lost};
use super::{CliError, figures, idle, progress, training_figures};
use crate::export::{Cell, Table};
use crate::scalar::DomainError;
use crate::simulation::{Comparison, Quartiles, Rate, compare};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Options of `specdyn compare`.
#[derive(Args, Clone, Debug)]
pub(super) struct CompareOptions {
    #[command(flatten)]
    model: ModelOptions,
    /// Numbers of samples, separated by commas: the ladder (without --data online:B, which draws B at every step)
    #[arg(long, value_name = "N1,N2,...", value_delimiter = ',')]
    samples: Vec<usize>,
    /// Dimensions, separated by commas, instead of --dim; every one with every number of samples
    #[arg(long, value_name = "D1,D2,...", value_delimiter = ',', conflicts_with = "dim")]
    dims: Vec<u64>,
    #[command(flatten)]
    training: TrainingOptions,
    /// Confidence of the intervals of rates, over all sizes at once
    #[arg(long, value_name = "SHARE", default_value = "0.95", allow_hyphen_values = true)]
    confidence: String,
    /// Print the fitted rates instead: optimizer, overlap (or statistic), exponent of n/d, its interval
    #[arg(long)]
    rates: bool,
    /// Draw deviations over samples, with the fitted rates, into FILE.png or FILE.svg (several, separated by commas)
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    plot: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
}

/// The ladder of one optimizer.
pub(super) struct Compared {
    pub(super) optimizer: String,
    pub(super) comparison: Comparison,
    /// What is compared: statistics of a vector, not overlaps.
    pub(super) of_statistics: bool,
}

pub(super) fn execute(options: &CompareOptions) -> Result<(), CliError> {
    options.output.check(&options.plot)?;
    let confidence: f64 = decimal("confidence", &options.confidence, &())?;
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(DomainError::new("confidence", confidence, "a number between 0 and 1").into());
    }
    let seeds = options.training.seeds(&options.model)?;
    options.training.refuse_idle(&options.configuration())?;
    idle::refuse(&options.configuration(), &[("confidence", options.rates, "is that of the intervals of --rates")])?;
    let ladders = options.ladders()?;
    let size = |t: &Training| t.simulation.sample_size() as f64 / t.simulation.dimension() as f64;
    if let (true, [first, .., last] | [first @ last]) = (options.rates, &ladders[0][..])
        && size(first) == size(last)
    {
        return Err(CliError::Invalid("--rates needs two sizes n/d or more, from --samples or --dims".into()));
    }
    let resources = options.training.resources();
    let steps = ladders.iter().flatten().map(|t| t.simulation.steps.saturating_mul(seeds.len() as u64));
    let total = steps.fold(0, u64::saturating_add);
    let bar = progress::Bar::of("steps");
    let mut compared = Vec::with_capacity(ladders.len());
    for ladder in ladders {
        let optimizer = ladder[0].optimizer.clone();
        let simulations: Vec<_> = ladder.into_iter().map(|training| training.simulation).collect();
        let comparison = compare(&simulations, &seeds, 1.0 - confidence, resources, &|_, _, _| bar.one_more(total))?;
        let of_statistics = !options.training.statistics.is_empty();
        compared.push(Compared { optimizer, comparison, of_statistics });
    }
    bar.finish();
    report(&compared);
    if options.rates {
        report_rates(&compared, &options.confidence, seeds.len());
    }
    let provenance = options.training.provenance(options.model.seed, options.configuration());
    let table = if options.rates { rates(&compared) } else { deviations(&compared) };
    options.output.write(&table, &provenance)?;
    if !options.plot.is_empty() {
        let figure = training_figures::ladders(&compared)?;
        for path in &options.plot {
            figures::write(path, options.output.force, &figure, &provenance)?;
        }
    }
    let lost = |c: &&Compared| c.comparison.rungs.iter().any(|rung| rung.unfinished.len() == seeds.len());
    none_lost(compared.iter().filter(lost).map(|c| c.optimizer.as_str()).collect(), "on some number of samples")
}

fn runs(count: usize) -> String {
    format!("{count} run{}", if count == 1 { "" } else { "s" })
}

/// Lines on stderr: runs that did not finish.
fn report(compared: &[Compared]) {
    for Compared { optimizer, comparison, .. } in compared {
        for rung in &comparison.rungs {
            if let Some((seed, end)) = rung.unfinished.first() {
                remark!(
                    "{optimizer}, {} samples in dimension {}: {} did not finish; the first, seed {seed}: {end}",
                    rung.samples,
                    rung.dimension,
                    runs(rung.unfinished.len())
                );
            }
        }
    }
}

/// Lines on stderr: what of the rates is left empty, and why.
fn report_rates(compared: &[Compared], confidence: &str, seeds: usize) {
    for Compared { optimizer, comparison, .. } in compared {
        let missing = comparison.names.iter().zip(&comparison.rates).filter(|(_, rate)| rate.is_none());
        let names: Vec<&str> = missing.map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            remark!("{optimizer}: no rate of {}: a median deviation is zero or infinite", names.join(", "));
        }
    }
    let open = |rate: &Rate| rate.interval.is_none();
    if compared.iter().flat_map(|c| c.comparison.rates.iter().flatten()).any(open) {
        remark!(
            "rates without intervals: too few seeds ({seeds}) for a confidence of {confidence} over {} sizes",
            compared[0].comparison.rungs.len()
        );
    }
}

fn deviations(compared: &[Compared]) -> Table {
    let mut table = Table::new([
        "optimizer",
        "dim",
        "samples",
        quantity(compared),
        "lower_quartile",
        "median",
        "upper_quartile",
        "amplification",
        "predicted_amplification",
        "unfinished",
    ]);
    for Compared { optimizer, comparison, .. } in compared {
        for rung in &comparison.rungs {
            for (name, quartiles) in comparison.names.iter().zip(&rung.quartiles) {
                table.push(vec![
                    optimizer.as_str().into(),
                    rung.dimension.into(),
                    rung.samples.into(),
                    name.as_str().into(),
                    finite(quartiles.lower),
                    finite(quartiles.median),
                    finite(quartiles.upper),
                    median(&rung.amplification).map_or(Cell::Empty, finite),
                    median(&rung.predicted_amplification).map_or(Cell::Empty, finite),
                    rung.unfinished.len().into(),
                ]);
            }
        }
    }
    table
}

/// What the column of the names of what is compared is called.
fn quantity(compared: &[Compared]) -> &'static str {
    if compared.iter().any(|one| one.of_statistics) { "statistic" } else { "overlap" }
}

/// Nothing, where runs did not finish: their deviations have no bound.
fn finite(number: f64) -> Cell {
    if number.is_finite() { Cell::Number(number) } else { Cell::Empty }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Quartiles::of_sorted(&sorted).map(|quartiles| quartiles.median).filter(|median| !median.is_nan())
}

fn rates(compared: &[Compared]) -> Table {
    let mut table = Table::new(["optimizer", quantity(compared), "exponent", "exponent_lo", "exponent_hi"]);
    for Compared { optimizer, comparison, .. } in compared {
        for (name, rate) in comparison.names.iter().zip(&comparison.rates) {
            let interval = rate.and_then(|rate| rate.interval);
            table.push(vec![
                optimizer.as_str().into(),
                name.as_str().into(),
                Cell::from(rate.map(|rate| rate.exponent)),
                Cell::from(interval.map(|(low, _)| low)),
                Cell::from(interval.map(|(_, high)| high)),
            ]);
        }
    }
    table
}

impl CompareOptions {
    /// For each optimizer, its trainings from the smallest size on.
    fn ladders(&self) -> Result<Vec<Vec<Training>>, CliError> {
        let dims = if self.dims.is_empty() { vec![self.model.dim] } else { self.dims.clone() };
        all_different("samples", &self.samples)?;
        all_different("dims", &dims)?;
        // Online there is no number of samples: what grows is n/d by a smaller dimension.
        let samples =
            if self.samples.is_empty() { vec![None] } else { self.samples.iter().copied().map(Some).collect() };
        let mut sizes: Vec<(u64, Option<usize>)> = dims.iter().flat_map(|d| samples.iter().map(|n| (*d, *n))).collect();
        let size = |(d, n): &(u64, Option<usize>)| n.unwrap_or(1) as f64 / *d as f64;
        sizes.sort_by(|one, other| size(one).total_cmp(&size(other)));
        let mut ladders: Vec<Vec<Training>> = Vec::new();
        for (dim, samples) in sizes {
            let model = ModelOptions { dim, ..self.model.clone() };
            for (k, training) in self.training.trainings(&model, samples)?.into_iter().enumerate() {
                if ladders.len() == k {
                    ladders.push(Vec::new());
                }
                ladders[k].push(training);
            }
        }
        Ok(ladders)
    }

    /// Every option of the run, defaults included, under the names that `--config` takes.
    fn configuration(&self) -> Map<String, Value> {
        let mut configuration = self.model.configuration();
        configuration.extend(self.training.configuration());
        configuration.extend([
            ("command".into(), json!("compare")),
            ("samples".into(), json!(self.samples)),
            ("dims".into(), json!(self.dims)),
            ("confidence".into(), json!(self.confidence)),
            ("rates".into(), json!(self.rates)),
        ]);
        configuration
    }
}
