//! Strict JSON: `{"provenance": {...}, "columns": [...], "rows": [[...], ...]}`.

use super::provenance::Provenance;
use super::table::{Cell, Table, shortest};
use std::io::{self, Write};

/// Writes a table with its provenance, one row a line. Numbers that JSON cannot hold, and empty cells, are `null`.
///
/// # Errors
/// Those of the writer.
pub fn write_json(table: &Table, provenance: &Provenance, out: &mut dyn Write) -> io::Result<()> {
    let columns: Vec<String> = table.columns().iter().map(|name| quoted(name)).collect();
    write!(out, "{{\"provenance\": {},\n\"columns\": [{}],\n\"rows\": [", provenance.to_json(), columns.join(", "))?;
    for (i, row) in table.rows().iter().enumerate() {
        let cells: Vec<String> = row.iter().map(spelled).collect();
        write!(out, "{}[{}]", if i == 0 { "\n" } else { ",\n" }, cells.join(", "))?;
    }
    out.write_all(b"]}\n")
}

fn spelled(cell: &Cell) -> String {
    match cell {
        Cell::Number(value) if value.is_finite() => shortest(*value),
        Cell::Number(_) | Cell::Empty => "null".to_owned(),
        Cell::Integer(value) => value.to_string(),
        Cell::Decimal(value) => value.as_str().to_owned(),
        Cell::Text(text) => quoted(text),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(table: &Table) -> (String, Value) {
        let mut out = Vec::new();
        write_json(table, &Provenance::new(json!({"dim": 100})), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let value = serde_json::from_str(&text).unwrap();
        (text, value)
    }

    #[test]
    fn a_table_reads_back_with_its_provenance() {
        let mut table = Table::new(["seed", "a \"b\"", "digits", "status"]);
        table.push(vec![
            7_i64.into(),
            1e-7.into(),
            Cell::decimal("0.12345678901234567890123"),
            "\u{3bb}\n\u{1}".into(),
        ]);
        table.push(vec![u64::MAX.into(), (-0.0).into(), Cell::Empty, "ok".into()]);
        let (text, value) = read(&table);
        assert_eq!(value["columns"], json!(["seed", "a \"b\"", "digits", "status"]));
        assert_eq!(value["rows"][0], json!([7, 1e-7, 0.123_456_789_012_345_68, "\u{3bb}\n\u{1}"]));
        assert_eq!(value["rows"][1], json!([u64::MAX, -0.0, null, "ok"]));
        assert_eq!(value["provenance"]["configuration"], json!({"dim": 100}));
        assert!(text.contains("0.12345678901234567890123"), "digits beyond a double survive");
    }

    #[test]
    fn what_json_cannot_hold_is_null() {
        let mut table = Table::new(["x", "y", "z"]);
        table.push(vec![f64::NAN.into(), f64::INFINITY.into(), f64::NEG_INFINITY.into()]);
        assert_eq!(read(&table).1["rows"], json!([[null, null, null]]));
        assert_eq!(read(&Table::new(["x"])).1["rows"], json!([]));
    }
}
