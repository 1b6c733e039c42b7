//! The interval test framework ITF1788, for every operation that [`Interval`] offers, and with the feature `mpfr` for the same on
//! `MpInterval`, at 53 bits and more.
//!
//! The vectors are other people's files (Apache-2.0 and LGPL) and are not part of this repository: they ship in the package
//! `inari`, which Cargo.toml names as a dependency for no target, so that it is fetched and checked against Cargo.lock but
//! never built. They are Rust source; the few forms that occur in it are parsed here. Vectors on decorated intervals and on
//! operations that are not offered are passed over, and counted.

#[cfg(feature = "mpfr")]
mod at_bits;
mod reader;

use reader::{Numbers, Reader, Value};
use specdyn::scalar::Interval;
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
    let zero_in =
        |text: &str| matches!(Reader::new(text, Numbers::Doubles).expression(), Ok(Value::Set(x)) if x.contains(0.0));
    zero_in(base) && zero_in(exponent.trim_end().trim_end_matches(',').strip_suffix(')').unwrap_or(exponent))
}

/// For every operation offered, how many vectors the package holds.
#[rustfmt::skip] // one table, read as one
const EXPECTED: [(&str, usize); 38] = [
    ("*", 272), ("+", 103), ("-", 135), ("/", 495), ("==", 29), ("abs", 24), ("contains", 35), ("convex_hull", 46),
    ("disjoint", 10), ("exp", 57), ("inf", 14), ("interior", 44), ("intersection", 37), ("is_common_interval", 28), ("is_empty", 14), ("is_entire", 14),
    ("is_singleton", 15), ("ln", 58), ("mag", 18), ("max", 15), ("mid", 23), ("mig", 21), ("min", 15), ("mul_add", 564),
    ("n2i", 10), ("neg", 20), ("parse", 15), ("pow", 1347), ("powi", 163), ("precedes", 53), ("rad", 9), ("recip", 29),
    ("sqr", 56), ("sqrt", 53), ("strict_precedes", 46), ("subset", 54), ("sup", 14), ("wid", 18),
];

/// What the vectors hold beside: operations that are not offered, and decorated intervals.
#[rustfmt::skip]
const NOT_OFFERED: [&str; 37] = [
    ".acos()", ".acosh()", ".asin()", ".asinh()", ".atan()", ".atan2()", ".atanh()", ".cancel_minus()", ".cancel_plus()",
    ".ceil()", ".cos()", ".cosh()", ".exp10()", ".exp2()", ".floor()", ".less()", ".log10()", ".log2()", ".mul_rev_to_pair()",
    ".overlap()", ".round()", ".round_ties_even()", ".sign()", ".sin()", ".sinh()", ".strict_less()", ".tan()", ".tanh()",
    ".trunc()", "DI::EMPTY", "DI::NAI", "DI::new", "DI::set_dec", "form of literal", "n2di", "nd2di", "t2di",
];

/// What became of the vectors, by operation.
struct Report {
    agreed: BTreeMap<String, usize>,
    passed_over: BTreeMap<String, usize>,
}

/// Evaluates every vector with `numbers`.
fn evaluate(numbers: Numbers) -> Report {
    let folder = vectors();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (mut agreed, mut passed_over, mut wrong) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        for (left, right) in assertions(&std::fs::read_to_string(file).unwrap()) {
            let mut reader = Reader::new(&left, numbers);
            let expected = || Reader::new(&right, Numbers::Doubles).expression();
            match reader.expression().and_then(|value| Ok((value, expected()?))) {
                Ok((value, expected)) => {
                    let operation = reader.operations.last().cloned().unwrap_or("n2i".into());
                    assert!(reader.rest.trim().trim_matches(',').is_empty(), "left over from {left}: {}", reader.rest);
                    if agrees(&operation, &left, value, expected) {
                        *agreed.entry(operation).or_insert(0_usize) += 1;
                    } else {
                        let file = file.file_name().unwrap().display();
                        wrong.push(format!("{file}: {left} = {right}, but got {value:?}"));
                    }
                }
                Err(missing) if missing.contains("syntax") => panic!("{missing} in {left} = {right}"),
                Err(missing) => *passed_over.entry(missing).or_insert(0_usize) += 1,
            }
        }
    }
    println!("{numbers:?}: passed over, not offered: {passed_over:?}");
    println!("{numbers:?}: agreed: {agreed:?}");
    assert!(wrong.is_empty(), "{} vectors disagree:\n{}", wrong.len(), wrong.join("\n"));
    Report { agreed, passed_over }
}

#[test]
fn every_vector_of_every_offered_operation_agrees() {
    let report = evaluate(Numbers::Doubles);
    for (operation, count) in EXPECTED {
        assert_eq!(report.agreed.get(operation), Some(&count), "vectors for {operation}");
    }
    for operation in report.passed_over.keys() {
        assert!(NOT_OFFERED.contains(&operation.as_str()), "{operation} is neither offered nor known not to be");
    }
}

/// Operations on doubles that [`MpInterval`](specdyn::scalar::MpInterval) does not have.
#[cfg(feature = "mpfr")]
const DOUBLES_ONLY: [&str; 14] = [
    "disjoint",
    "interior",
    "is_common_interval",
    "is_entire",
    "is_singleton",
    "mag",
    "max",
    "mig",
    "min",
    "powi",
    "precedes",
    "rad",
    "recip",
    "strict_precedes",
];

#[test]
#[cfg(feature = "mpfr")]
fn every_vector_agrees_in_arbitrary_precision() {
    for bits in [53, 64, 200] {
        let report = evaluate(Numbers::Bits(bits));
        for (operation, count) in EXPECTED.iter().filter(|(operation, _)| !DOUBLES_ONLY.contains(operation)) {
            assert_eq!(report.agreed.get(*operation), Some(count), "vectors for {operation} at {bits} bits");
        }
    }
}
