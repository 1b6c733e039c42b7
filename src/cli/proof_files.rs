//! What a certified phase diagram leaves in its folder, and how it is read back.

use super::CliError;
use super::diagram_files::{CELLS, RUN, boundaries_of, theory};
use crate::export::{Cell, Provenance, read_csv, write_csv_row, write_new};
use crate::scalar::Interval;
use crate::sweep::{Area, Axis, Boundary, CertifiedGrid, Region};
use serde_json::{Map, Value, json};
use std::path::Path;

/// A box a row: its ends (doubles, exactly), a certified enclosure of the amplification in it, and a verdict for each level.
const COLUMNS: [&str; 8] =
    ["x_lo", "x_hi", "y_lo", "y_hi", "halvings", "optimizer", "amplification_lo", "amplification_hi"];

/// The key of `run.json` that tells proofs from samples.
const CERTIFIED: &str = "certified";

/// A diagram of proofs.
pub(super) struct Proofs {
    pub(super) axes: [Axis; 2],
    /// The parameter that no axis has, and its value.
    pub(super) fixed: (&'static str, String),
    pub(super) levels: Vec<f64>,
    pub(super) panels: Vec<Panel>,
    pub(super) boundaries: Vec<Boundary>,
}

/// What is proved for one optimizer.
pub(super) struct Panel {
    pub(super) optimizer: String,
    pub(super) regions: Vec<Region>,
    pub(super) areas: Vec<Area>,
}

/// The parameter that no axis has, and its value as the configuration gives it.
pub(super) fn fixed(axes: &[Axis; 2], configuration: &Value) -> (&'static str, String) {
    let free = |name: &&str| axes.iter().all(|axis| axis.name != **name);
    let name = CertifiedGrid::NAMES.into_iter().find(free).unwrap_or("dim");
    let value = &configuration[name];
    (name, value.as_str().map_or_else(|| value.to_string(), String::from))
}

/// Writes `run.json` and `cells.csv`, the second last: a folder with cells is a finished one.
pub(super) fn write(folder: &Path, proofs: &Proofs, configuration: Map<String, Value>) -> Result<(), CliError> {
    let mut content = Provenance { scalar: "interval".into(), ..Provenance::new(configuration.into()) }.to_json();
    if let Some(content) = content.as_object_mut() {
        content.remove("threads");
    }
    let optimizers: Vec<&str> = proofs.panels.iter().map(|panel| panel.optimizer.as_str()).collect();
    content["x"] = json!(proofs.axes[0].to_string());
    content["y"] = json!(proofs.axes[1].to_string());
    content["observe"] = json!("amplification");
    content["optimizer"] = json!(optimizers);
    content["level"] = json!(proofs.levels);
    content["theory"] = theory(&proofs.boundaries, |method| optimizers[method]);
    content[CERTIFIED] = proofs.panels.iter().map(|panel| areas(panel, &proofs.levels)).collect();
    write_new(&folder.join(RUN), true, |out| writeln!(out, "{content:#}"))?;
    let header = COLUMNS.iter().map(ToString::to_string).chain(proofs.levels.iter().map(|l| format!("above_{l}")));
    let header: Vec<Cell> = header.map(Cell::from).collect();
    write_new(&folder.join(CELLS), true, |out| {
        write_csv_row(&header, out)?;
        for panel in &proofs.panels {
            for region in &panel.regions {
                let (lo, hi) = region.amplification.decimal_bounds();
                let mut row: Vec<Cell> = [region.x.0, region.x.1, region.y.0, region.y.1].map(Cell::from).to_vec();
                row.push(f64::from(region.halvings).into());
                row.extend([panel.optimizer.as_str().into(), Cell::decimal(lo), Cell::decimal(hi)]);
                row.extend(region.above.iter().map(|above| Cell::from(verdict(*above))));
                write_csv_row(&row, out)?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

fn areas(panel: &Panel, levels: &[f64]) -> Value {
    let area = |(level, area): (&f64, &Area)| json!({"level": level, "above": area.above, "not_above": area.not_above, "decided": area.decided()});
    json!({"optimizer": panel.optimizer, "area": levels.iter().zip(&panel.areas).map(area).collect::<Vec<_>>()})
}

fn verdict(above: Option<bool>) -> &'static str {
    match above {
        Some(true) => "yes",
        Some(false) => "no",
        None => "undecided",
    }
}

fn above(verdict: &str) -> Option<Option<bool>> {
    [Some(true), Some(false), None].into_iter().find(|above| self::verdict(*above) == verdict)
}

/// Reads a folder that [`write`] made; `None` where `run.json` is that of an ordinary diagram.
pub(super) fn read(folder: &Path) -> Result<Option<Proofs>, CliError> {
    let path = folder.join(RUN);
    let unusable = |reason: String| CliError::input(&path, reason);
    let text = std::fs::read_to_string(&path).map_err(|e| unusable(e.to_string()))?;
    let value: Value = serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))?;
    let Some(certified) = value[CERTIFIED].as_array() else { return Ok(None) };
    let missing = |key: &str| unusable(format!("{key} is missing, or malformed"));
    let axis = |key: &str| value[key].as_str().and_then(|text| text.parse::<Axis>().ok()).ok_or_else(|| missing(key));
    let levels = value["level"].as_array().and_then(|levels| levels.iter().map(Value::as_f64).collect());
    let levels: Vec<f64> = levels.ok_or_else(|| missing("level"))?;
    let mut panels = Vec::new();
    for panel in certified {
        let optimizer = panel["optimizer"].as_str().ok_or_else(|| missing("optimizer"))?;
        let area = |area: &Value| Some(Area { above: area["above"].as_f64()?, not_above: area["not_above"].as_f64()? });
        let areas = panel["area"].as_array().and_then(|areas| areas.iter().map(area).collect::<Option<Vec<_>>>());
        let areas = areas.filter(|areas| areas.len() == levels.len()).ok_or_else(|| missing("area"))?;
        panels.push(Panel { optimizer: optimizer.into(), regions: Vec::new(), areas });
    }
    let optimizers: Vec<String> = panels.iter().map(|panel| panel.optimizer.clone()).collect();
    let boundaries = boundaries_of(&value, &optimizers).map_err(unusable)?;
    let axes = [axis("x")?, axis("y")?];
    let fixed = fixed(&axes, &value["configuration"]);
    let mut proofs = Proofs { axes, fixed, levels, panels, boundaries };
    read_regions(&folder.join(CELLS), &mut proofs)?;
    Ok(Some(proofs))
}

fn read_regions(path: &Path, proofs: &mut Proofs) -> Result<(), CliError> {
    let unusable = |reason: String| CliError::input(path, reason);
    let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
    let records = read_csv(&text).map_err(|e| unusable(e.to_string()))?;
    let levels = proofs.levels.len();
    if records.columns.len() != COLUMNS.len() + levels || records.columns[..COLUMNS.len()] != COLUMNS {
        return Err(unusable(format!("the header is not {},above_LEVEL,...", COLUMNS.join(","))));
    }
    for (row, line) in records.rows.iter().zip(2..) {
        let number = |k: usize| {
            let number = row[k].parse::<f64>().ok().filter(|x| !x.is_nan());
            number.ok_or_else(|| unusable(format!("line {line}: {:?} is no number", row[k])))
        };
        let verdicts = row[COLUMNS.len()..].iter().map(|text| above(text)).collect::<Option<Vec<_>>>();
        let above = verdicts.ok_or_else(|| unusable(format!("line {line}: verdicts are yes, no and undecided")))?;
        let panel = proofs.panels.iter_mut().find(|panel| panel.optimizer == row[5]);
        let panel = panel.ok_or_else(|| unusable(format!("line {line}: {RUN} has no optimizer {:?}", row[5])))?;
        let amplification = Interval::new(number(6)?, number(7)?);
        let amplification = amplification.map_err(|error| unusable(format!("line {line}: {error}")))?;
        let halvings = row[4].parse().map_err(|_| unusable(format!("line {line}: halvings are a number from 0 on")))?;
        let (x, y) = ((number(0)?, number(1)?), (number(2)?, number(3)?));
        panel.regions.push(Region { x, y, halvings, amplification, above });
    }
    Ok(())
}
