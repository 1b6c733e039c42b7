use std::collections::HashSet;

/// Columns with names, rows of cells: everything the data formats know.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// One entry of a [`Table`].
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A number in double precision.
    Number(f64),
    /// A whole number, such as a step or a seed.
    Integer(i64),
    /// A number already written out, to more digits than a double holds.
    Decimal(Decimal),
    /// Words.
    Text(String),
    /// No value: not computed, or failed; another column says why.
    Empty,
}

/// A number in decimal notation, in the grammar that JSON has for numbers: `-12.5e-3`, but not `+1`, `.5`, `1.` or
/// `nan`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(String);

impl Table {
    /// A table without rows.
    ///
    /// # Panics
    /// If two columns share a name: the formats address columns by name.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        let distinct: HashSet<&str> = columns.iter().map(String::as_str).collect();
        assert_eq!(distinct.len(), columns.len(), "the names of columns are distinct: {columns:?}");
        Self { columns, rows: Vec::new() }
    }

    /// Appends a row.
    ///
    /// # Panics
    /// If it has not one cell for each column.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "a row has one cell for each of {:?}", self.columns);
        self.rows.push(row);
    }

    /// Names of the columns, in order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows, in order.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }
}

impl Cell {
    /// `text` as a [`Decimal`], or as [`Cell::Text`] where it is none (a fraction, an infinity).
    pub fn decimal(text: impl Into<String>) -> Self {
        Decimal::new(text.into()).map_or_else(Self::Text, Self::Decimal)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or_else(|_| Self::decimal(value.to_string()), Self::Integer)
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self::from(value as u64)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<C: Into<Cell>> From<Option<C>> for Cell {
    fn from(value: Option<C>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl Decimal {
    /// The number that `text` spells.
    ///
    /// # Errors
    /// Gives `text` back where it is not a number in the JSON grammar.
    pub fn new(text: String) -> Result<Self, String> {
        if is_number(text.as_bytes()) { Ok(Self(text)) } else { Err(text) }
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) else { return rest.is_empty() };
    let exponent = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
    !exponent.is_empty() && digits(exponent) == exponent.len()
}

/// The shortest decimal that reads back as `value`; with an exponent where plain notation would be mostly zeros.
///
/// Finite values are numbers in JSON and in every CSV reader; the others are `inf`, `-inf` and `nan`.
pub fn shortest(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "nan".to_owned()
    } else if size == 0.0 || !size.is_finite() || (1e-5..1e16).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Decimal, is_number, shortest};
    use proptest::prelude::*;

    #[test]
    fn numbers_are_spelled_shortly() {
        for (value, text) in
            [(0.1, "0.1"), (20.0, "20"), (1e-7, "1e-7"), (-0.0, "-0"), (1e300, "1e300"), (5e-324, "5e-324")]
        {
            assert_eq!(shortest(value), text);
        }
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(shortest), ["inf", "-inf", "nan"]);
    }

    #[test]
    fn a_decimal_is_a_number_in_the_grammar_of_json() {
        for good in ["0", "-0", "12", "-1.50", "1e5", "1E+05", "0.25e-300", "1.000000000000000000000000000001"] {
            assert!(Decimal::new(good.into()).is_ok(), "{good}");
        }
        for bad in ["", "-", "+1", "01", ".5", "1.", "1e", "1e+", "nan", "inf", "1/3", "0x1", "1 ", "1e5.0", "--1"] {
            assert_eq!(Cell::decimal(bad), Cell::Text(bad.into()));
        }
    }

    proptest! {
        #[test]
        fn shortest_reads_back_as_the_same_number(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(shortest(value).parse::<f64>().unwrap().to_bits(), bits);
            prop_assert!(is_number(shortest(value).as_bytes()));
        }

        #[test]
        fn a_decimal_is_what_a_json_parser_takes(text in "[-+0-9.eE]{1,8}") {
            let parsed = serde_json::from_str::<serde_json::Value>(&text);
            // A parser that stores doubles stops at a number that overflows them, before it has seen the rest.
            prop_assume!(!parsed.as_ref().is_err_and(|e| e.to_string().contains("out of range")));
            prop_assert_eq!(is_number(text.as_bytes()), parsed.is_ok());
        }
    }
}
