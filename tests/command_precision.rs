//! `specdyn population --precision`: arbitrary precision, exact rationals, and what they refuse.

mod program;

use std::process::Output;

fn population(arguments: &[&str]) -> Output {
    program::specdyn(&[&["population"], arguments].concat())
}

/// Rows of cells, header first; and what was said on stderr.
fn table(arguments: &[&str]) -> (Vec<Vec<String>>, String) {
    exits(0, arguments)
}

/// What is printed, on either stream, with this exit code.
fn exits(code: i32, arguments: &[&str]) -> (Vec<Vec<String>>, String) {
    let output = population(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    let text = String::from_utf8(output.stdout).unwrap();
    (text.lines().map(|line| line.split(',').map(String::from).collect()).collect(), said)
}

fn refused(arguments: &[&str], part: &str) {
    program::refused(&[&["population"], arguments].concat(), part);
}

#[test]
fn a_precision_that_is_none_is_refused_with_the_reason() {
    for (value, part) in [
        ("0", "precision = 0 is outside its domain: 2 to 1048576 bits"),
        ("1", "precision = 1 is"),
        ("1000000000", "precision = 1000000000 is outside its domain: 2 to 1048576 bits"),
        ("99999999999999999999", "precision = 99999999999999999999"),
        ("-5", "precision"),
        ("double", "f64, a number of bits"),
        ("", "precision"),
    ] {
        refused(&["--optimizer", "gd", &format!("--precision={value}")], part);
    }
    refused(&["--optimizer", "gd", "--ladder"], "--precision BITS");
    #[cfg(feature = "mpfr")]
    refused(&["--optimizer", "gd", "--precision", "600000", "--ladder"], "at most 524288 bits with --ladder");
    // As a signed number these steps would be -1.
    for precision in ["f64", "exact", "interval"] {
        let steps = ["--steps=18446744073709551615", "--step-size=0.01", "--optimizer=gd", "--precision"];
        refused(
            &[&steps[..], &[precision]].concat(),
            "steps = 18446744073709551615 is outside its domain: an integer up to 2^53",
        );
    }
}

#[test]
#[cfg(not(feature = "mpfr"))]
fn without_the_feature_arbitrary_precision_is_refused_by_its_name() {
    refused(&["--optimizer", "gd", "--precision", "256"], "--features mpfr");
}

#[test]
fn what_is_not_rational_or_would_not_fit_is_refused_by_exact() {
    let exact = |rest: &[&str], part: &str| refused(&[&["--precision", "exact"], rest].concat(), part);
    exact(&["--optimizer", "gd"], "recursions");
    exact(&["--optimizer", "power:0.5", "--step-size", "0.1"], "power");
    // The digits triple: 40 steps would be some 10^19 of them.
    let steps = ["--optimizer", "gd", "--step-size", "0.01", "--steps", "40"];
    exact(&steps, "exact steps in 300 seconds: the digits triple with each, and step ");
    // Above the ceiling of the step there is no telling how many.
    exact(
        &["--optimizer", "gd", "--step-size", "0.1", "--steps", "60"],
        "exact steps in 300 seconds: the digits triple with each",
    );
    // A start of a million digits: every row would be several millions of them, in lowest terms.
    let start = ["--optimizer", "specgd", "--step-size", "0.001", "--steps", "10", "--init", "1e-1000000"];
    exact(
        &start,
        "init = a number of 1000000 digits is outside its domain: a number of fewer digits for 11 exact rows",
    );
}

#[test]
fn a_start_below_the_doubles_is_called_that() {
    refused(
        &["--optimizer", "gd", "--init", "1e-400"],
        "init = 1e-400 is outside its domain: a number that doubles hold",
    );
    refused(&["--optimizer", "gd", "--init", "0e-400"], "init = 0 is outside its domain: a finite number > 0");
}

/// Where a start is on a surface, groups are one, or the signal slides at exactly its greatest speed, an enclosure cannot say so.
#[test]
fn ties_of_an_equal_start_are_gone_through_in_enclosures() {
    for (model, said_of) in [
        (["0", "98", "0.1"], "on which side of its surface spike starts"),
        (["0", "10", "0.907"], ""),
        (["1", "3", "1.62"], "whether the signal keeps to its surface"),
    ] {
        let [spike, dim, init] = model;
        let flow = ["--optimizer", "specgd", "--spike", spike, "--dim", dim, "--init", init, "--precision", "interval"];
        let (rows, said) = table(&[&flow[..], &["--events"]].concat());
        assert!(said.contains(said_of), "{model:?}: {said}");
        assert_eq!(rows.last().unwrap()[2], "optimum", "{model:?}");
        let (plain, _) = table(&[&flow[..8], &["--events"]].concat());
        let ends: Vec<f64> = rows.last().unwrap()[..2].iter().map(|end| end.parse().unwrap()).collect();
        let end: f64 = plain.last().unwrap()[0].parse().unwrap();
        assert!(
            ends[0] - 1e-14 <= end && end <= ends[1] + 1e-14 && ends[1] - ends[0] < 1e-9,
            "{model:?}: {end} {ends:?}"
        );
    }
}

/// As derived by hand at `one_step_is_the_formula_by_hand` in the library.
#[test]
fn exact_gradient_descent_prints_all_its_digits() {
    let arguments = ["--optimizer", "gd", "--step-size", "0.01", "--steps", "2", "--at", "0,1,2"];
    let (rows, _) = table(&[&arguments[..], &["--precision", "exact"]].concat());
    assert_eq!(rows[2][..5], ["1", "0.01", "0.00102999878", "0.00120996598", "0.00100999878"]);
    assert!(rows[3][2].len() > 20 && rows[3][6].contains('/'), "{:?}", rows[3]);
    // Double precision says the same to its own digits.
    let (doubles, _) = table(&arguments);
    for (exact, double) in rows[3].iter().zip(&doubles[3]) {
        let (p, q) = exact.split_once('/').unwrap_or((exact, "1"));
        let exact = p.parse::<f64>().unwrap() / q.parse::<f64>().unwrap();
        assert!((exact - double.parse::<f64>().unwrap()).abs() <= 1e-14 * exact.abs(), "{exact} {double}");
    }
}

#[test]
fn exact_spectral_descent_reports_its_cycle_and_keeps_it() {
    let recursion = ["--optimizer", "specgd", "--step-size", "0.001", "--steps", "1000000"];
    let (rows, said) = table(&[&recursion[..], &["--precision", "exact", "--at", "999998,999999,1000000"]].concat());
    assert!(said.contains("repeats itself, exactly, with period 2"), "{said}");
    assert_eq!(rows[1][2..], rows[3][2..]);
    assert_ne!(rows[1][2..], rows[2][2..]);
    let (events, _) = table(&[&recursion[..], &["--precision", "exact", "--events"]].concat());
    assert_eq!(events[1][1..], ["cycle", ""]);
    // SpecGD never amplifies: equal starts, so not by a single unit.
    assert_eq!(rows[3].last().unwrap(), "1");
}

#[test]
fn an_exact_recursion_that_never_meets_its_condition_says_so() {
    let (rows, said) =
        table(&["--optimizer", "specgd", "--step-size", "0.1", "--until", "signal>=2", "--precision", "exact"]);
    assert!(said.contains("the condition is met nowhere"), "{said}");
    assert!(rows.len() > 2);
}

/// The pair of a column in a row, as numbers.
fn pair(rows: &[Vec<String>], row: usize, name: &str) -> (f64, f64) {
    let value = |end: &str| {
        let column = rows[0].iter().position(|column| *column == format!("{name}{end}")).expect("a column");
        rows[row][column].parse::<f64>().expect("a number")
    };
    (value("_lo"), value("_hi"))
}

#[test]
fn intervals_are_printed_as_pairs_around_the_plain_values() {
    for optimizer in ["gd", "specgd"] {
        let arguments = ["--optimizer", optimizer, "--at", "0,0.1,0.5,0.9,50"];
        let (plain, _) = table(&arguments);
        let (rows, _) = table(&[&arguments[..], &["--precision", "interval"]].concat());
        for (row, values) in plain.iter().enumerate().skip(1) {
            for (name, value) in plain[0].iter().zip(values) {
                let (lo, hi) = pair(&rows, row, name);
                let value: f64 = value.parse().unwrap();
                assert!(lo <= hi && hi - lo <= 1e-11 * hi.abs() + 1e-12, "{optimizer} {name}: [{lo}, {hi}]");
                // The plain run rounds as well: 1e-12 relatively.
                let room = 1e-12 * value.abs() + 1e-12;
                assert!(lo - room <= value && value <= hi + room, "{optimizer} {name}: {value} in [{lo}, {hi}]");
            }
        }
        // And, as those, up to a condition that is met.
        let run = ["--optimizer", optimizer, "--at", "0:1:1001,2,3", "--until", "signal>=0.003"];
        let rows = |more: &[&str]| table(&[&run[..], more].concat()).0.len();
        assert_eq!(rows(&["--precision", "interval"]), rows(&[]), "{optimizer}");
    }
}

/// What stands on stderr is the widest of what was printed.
#[test]
fn a_certified_run_reports_its_width() {
    let widest = |said: &str, words: &str| {
        let rest = said.split_once(words).unwrap_or_else(|| panic!("{words} in {said}")).1;
        rest.split([' ', ',', '\n']).next().unwrap().parse::<f64>().unwrap()
    };
    let run = ["--precision", "interval", "--time", "3", "--points", "7", "--optimizer"];
    let (rows, said) = table(&[&run[..], &["gd"]].concat());
    let relative = |name: &str, row: usize| {
        let (lo, hi) = pair(&rows, row, name);
        (hi - lo) / lo
    };
    let names = ["signal", "spike", "bulk"];
    let most = (1..8).flat_map(|row| names.map(|name| relative(name, row))).fold(0.0, f64::max);
    let told = widest(&said, "gd: every coefficient is known to ");
    // told to two digits
    assert!((told - most).abs() <= 0.06 * most && most < 1e-11, "{said} {most}");
    // SpecGD's spike and bulk reach 0, exactly
    let (_, said) = table(&[&run[..], &["specgd"]].concat());
    assert!(widest(&said, "specgd: every coefficient is known to ") < 1e-11, "{said}");
}

#[test]
fn certified_events_hold_the_closed_forms() {
    let (rows, _) = table(&["--optimizer", "specgd", "--events", "--precision", "interval"]);
    assert_eq!(rows[0], ["time_lo", "time_hi", "event", "coefficient"]);
    let last = rows.len() - 1;
    let (lo, hi) = pair(&rows, last, "time");
    let optimum = (102.0_f64 / 101.0).sqrt() - 1e-3; // ((d + 2)/(d + 1))^(1/2) - alpha
    assert!(rows[last][2] == "optimum" && lo <= optimum && optimum <= hi && hi - lo < 1e-11, "{:?}", rows[last]);
    let (rows, _) = table(&["--optimizer", "gd", "--events", "--time", "5", "--precision", "interval"]);
    let escape = rows.iter().position(|row| row[2] == "escape").expect("it escapes");
    let (lo, hi) = pair(&rows, escape, "time");
    let (plain, _) = table(&["--optimizer", "gd", "--events", "--time", "5"]);
    let time: f64 = plain.iter().find(|row| row[1] == "escape").unwrap()[0].parse().unwrap();
    assert!(hi - lo < 1e-12 && lo - 1e-12 <= time && time <= hi + 1e-12, "[{lo}, {hi}] {time}");
}

#[test]
fn parameters_may_be_intervals_and_what_is_too_wide_says_so() {
    let run = ["--optimizer", "gd", "--precision", "interval", "--time", "1", "--points", "2"];
    // From no spike at all to a strong one.
    let (rows, _) = table(&[&run[..], &["--spike", "[0, 4]"]].concat());
    let ((least, most), end) =
        (pair(&rows, 2, "spike"), |strength| table(&[&run[..], &["--spike", strength]].concat()).0);
    assert!(least <= pair(&end("0"), 2, "spike").0 && pair(&end("4"), 2, "spike").1 <= most && most < 1.0);
    refused(&[&run[..], &["--spike", "[-1e-9, 4]"]].concat(), "a finite number >= 0");
    let (thin, _) = table(&[&run[..], &["--spike", "20.005"]].concat());
    let (wide, _) = table(&[&run[..], &["--spike", "[20, 20.01]"]].concat());
    for name in ["signal", "spike", "bulk", "amplification"] {
        let ((a, b), (c, d)) = (pair(&thin, 2, name), pair(&wide, 2, name));
        assert!(c <= a && b <= d && d - c > 100.0 * (b - a), "{name}");
    }
    let (rows, said) = exits(2, &[&run[..], &["--spike", "[1, 400]", "--init", "[1e-6, 1e-1]"]].concat());
    assert!(said.contains("too widely") && rows.last().unwrap().concat().contains("undecided"), "{said}");
    refused(&["--optimizer", "power:0.5", "--precision", "interval"], "in intervals");
    refused(&["--optimizer", "gd", "--precision", "interval", "--overlap", "0.5", "--time", "1"], "precision");
    refused(&["--optimizer", "gd", "--precision", "interval", "--init", "[0, 1]", "--time", "1"], "init");
}

/// Not knowing which of two events comes first is said in words, and the run goes on with the hull.
#[test]
fn an_order_of_events_that_is_undecided_is_said_in_words() {
    let certify = |model: &[&str]| {
        table(
            &[&["--optimizer", "specgd", "--precision", "interval", "--events", "--init", "0.0009765625"], model]
                .concat(),
        )
    };
    // variances equal to 17 digits: 1/10 and the next decimal, which enclosures of doubles cannot tell apart
    let (rows, said) = certify(&["--spectrum", "steps:1*1,0.1*2,3*4,0.10000000000000001*3", "--signal-index", "1"]);
    let which = |what: &str, i: u8, j: u8| format!("which comes first, w{i} {what} or w{j} {what}");
    for what in ["reaching its surface", "leaving its surface", "reaching zero"] {
        assert!(said.contains(&which(what, 1, 3)) || said.contains(&which(what, 3, 1)), "{said}");
    }
    assert!(said.lines().all(|line| line.starts_with("specgd: ") && !line.contains("undecided at")), "{said}");
    assert_eq!(rows.last().unwrap()[2], "optimum");
    // alone the spike would have to slide at exactly the greatest speed
    let (rows, said) = certify(&["--spike", "2", "--dim", "10"]);
    assert!(said.contains("whether spike keeps to its surface"), "{said}");
    assert_eq!(rows.last().unwrap()[2], "optimum");
    let (_, said) = certify(&["--spike", "20"]);
    assert!(said.starts_with("specgd: every event is known to ") && said.lines().count() == 1, "{said}");
}

/// A wide parameter is cut into parts, and what is printed holds every number of it.
#[test]
fn a_wide_parameter_holds_each_of_its_numbers() {
    let run = ["--optimizer", "gd", "--time", "5", "--points", "6"];
    let (wide, _) = table(&[&run[..], &["--spike", "[19.9, 20]", "--precision", "interval"]].concat());
    let samples = ["19.9", "19.93", "19.97", "20"].map(|spike| table(&[&run[..], &["--spike", spike]].concat()).0);
    for row in 1..7 {
        for (column, name) in samples[0][0].iter().enumerate().skip(1) {
            let values = samples.iter().map(|rows| rows[row][column].parse::<f64>().unwrap());
            let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(a, b), x| (a.min(x), b.max(x)));
            let (lo, hi) = pair(&wide, row, name);
            assert!(lo <= least * (1.0 + 1e-12) && most <= hi * (1.0 + 1e-12), "{name} {row}");
        }
    }
    // Only above lambda = 2 does the spike rise and fall.
    let run = ["--optimizer", "gd", "--events", "--time", "20", "--spike", "[1, 4]", "--precision", "interval"];
    let (rows, said) = exits(2, &run);
    assert!(rows.iter().any(|row| row[2] == "escape") && said.contains("depends on the parameters"), "{said}");
}

/// The exact recursion, decided sign by sign, is inside the one in intervals.
#[test]
fn the_recursion_in_intervals_holds_the_exact_one() {
    let run = ["--optimizer", "specgd", "--step-size", "0.001", "--steps", "900", "--points", "10"];
    let (exact, _) = table(&[&run[..], &["--precision", "exact"]].concat());
    let (rows, _) = table(&[&run[..], &["--precision", "interval"]].concat());
    for row in 1..exact.len() {
        for (column, name) in [(2, "signal"), (3, "spike"), (4, "bulk"), (5, "risk")] {
            let (lo, hi) = pair(&rows, row, name);
            let exact: f64 = exact[row][column].parse().unwrap();
            assert!(lo <= exact && exact <= hi && hi - lo < 1e-12, "{name} {row}: {exact} in [{lo}, {hi}]");
        }
    }
}

/// The recursion of GD keeps its digits to the end, holds the plain one, and beyond its step's ceiling says since when it does not.
#[test]
fn the_certified_recursion_of_gradient_descent_goes_all_the_way() {
    let run = ["--optimizer", "gd", "--step-size", "0.01", "--time", "50", "--points", "11"];
    let (plain, _) = table(&run);
    let (rows, said) = table(&[&run[..], &["--precision", "interval"]].concat());
    assert!(rows.len() == plain.len() && said.starts_with("gd: every coefficient is known to "), "{said}");
    for row in 1..plain.len() {
        for name in ["signal", "spike", "bulk", "amplification", "alignment"] {
            let (lo, hi) = pair(&rows, row, name);
            let column = plain[0].iter().position(|column| column == name).unwrap();
            let value: f64 = plain[row][column].parse().unwrap();
            // 5000 steps, each of which rounds the plain run by a unit or two.
            assert!(lo > 0.0 && hi - lo <= 1e-11 * hi, "{name} {row}: [{lo}, {hi}]");
            let holds = lo * (1.0 - 1e-11) <= value && value <= hi * (1.0 + 1e-11);
            assert!(holds, "{name} {row}: {value} in [{lo}, {hi}]");
        }
    }
    let said = |rest: [&str; 4]| {
        let run = [&["--optimizer", "gd", "--time", "5", "--precision", "interval"], &rest[..]].concat();
        String::from_utf8(population(&run).stderr).unwrap()
    };
    // The ceiling is 2/(2 * 21) = 0.0476: beyond it signs change, and far beyond it everything certainly diverges.
    let unstable = said(["--step-size", "0.05", "--spike", "20"]);
    assert!(
        unstable.contains("since t = 2.05") && unstable.contains("this step multiplies coefficient 1"),
        "{unstable}"
    );
    assert!(said(["--step-size", "0.3", "--spike", "20"]).contains("diverged"));
}

#[cfg(feature = "mpfr")]
mod at_bits {
    use super::*;

    /// The boundary is sharp only as alpha -> 0: so close above it, only a tiny start shows the amplification.
    #[test]
    fn gradient_descent_from_1e_300_just_above_the_threshold_is_amplified() {
        let run = ["--optimizer", "gd", "--spike", "2.0001", "--init", "1e-300", "--until", "signal>=0.5"];
        let (rows, _) = table(&[&run[..], &["--precision", "256", "--points", "3"]].concat());
        let last = rows.last().unwrap();
        let amplification: f64 = last.last().unwrap().parse().unwrap();
        // (1 - 3/mu) log(1/alpha) = 0.0230252 in the logarithm, less what the end of the escape loses, of the order mu - 3.
        assert!((0.0226..0.023_026).contains(&amplification.ln()), "{amplification}");
        assert!(last[1].len() > 70, "all digits are printed: {}", last[1]);
        let (below, _) =
            table(&[&["--optimizer", "gd", "--spike", "1.9999"], &run[4..], &["--precision", "256"]].concat());
        assert_eq!(below.last().unwrap().last().unwrap(), "1");
    }

    #[test]
    fn two_precisions_are_compared_and_agree() {
        for (optimizer, step) in [("gd", None), ("specgd", None), ("gd", Some("0.01")), ("power:0.5", None)] {
            let mut arguments = vec!["--optimizer", optimizer, "--time", "1", "--points", "5"];
            arguments.extend(step.map(|_| "--step-size").into_iter().chain(step));
            arguments.extend(["--precision", "128", "--ladder"]);
            let (rows, said) = table(&arguments);
            assert!(said.contains("128 bits and 256 bits agree to at least"), "{said}");
            assert_eq!(rows[0].last().unwrap(), "digits");
            for row in &rows[1..] {
                // 38 digits; a hundred operations, none of which amplifies an error by more than a thousand
                assert!(row.last().unwrap().parse::<f64>().unwrap() > 33.0, "{optimizer}: {row:?}");
            }
        }
        let (events, _) = table(&["--optimizer", "specgd", "--precision", "64", "--ladder", "--events"]);
        assert!(events.len() > 8 && events[0].last().unwrap() == "digits");
    }

    #[test]
    fn too_few_bits_for_a_series_are_refused_as_such() {
        refused(
            &["--optimizer", "gd", "--precision", "6", "--time", "1"],
            "precision = 6 is outside its domain: at least 7 bits",
        );
        table(&["--optimizer", "gd", "--precision", "7", "--time", "0.1", "--points", "2"]);
    }

    #[test]
    fn more_bits_than_a_series_can_take_are_refused_with_the_reason() {
        for optimizer in ["gd", "power:0.5"] {
            for bits in ["16385", "1048576"] {
                refused(
                    &["--optimizer", optimizer, "--precision", bits, "--time", "1"],
                    &format!("precision = {bits} is outside its domain: at most 16384 bits"),
                );
            }
        }
        let (rows, _) = table(&["--optimizer", "specgd", "--precision", "65536", "--time", "0.5", "--at", "0.3"]);
        assert!(rows[1][2].len() > 19_000);
    }

    #[test]
    fn four_thousand_bits_print_twelve_hundred_digits() {
        let (rows, _) = table(&["--optimizer", "specgd", "--precision", "4096", "--time", "0.5", "--at", "0.3"]);
        assert!(rows[1][2].len() > 1_200, "{}", rows[1][2].len());
    }
}
