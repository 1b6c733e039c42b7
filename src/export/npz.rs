//! NumPy's archive: one array a column, named after it, in a ZIP file without compression, as `numpy.savez` writes it.

use super::table::{Cell, Table};
use super::zip::Archive;
use std::io::{self, Write};

/// Writes a table: whole numbers as `int64`, numbers as `float64` with NaN for empty cells, everything else (words,
/// and numbers with more digits than a double holds) as Unicode strings.
///
/// # Errors
/// Those of the writer.
pub fn write_npz(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let mut archive = Archive::new(out);
    for (j, name) in table.columns().iter().enumerate() {
        archive.add(&format!("{name}.npy"), &array(&column(table, j)))?;
    }
    archive.finish()
}

/// A column in the narrowest type that holds it without loss.
enum Column {
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Strings(Vec<String>),
}

fn column(table: &Table, j: usize) -> Column {
    let cells = || table.rows().iter().map(|row| &row[j]);
    let integers = cells().map(|cell| match cell {
        Cell::Integer(value) => Some(*value),
        _ => None,
    });
    if !table.rows().is_empty()
        && let Some(values) = integers.collect()
    {
        return Column::Integers(values);
    }
    let numbers = cells().map(|cell| match cell {
        Cell::Number(value) => Some(*value),
        Cell::Integer(value) => {
            Some(*value as f64).filter(|double| *double as i64 == *value && double.abs() < 9_007_199_254_740_992.0)
        }
        Cell::Empty => Some(f64::NAN),
        Cell::Decimal(_) | Cell::Text(_) => None,
    });
    if let Some(values) = numbers.collect() {
        return Column::Numbers(values);
    }
    let strings = cells().map(|cell| match cell {
        Cell::Number(value) => super::shortest(*value),
        Cell::Integer(value) => value.to_string(),
        Cell::Decimal(value) => value.as_str().to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Empty => String::new(),
    });
    Column::Strings(strings.collect())
}

/// The array file (format 1.0): magic, version, length of the header, the header padded so that the data start at a
/// multiple of 64.
fn array(column: &Column) -> Vec<u8> {
    let (dtype, length, data): (String, usize, Vec<u8>) = match column {
        Column::Integers(values) => ("<i8".into(), values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        Column::Numbers(values) => ("<f8".into(), values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        Column::Strings(values) => {
            let width = values.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
            let padded = |text: &String| {
                let mut points: Vec<u32> = text.chars().map(u32::from).collect();
                points.resize(width, 0);
                points.into_iter().flat_map(u32::to_le_bytes)
            };
            (
                format!("<U{width}"),
                values.len(),
                values.iter().flat_map(|text| padded(text).collect::<Vec<_>>()).collect(),
            )
        }
    };
    let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({length},), }}");
    let preamble = 10;
    let padding = 63 - (preamble + header.len()) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    // At most 128 - 10: two numbers of 20 digits and the words around them.
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits an array file into its header and its data, checking the preamble.
    fn split(file: &[u8]) -> (&str, &[u8]) {
        assert_eq!(&file[..8], b"\x93NUMPY\x01\x00");
        let end = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
        assert_eq!(end % 64, 0, "data are aligned");
        assert_eq!(file[end - 1], b'\n');
        (std::str::from_utf8(&file[10..end]).unwrap().trim_end(), &file[end..])
    }

    fn only_column(cells: Vec<Cell>) -> Vec<u8> {
        let mut table = Table::new(["x"]);
        for cell in cells {
            table.push(vec![cell]);
        }
        array(&column(&table, 0))
    }

    #[test]
    fn whole_numbers_are_int64() {
        let file = only_column(vec![1_i64.into(), i64::MIN.into()]);
        let (header, data) = split(&file);
        assert_eq!(header, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }");
        assert_eq!(data, [1_i64.to_le_bytes(), i64::MIN.to_le_bytes()].concat());
    }

    #[test]
    fn numbers_are_float64_and_empty_cells_nan() {
        let file = only_column(vec![0.1.into(), 2_i64.into(), Cell::Empty]);
        let (header, data) = split(&file);
        assert!(header.contains("'<f8'"));
        assert_eq!(data, [0.1_f64.to_le_bytes(), 2_f64.to_le_bytes(), f64::NAN.to_le_bytes()].concat());
        assert!(split(&only_column(vec![])).0.contains("'shape': (0,)"));
    }

    #[test]
    fn text_and_long_decimals_are_unicode_without_loss() {
        let file = only_column(vec!["\u{3bb}".into(), Cell::decimal("0.25"), Cell::Empty]);
        let (header, data) = split(&file);
        assert!(header.contains("'<U4'"));
        let read: String =
            data.chunks(4).map(|b| char::from_u32(u32::from_le_bytes([b[0], b[1], b[2], b[3]])).unwrap()).collect();
        assert_eq!(read, ["\u{3bb}\0\0\0", "0.25", "\0\0\0\0"].concat());
        let mixed = only_column(vec![i64::MAX.into(), 0.5.into()]);
        assert!(split(&mixed).0.contains("'<U19'"), "a whole number that no double holds keeps its digits");
    }
}
