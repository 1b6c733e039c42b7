//! Comma-separated values: RFC 4180 with `\n` at the end of a line, the header first, no comment lines.

use super::table::{Cell, Table, shortest};
use std::borrow::Cow;
use std::io::{self, Write};

/// Writes a table: header, then one line a row.
///
/// # Errors
/// Those of the writer.
pub fn write_csv(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    write_csv_line(table.columns().iter().map(|name| field(&defused(name)).into_owned()), out)?;
    for row in table.rows() {
        write_csv_row(row, out)?;
    }
    Ok(())
}

/// Writes one row, for tables too long to be held.
///
/// # Errors
/// Those of the writer.
pub fn write_csv_row(row: &[Cell], out: &mut dyn Write) -> io::Result<()> {
    write_csv_line(row.iter().map(spelled), out)
}

fn write_csv_line(fields: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    let line = fields.collect::<Vec<_>>().join(",");
    // A lone empty field would be an empty line, which readers skip.
    out.write_all(if line.is_empty() { b"\"\"" } else { line.as_bytes() })?;
    out.write_all(b"\n")
}

fn spelled(cell: &Cell) -> String {
    match cell {
        Cell::Number(value) => shortest(*value),
        Cell::Integer(value) => value.to_string(),
        Cell::Decimal(value) => value.as_str().to_owned(),
        Cell::Text(text) => field(&defused(text)).into_owned(),
        Cell::Empty => String::new(),
    }
}

/// Text that a spreadsheet would run as a formula, made text again by an apostrophe in front; numbers stay as they are.
fn defused(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn field(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

/// What a CSV file holds, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// The header.
    pub columns: Vec<String>,
    /// The lines after it, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

impl Records {
    /// Index of the column called `name`.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

/// A CSV file that cannot be understood: where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct CsvError {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

/// Reads a CSV file: a header, then rows of as many fields. Lines may end in `\n` or `\r\n`; a byte-order mark and
/// empty lines are skipped.
///
/// # Errors
/// No header, an open quote, text after a closing quote or a quote inside an unquoted field, a row of another length.
pub fn read_csv(text: &str) -> Result<Records, CsvError> {
    let mut text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    let mut columns: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    while !text.is_empty() {
        let first_line = line;
        let blank = text.starts_with('\n') || text.starts_with("\r\n");
        let record = record(&mut text, &mut line)?;
        match &columns {
            _ if blank => {}
            None => columns = Some(record),
            Some(header) if header.len() == record.len() => rows.push(record),
            Some(header) => {
                let reason = format!("{} fields, but the header has {}", record.len(), header.len());
                return Err(CsvError { line: first_line, reason });
            }
        }
    }
    let columns = columns.ok_or_else(|| CsvError { line: 1, reason: "no header: the file is empty".into() })?;
    Ok(Records { columns, rows })
}

/// Takes one record, with its line end, off the front of `text`.
fn record(text: &mut &str, line: &mut usize) -> Result<Vec<String>, CsvError> {
    let mut fields = Vec::new();
    loop {
        fields.push(take_field(text, line)?);
        let rest = *text;
        if let Some(rest) = rest.strip_prefix(',') {
            *text = rest;
        } else {
            *text = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
            *line += 1;
            return Ok(fields);
        }
    }
}

fn take_field(text: &mut &str, line: &mut usize) -> Result<String, CsvError> {
    let wrong = |line: usize, reason: &str| CsvError { line, reason: reason.to_owned() };
    let Some(mut quoted) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        let end = if text[end..].starts_with('\n') && text[..end].ends_with('\r') { end - 1 } else { end };
        let (field, rest) = text.split_at(end);
        *text = rest;
        return if field.contains('"') {
            Err(wrong(*line, "a quote inside a field that is not quoted"))
        } else {
            Ok(field.to_owned())
        };
    };
    let opened = *line;
    let mut field = String::new();
    loop {
        let end = quoted.find('"').ok_or_else(|| wrong(opened, "a quote that is never closed"))?;
        field.push_str(&quoted[..end]);
        *line += quoted[..end].matches('\n').count();
        quoted = &quoted[end + 1..];
        match quoted.strip_prefix('"') {
            Some(rest) => {
                field.push('"');
                quoted = rest;
            }
            None if quoted.is_empty() || quoted.starts_with([',', '\n']) || quoted.starts_with("\r\n") => {
                *text = quoted;
                return Ok(field);
            }
            None => return Err(wrong(*line, "text after a closing quote")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn csv(table: &Table) -> String {
        let mut out = Vec::new();
        write_csv(table, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_is_a_header_and_lines() {
        let mut table = Table::new(["step", "signal", "risk", "status"]);
        table.push(vec![0_i64.into(), 1e-3.into(), Cell::decimal("0.50000000000000000000001"), "ok".into()]);
        table.push(vec![1_i64.into(), f64::NAN.into(), Cell::Empty, "diverged, at once".into()]);
        assert_eq!(
            csv(&table),
            "step,signal,risk,status\n0,0.001,0.50000000000000000000001,ok\n1,nan,,\"diverged, at once\"\n"
        );
    }

    #[test]
    fn a_lone_empty_cell_is_still_a_row() {
        let mut table = Table::new(["x"]);
        table.push(vec![Cell::Empty]);
        assert_eq!(csv(&table), "x\n\"\"\n");
        assert_eq!(read_csv(&csv(&table)).unwrap().rows, [[""]]);
    }

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        let mut table = Table::new(["@name"]);
        for text in ["=HYPERLINK(\"x\")", "+1+1", "-2+3", "@SUM(A1)", "\tx", "-1.5e3"] {
            table.push(vec![text.into()]);
        }
        table.push(vec![(-2.5).into()]);
        let records = read_csv(&csv(&table)).unwrap();
        let fields: Vec<&str> = records.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(records.columns, ["'@name"]);
        assert_eq!(fields, ["'=HYPERLINK(\"x\")", "'+1+1", "'-2+3", "'@SUM(A1)", "'\tx", "-1.5e3", "-2.5"]);
    }

    #[test]
    fn an_unreadable_file_is_refused_with_its_line() {
        for (text, line, reason) in [
            ("", 1, "no header"),
            ("\n\n", 1, "no header"),
            ("a,b\n1,2\n3\n", 3, "1 fields"),
            ("a\n\"x\n\n", 2, "never closed"),
            ("a\n\"x\"y\n", 2, "after a closing quote"),
            ("a\nx\"y\n", 2, "inside a field"),
            ("a,b\n\"1\n1\",2\n3\n", 4, "1 fields"),
        ] {
            let error = read_csv(text).unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(error.reason.contains(reason), "{text:?}: {error}");
        }
        let windows = read_csv("\u{feff}a,b\r\n\"1\",2\r\n\r\n3,4").unwrap();
        assert_eq!(windows.rows, [["1", "2"], ["3", "4"]]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(rows in prop::collection::vec(prop::collection::vec("[a\u{3bb}1\",\n\r ']{0,6}", 2), 0..6)) {
            let mut table = Table::new(["first", "second"]);
            for row in &rows {
                table.push(row.iter().map(|text| Cell::from(text.as_str())).collect());
            }
            let expected: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().map(|text| defused(text).into_owned()).collect()).collect();
            prop_assert_eq!(read_csv(&csv(&table)).unwrap().rows, expected);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[a\",\n\r]{0,20}") {
            let _ = read_csv(&text);
        }
    }
}
