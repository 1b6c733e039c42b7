//! Writes a Muon run for `scripts/muon_against_torch.py`: inputs, signal, start, and the overlaps after every step.

use nalgebra::DMatrix;
use specdyn::descent::{Method, Muon, Optimizer};
use specdyn::experiment::{Covariance, Setting};
use specdyn::risk::{Samples, Source};
use specdyn::simulation::Simulation;
use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder to write to")?;
    let (dimension, samples, step_size, steps, seed) = (24, 600, 0.01, 150, 1);
    let (momentum, nesterov, newton_schulz_steps) = (0.95, true, 5);
    let covariance = Covariance::Spiked { strength: 20.0, dimension };
    let setting = Setting::new(covariance, 0.01, Method::Spectral);
    let muon = Muon::new(momentum, nesterov, newton_schulz_steps)?;
    let simulation = Simulation::new(setting, Optimizer::Muon(muon), samples, step_size, steps);

    let population = simulation.population(seed)?;
    let source = Source { deviation: population.deviation(), noise: 0.0, seed };
    let inputs = Samples::<f64>::draw(&source, 0, samples);
    let inputs = DMatrix::from_fn(samples, dimension as usize, |i, j| inputs.get(i, j));
    let signal = DMatrix::from_row_slice(1, dimension as usize, population.signal());
    let squares = |coefficients: Vec<f64>| coefficients.into_iter().map(|w| w * w).collect();
    let overlaps: Vec<Vec<f64>> =
        simulation.run(seed)?.observations.into_iter().map(|o| squares(o.coefficients)).collect();

    fs::create_dir_all(&folder)?;
    let rows =
        |matrix: &DMatrix<f64>| matrix.row_iter().map(|row| row.iter().copied().collect()).collect::<Vec<Vec<f64>>>();
    let start = rows(&simulation.initial_weights(seed)?);
    for (name, table) in
        [("inputs", rows(&inputs)), ("signal", rows(&signal)), ("start", start), ("overlaps", overlaps)]
    {
        let lines: Vec<String> =
            table.iter().map(|row| row.iter().map(f64::to_string).collect::<Vec<_>>().join(",")).collect();
        fs::write(format!("{folder}/{name}.csv"), lines.join("\n") + "\n")?;
    }
    let setting = format!(
        "{{\"step_size\": {step_size}, \"steps\": {steps}, \"momentum\": {momentum}, \"nesterov\": {nesterov}, \
         \"newton_schulz_steps\": {newton_schulz_steps}}}\n"
    );
    fs::write(format!("{folder}/setting.json"), setting)?;
    Ok(())
}
