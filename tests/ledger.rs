//! The ledger of long runs, `qa/ledger.toml`: every promised run is recorded, well-formed, and found nothing.

use toml::{Table, Value};

/// Names that must be present, with the least number of checks promised.
const EXPECTED: [(&str, i64); 11] = [
    ("interval-containment", 1_000_000_000),
    ("compound-containment", 100_000_000),
    ("exact-flow-containment", 1_000_000),
    ("validated-flow-containment", 1_000_000),
    ("kill-points", 10_000),
    ("image-copies", 2_000),
    ("determinism-matrix", 336),
    ("log-parser", 10_000_000),
    ("config-parser", 10_000_000),
    ("precision-ladder", 6),
    ("power-precision-ladder", 5),
];

const KEYS: [&str; 8] = ["name", "command", "count", "violations", "date", "commit", "seconds", "result"];

fn runs(text: &str) -> Result<Vec<Table>, String> {
    let ledger: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let runs = ledger.get("run").and_then(Value::as_array).cloned().unwrap_or_default();
    runs.iter().map(|run| run.as_table().cloned().ok_or("a run is a table".to_string())).collect()
}

fn well_formed(run: &Table) -> Result<(), String> {
    let text = |key: &str| run.get(key).and_then(Value::as_str).ok_or(format!("{key} is not a text: {run:?}"));
    for key in ["count", "violations", "seconds"] {
        run.get(key).and_then(Value::as_integer).ok_or(format!("{key} is not an integer: {run:?}"))?;
    }
    for key in ["name", "command", "result"] {
        text(key)?;
    }
    let commit = text("commit")?;
    if commit.len() != 40 || !commit.bytes().all(|c| c.is_ascii_hexdigit()) {
        return Err(format!("{commit} is not a full commit hash"));
    }
    let date = text("date")?;
    let shape: Vec<u8> = date.bytes().map(|c| if c.is_ascii_digit() { b'0' } else { c }).collect();
    if shape != b"0000-00-00" {
        return Err(format!("{date} is not YYYY-MM-DD"));
    }
    run.keys().find(|key| !KEYS.contains(&key.as_str())).map_or(Ok(()), |key| Err(format!("{key} is unknown")))
}

/// The newest entry of a name counts.
fn check(text: &str, expected: &[(&str, i64)]) -> Result<(), String> {
    let runs = runs(text)?;
    runs.iter().try_for_each(well_formed)?;
    for (name, least) in expected {
        let newest = runs.iter().rev().find(|run| run["name"].as_str() == Some(name));
        let newest = newest.ok_or(format!("no run named {name}"))?;
        let (count, violations) = (newest["count"].as_integer(), newest["violations"].as_integer());
        if count < Some(*least) || violations != Some(0) {
            return Err(format!("{name}: {count:?} checks of {least} promised, {violations:?} violations"));
        }
    }
    Ok(())
}

#[test]
fn every_promised_run_is_recorded() {
    check(include_str!("../qa/ledger.toml"), &EXPECTED).unwrap();
}

#[test]
fn a_missing_short_failed_or_malformed_entry_is_seen() {
    let entry = "[[run]]\nname = \"a\"\ncommand = \"c\"\ncount = 1_000\nviolations = 0\ndate = \"2026-01-02\"\n\
                 commit = \"0123456789012345678901234567890123456789\"\nseconds = 1\nresult = \"r\"\n";
    let verdict = |text: &str, name: &str| check(text, &[(name, 1_000)]);
    assert_eq!(verdict(entry, "a"), Ok(()));
    assert!(verdict(entry, "b").is_err() && verdict("", "a").is_err());
    let broken = [
        ("1_000", "999"),
        ("violations = 0", "violations = 1"),
        ("violations = 0\n", ""),
        ("2026-01-02", "yesterday"),
        ("89\"", "\""),
        ("seconds = 1", "seconds = \"soon\""),
        ("count", "counts"),
        ("\"r\"", "r"),
        ("[[run]]\n", ""),
    ];
    for (from, to) in broken {
        assert!(entry.contains(from) && verdict(&entry.replacen(from, to, 1), "a").is_err(), "{from} -> {to}");
    }
    let worse = entry.replace("violations = 0", "violations = 2");
    assert!(verdict(&format!("{entry}{worse}"), "a").is_err() && verdict(&format!("{worse}{entry}"), "a").is_ok());
}
