//! What gives the cells of a sweep their meaning, as one canonical text with a hash: two runs may share cells if and only if their
//! texts are equal. Where cells lie (the extent of the axes, the list of optimizers, a refinement) is no part of it: that is what a
//! cell is known by.

use super::CliError;
use crate::export::Provenance;
use crate::scalar::Real;
use crate::sweep::Grid;
use serde_json::{Map, Value, json};

/// Options that say where cells lie, or what is drawn.
const PLACES: [&str; 4] = ["command", "optimizer", "refine", "level"];

/// The canonical text of `configuration`, which belongs to `grid`.
pub(super) fn identity(configuration: &Map<String, Value>, grid: &Grid) -> Result<String, CliError> {
    let mut meaning: Map<String, Value> =
        configuration.iter().map(|(key, value)| (key.clone(), number_of(value))).collect();
    for key in PLACES {
        meaning.remove(key);
    }
    for (key, axis) in [("x", &grid.x), ("y", &grid.y)] {
        meaning.remove(&axis.name); // every cell has its own
        meaning.insert(key.into(), json!(axis.name));
    }
    if let Some(path) =
        configuration.get("spectrum").and_then(Value::as_str).and_then(|text| text.strip_prefix("file:"))
    {
        let content = std::fs::read(path).map_err(|error| CliError::input(path.as_ref(), error))?;
        meaning.insert("spectrum".into(), json!(format!("file with SHA-256 {}", hexadecimal(&content))));
    }
    meaning.insert("specdyn".into(), json!(Provenance::VERSION));
    Ok(Provenance::new(meaning.into()).canonical_configuration())
}

/// A short name of a canonical text.
pub(super) fn hash(text: &str) -> String {
    hexadecimal(text.as_bytes())
}

fn hexadecimal(bytes: &[u8]) -> String {
    hmac_sha256::Hash::hash(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `20`, `20.0` and `2e1` mean the same.
fn number_of(value: &Value) -> Value {
    match value.as_str().map(|text| <f64 as Real>::parse(text, &())) {
        Some(Ok(number)) => json!(number),
        _ => value.as_f64().map_or_else(|| value.clone(), |number| json!(number)),
    }
}

/// The options in which two texts differ, for a message: `dim: 100 there, 50 here`.
pub(super) fn difference(there: &str, here: &str) -> String {
    let parse = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (there, here) = (parse(there), parse(here));
    let mut keys: Vec<&String> = there.keys().chain(here.keys().filter(|key| !there.contains_key(*key))).collect();
    keys.sort();
    let say = |value: Option<&Value>| value.map_or("nothing".into(), Value::to_string);
    let differing = keys.into_iter().filter(|key| there.get(*key) != here.get(*key));
    differing
        .map(|key| format!("{key}: {} there, {} here", say(there.get(key)), say(here.get(key))))
        .collect::<Vec<_>>()
        .join("; ")
}
