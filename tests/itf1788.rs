//! The interval test framework ITF1788, for every operation that [`Interval`] offers.
//!
//! The vectors are other people's files (Apache-2.0 and LGPL) and are not part of this repository: they ship in the package
//! `inari`, which Cargo.toml names as a dependency for no target, so that it is fetched and checked against Cargo.lock but
//! never built. They are Rust source; the few forms that occur in it are parsed here. Vectors on decorated intervals and on
//! operations that are not offered are passed over, and counted.

use specdyn::scalar::{Interval, Scalar};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// The folder of vectors; cargo fetches the package where it is not in its cache.
fn vectors() -> PathBuf {
    let metadata = |offline: &[&str]| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version=1", "--locked", "--manifest-path"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .args(offline)
            .output()
            .map_err(|error| error.to_string())?;
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let manifest = text.split('"').find(|part| part.ends_with("Cargo.toml") && part.contains("inari-2.0.0"));
        match manifest {
            Some(manifest) => Ok(PathBuf::from(manifest.replace("\\\\", "\\"))),
            None => Err(format!("cargo metadata does not name the package inari 2.0.0: {errors}")),
        }
    };
    let manifest =
        metadata(&["--offline"]).or_else(|_| metadata(&[])).unwrap_or_else(|error| panic!("no vectors: {error}"));
    manifest.with_file_name("tests").join("itf1788_tests")
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Set(Interval),
    Number(f64),
    Truth(bool),
}

/// Why an expression has no value here: something that is not offered, by name.
type Outcome<T> = Result<T, String>;

/// Reads an expression of the vectors from left to right.
struct Reader<'a> {
    rest: &'a str,
    /// Operations met on the way.
    operations: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text, operations: Vec::new() }
    }

    fn take(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Outcome<()> {
        if self.take(token) { Ok(()) } else { Err(format!("syntax at {:.30}", self.rest)) }
    }

    fn word(&mut self, allowed: impl Fn(char) -> bool) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c| !allowed(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn met(&mut self, operation: &str) {
        self.operations.push(operation.to_string());
    }

    /// One binary operation at most: the vectors have no more.
    fn expression(&mut self) -> Outcome<Value> {
        let left = self.term()?;
        for operator in ["==", "+", "-", "*", "/"] {
            if self.take(operator) {
                let right = self.term()?;
                self.met(operator);
                return match (left, operator, right) {
                    (Value::Set(a), "==", Value::Set(b)) => Ok(Value::Truth(a.same_set(b))),
                    (Value::Set(a), "+", Value::Set(b)) => Ok(Value::Set(a + b)),
                    (Value::Set(a), "-", Value::Set(b)) => Ok(Value::Set(a - b)),
                    (Value::Set(a), "*", Value::Set(b)) => Ok(Value::Set(a * b)),
                    (Value::Set(a), "/", Value::Set(b)) => Ok(Value::Set(a / b)),
                    _ => Err(format!("operator {operator} on {left:?} and {right:?}")),
                };
            }
        }
        Ok(left)
    }

    fn term(&mut self) -> Outcome<Value> {
        if self.take("-") {
            return match self.term()? {
                Value::Number(x) => Ok(Value::Number(-x)),
                Value::Set(x) => {
                    self.met("neg");
                    Ok(Value::Set(-x))
                }
                Value::Truth(_) => Err("syntax".into()),
            };
        }
        let mut value = self.atom()?;
        while self.take(".") {
            let method = self.word(|c| c.is_alphanumeric() || c == '_');
            self.expect("(")?;
            let arguments = self.arguments()?;
            self.met(method);
            value = call(value, method, &arguments)?;
        }
        Ok(value)
    }

    fn arguments(&mut self) -> Outcome<Vec<Value>> {
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.expression()?);
            self.take(",");
        }
        Ok(arguments)
    }

    fn atom(&mut self) -> Outcome<Value> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let mut word = self.word(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_').to_string();
            if word.ends_with('e') {
                let sign = if self.take("-") { "-" } else { "" };
                self.take("+");
                word = format!("{word}{sign}{}", self.word(|c| c.is_ascii_digit()));
            }
            return word.replace('_', "").parse().map(Value::Number).map_err(|_| format!("number {word}"));
        }
        let name = self.word(|c| c.is_alphanumeric() || c == '_' || c == ':');
        match name {
            "I::EMPTY" => Ok(Value::Set(Interval::EMPTY)),
            "I::ENTIRE" => Ok(Value::Set(Interval::ENTIRE)),
            "f64::INFINITY" => Ok(Value::Number(f64::INFINITY)),
            "f64::NEG_INFINITY" => Ok(Value::Number(f64::NEG_INFINITY)),
            "f64::NAN" => Ok(Value::Number(f64::NAN)),
            "i32::MAX" => Ok(Value::Number(f64::from(i32::MAX))),
            "i32::MIN" => Ok(Value::Number(f64::from(i32::MIN))),
            "true" | "false" => Ok(Value::Truth(name == "true")),
            "n2i" => {
                self.expect("(")?;
                match self.arguments()?[..] {
                    [Value::Number(a), Value::Number(b)] => {
                        Ok(Value::Set(Interval::new(a, b).unwrap_or(Interval::EMPTY)))
                    }
                    _ => Err("syntax of n2i".into()),
                }
            }
            "t2i" => {
                self.expect("(\"")?;
                let (text, rest) = self.rest.split_once('"').ok_or("syntax of t2i")?;
                self.rest = rest;
                self.expect(")")?;
                self.met("parse");
                // Hexadecimal, fractions, uncertain forms and names are not offered, and refused.
                text.parse().map(Value::Set).map_err(|_| "form of literal".into())
            }
            _ => Err(if name.is_empty() { format!("syntax at {:.30}", self.rest) } else { name.into() }),
        }
    }
}

fn call(this: Value, method: &str, arguments: &[Value]) -> Outcome<Value> {
    let missing = || format!(".{method}()");
    let Value::Set(x) = this else { return Err(missing()) };
    let set = |x| Ok(Value::Set(x));
    let number = |x| Ok(Value::Number(x));
    let truth = |x| Ok(Value::Truth(x));
    match (method, arguments) {
        ("recip", []) => set(x.recip()),
        ("sqr", []) => set(x.square()),
        ("sqrt", []) => set(x.sqrt()),
        ("abs", []) => set(x.abs()),
        ("exp", []) => set(x.exp()),
        ("ln", []) => set(x.ln()),
        ("inf", []) => number(x.lower()),
        ("sup", []) => number(x.upper()),
        ("mid", []) => number(x.midpoint()),
        ("rad", []) => number(x.radius()),
        ("wid", []) => number(x.width()),
        ("mag", []) => number(x.magnitude()),
        ("mig", []) => number(x.mignitude()),
        ("is_empty", []) => truth(x.is_empty()),
        ("is_entire", []) => truth(x.same_set(Interval::ENTIRE)),
        ("is_singleton", []) => truth(x.is_point()),
        ("is_common_interval", []) => truth(x.is_bounded()),
        ("contains", [Value::Number(y)]) => truth(x.contains(*y)),
        ("powi", [Value::Number(n)]) => set(x.powi(*n as i32)),
        ("pow", [Value::Set(p)]) => set(x.pow(*p)),
        ("min", [Value::Set(y)]) => set(x.min(*y)),
        ("max", [Value::Set(y)]) => set(x.max(*y)),
        ("convex_hull", [Value::Set(y)]) => set(x.hull(*y)),
        ("intersection", [Value::Set(y)]) => set(x.intersection(*y)),
        ("subset", [Value::Set(y)]) => truth(x.is_subset(*y)),
        ("interior", [Value::Set(y)]) => truth(x.is_interior(*y)),
        ("disjoint", [Value::Set(y)]) => truth(x.is_disjoint(*y)),
        ("precedes", [Value::Set(y)]) => truth(x.precedes(*y)),
        ("strict_precedes", [Value::Set(y)]) => truth(x.strictly_precedes(*y)),
        ("mul_add", [Value::Set(y), Value::Set(z)]) => {
            let mut sum = *z;
            sum.add_prod(&x, y);
            set(sum)
        }
        _ => Err(missing()),
    }
}

/// Every `assert_eq2!(left, right)` and `assert!(truth)` of a source text, comments removed, as `(left, right)`.
fn assertions(source: &str) -> Vec<(String, String)> {
    let source: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
    let mut found = Vec::new();
    for (position, _) in source.match_indices("assert") {
        let text = &source[position..];
        let equation = text.starts_with("assert_eq2!(");
        if !equation && !text.starts_with("assert!(") {
            continue;
        }
        let inside = &text[text.find('(').unwrap() + 1..text.find(");").expect("an assertion ends")];
        let mut depth = 0;
        let comma = inside.char_indices().find(|&(_, c)| {
            depth += match c {
                '(' | '[' => 1,
                ')' | ']' => -1,
                _ => 0,
            };
            c == ',' && depth == 0
        });
        match comma {
            Some((comma, _)) if equation => found.push((inside[..comma].into(), inside[comma + 1..].into())),
            _ => found.push((inside.into(), "true".into())),
        }
    }
    found
}

/// How one vector compares.
fn agrees(operation: &str, left: &str, value: Value, expected: Value) -> bool {
    match (value, expected) {
        (Value::Truth(a), Value::Truth(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b || a.is_nan() && b.is_nan(),
        // Two roundings instead of one: `add_prod` promises an enclosure.
        (Value::Set(a), Value::Set(b)) if operation == "mul_add" => b.is_subset(a) && a.is_empty() == b.is_empty(),
        // The standard leaves 0^0 undefined, here it is 1.
        (Value::Set(a), Value::Set(b)) if operation == "pow" && has_zero_to_the_zero(left) => {
            b.hull(Interval::ONE).same_set(a)
        }
        (Value::Set(a), Value::Set(b)) => a.same_set(b),
        _ => false,
    }
}

fn has_zero_to_the_zero(power: &str) -> bool {
    let (base, exponent) = power.split_once(".pow(").expect("a power");
    let zero_in = |text: &str| matches!(Reader::new(text).expression(), Ok(Value::Set(x)) if x.contains(0.0));
    zero_in(base) && zero_in(exponent.trim_end().trim_end_matches(',').strip_suffix(')').unwrap_or(exponent))
}

/// For every operation offered, how many vectors the package holds.
#[rustfmt::skip] // one table, read as one
const EXPECTED: [(&str, usize); 38] = [
    ("*", 272), ("+", 103), ("-", 135), ("/", 495), ("==", 29), ("abs", 24), ("contains", 35), ("convex_hull", 46),
    ("disjoint", 10), ("exp", 57), ("inf", 14), ("interior", 44), ("intersection", 37), ("is_common_interval", 28), ("is_empty", 14), ("is_entire", 14),
    ("is_singleton", 15), ("ln", 58), ("mag", 18), ("max", 15), ("mid", 23), ("mig", 21), ("min", 15), ("mul_add", 564),
    ("n2i", 10), ("neg", 20), ("parse", 8), ("pow", 1347), ("powi", 163), ("precedes", 53), ("rad", 9), ("recip", 29),
    ("sqr", 56), ("sqrt", 53), ("strict_precedes", 46), ("subset", 54), ("sup", 14), ("wid", 18),
];

#[test]
fn every_vector_of_every_offered_operation_agrees() {
    let folder = vectors();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (mut agreed, mut passed_over, mut wrong) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        for (left, right) in assertions(&std::fs::read_to_string(file).unwrap()) {
            let mut reader = Reader::new(&left);
            let value = reader.expression().and_then(|value| Ok((value, Reader::new(&right).expression()?)));
            match value {
                Ok((value, expected)) => {
                    let operation = reader.operations.last().cloned().unwrap_or("n2i".into());
                    assert!(reader.rest.trim().trim_matches(',').is_empty(), "left over from {left}: {}", reader.rest);
                    if agrees(&operation, &left, value, expected) {
                        *agreed.entry(operation).or_insert(0_usize) += 1;
                    } else {
                        wrong.push(format!(
                            "{}: {left} = {right}, but got {value:?}",
                            file.file_name().unwrap().display()
                        ));
                    }
                }
                Err(missing) if missing.contains("syntax") => panic!("{missing} in {left} = {right}"),
                Err(missing) => *passed_over.entry(missing).or_insert(0_usize) += 1,
            }
        }
    }
    println!("passed over, not offered: {passed_over:?}");
    println!("agreed: {agreed:?}");
    assert!(wrong.is_empty(), "{} vectors disagree:\n{}", wrong.len(), wrong.join("\n"));
    for (operation, count) in EXPECTED {
        assert_eq!(agreed.get(operation), Some(&count), "vectors for {operation}");
    }
}
