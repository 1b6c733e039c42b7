//! Spectra from text and from files: what is read, and what is refused with its line and reason.

use proptest::prelude::*;
use specdyn::spectrum::{Spectrum, SpectrumError, SpectrumSpec};
use std::io::Write;

fn spec(text: &str) -> SpectrumSpec {
    text.parse().unwrap()
}

/// The spectrum of a file with this content, its signal on group `signal`.
fn from_file(content: &[u8], signal: u64) -> Result<Spectrum<f64>, SpectrumError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    spec(&format!("file:{}", file.path().display())).spectrum(0, signal, &())
}

#[test]
fn steps_are_groups_in_their_order() {
    let spectrum: Spectrum = spec("steps:1*1, 21*1 ,1*98").spectrum(0, 1, &()).unwrap();
    assert_eq!((spectrum.variance(), spectrum.multiplicity()), (&[1.0, 21.0, 1.0][..], &[1.0, 1.0, 98.0][..]));
    let on_the_last: Spectrum = spec("steps:1*1,21*1,1*98").spectrum(0, 3, &()).unwrap();
    assert_eq!(on_the_last.variance(), [1.0, 1.0, 21.0, 1.0]);
    assert_eq!(on_the_last.multiplicity(), [1.0, 1.0, 1.0, 97.0]);
    assert_eq!(spec("steps:1*1,21*1,1*98").dimension(), Some(100));
}

#[test]
fn a_specification_prints_as_it_is_read() {
    for text in ["power-law:1.5", "steps:0.1*3,20*1", "file:some where/spectrum.csv"] {
        assert_eq!(spec(text).to_string(), text);
        assert_eq!(spec(&spec(text).to_string()), spec(text));
    }
}

#[test]
fn a_power_law_takes_its_dimension_from_outside() {
    let spectrum: Spectrum = spec("power-law:2").spectrum(50, 2, &()).unwrap();
    assert_eq!((spectrum.dimension(), spectrum.groups()), (50, 50));
    assert_eq!(spectrum, Spectrum::power_law(&2.0, 50, 2).unwrap());
}

#[test]
fn sorted_files_are_read_either_way() {
    for (content, variances) in [
        ("variance,multiplicity\n3,1\n2,5\n2,1\n1e-3,94\n", [3.0, 2.0, 2.0, 1e-3]),
        ("variance,multiplicity\r\n0.001,94\r\n2,1\r\n\r\n2,5\r\n3,1", [1e-3, 2.0, 2.0, 3.0]),
        ("\u{feff}variance, multiplicity\n 3 , 1 \n2,5\n2,1\n1e-3,94\n", [3.0, 2.0, 2.0, 1e-3]),
    ] {
        let signal = if variances[0] == 3.0 { 1 } else { 4 };
        let spectrum = from_file(content.as_bytes(), signal).unwrap();
        assert_eq!(spectrum.variance()[0], 3.0);
        assert_eq!(spectrum.groups(), 4);
        assert_eq!(spectrum.dimension(), 101);
    }
}

#[test]
fn an_unusable_file_is_refused_with_its_line_and_reason() {
    let long = [b"variance,multiplicity\n".as_slice(), &[b'1'; 10_000]].concat();
    for (content, line, reason) in [
        (b"".as_slice(), 1, "empty"),
        (b"q,n\n1,1\n", 1, "first line"),
        (b"variance,multiplicity\n", 2, "no group"),
        (b"variance,multiplicity\n3,1\n1,1\n2,1\n", 4, "not sorted: they rise at line 4 and fall at line 3"),
        (b"variance,multiplicity\n1,1\n2,0\n", 3, "multiplicity \"0\""),
        (b"variance,multiplicity\n1,-1\n", 2, "multiplicity \"-1\""),
        (b"variance,multiplicity\n1,+1\n", 2, "multiplicity \"+1\""),
        (b"variance,multiplicity\n1,1.5\n", 2, "multiplicity \"1.5\""),
        (b"variance,multiplicity\n1,9007199254740993\n", 2, "2^53"),
        (b"variance,multiplicity\n1,1,1\n", 2, "multiplicity \"1,1\""),
        (b"variance,multiplicity\nabc,1\n", 2, "variance \"abc\""),
        (b"variance,multiplicity\n0,1\n", 2, "variance \"0\""),
        (b"variance,multiplicity\n-1,1\n", 2, "variance \"-1\""),
        (b"variance,multiplicity\nnan,1\n", 2, "variance \"nan\""),
        (b"variance,multiplicity\n1e999,1\n", 2, "variance \"1e999\""),
        (b"variance,multiplicity\n1\n", 2, "one field"),
        (b"variance,multiplicity\n\xff,1\n", 2, "not a line of text"),
        (long.as_slice(), 2, "not a line of text"),
    ] {
        match from_file(content, 1) {
            Err(SpectrumError::Unusable { line: at, reason: why, .. }) => {
                assert!(at == line && why.contains(reason), "line {at}: {why}; expected line {line}: {reason}");
            }
            other => panic!("{reason}: {other:?}"),
        }
    }
}

#[test]
fn a_missing_file_is_not_a_wrong_parameter_and_a_wrong_parameter_is_not_a_bad_file() {
    assert!(matches!(
        spec("file:/nonexistent/spectrum.csv").spectrum::<f64>(0, 1, &()),
        Err(SpectrumError::Unreadable { .. })
    ));
    let domain = |text: &str, dimension, signal| match spec(text).spectrum::<f64>(dimension, signal, &()) {
        Err(SpectrumError::Domain(error)) => error.parameter,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(domain("power-law:-1", 10, 1), "exponent");
    assert_eq!(domain("power-law:x", 10, 1), "exponent");
    assert_eq!(domain("power-law:1", 10, 11), "signal-index");
    assert_eq!(domain("steps:0*1", 0, 1), "variance");
    assert_eq!(domain("steps:1*1", 0, 0), "signal-index");
    assert_eq!(domain("steps:1*1", 0, 2), "signal-index");
    assert_eq!(domain("steps:1*9007199254740992,1*1", 0, 1), "dim");
}

#[test]
fn what_is_no_specification_is_refused() {
    for text in ["", "steps", "steps:", "steps:1", "steps:1*", "steps:1*0", "steps:1*1,", "file:", "law:1", "power-law"]
    {
        assert!(text.parse::<SpectrumSpec>().is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_and_no_file_makes_it_panic(text in ".{0,40}", content in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(spec) = text.parse::<SpectrumSpec>()
            && !matches!(spec, SpectrumSpec::File(_))
        {
            let _ = spec.spectrum::<f64>(10, 1, &());
        }
        let _ = from_file(&content, 1);
        let _ = from_file(&[b"variance,multiplicity\n".as_slice(), &content].concat(), 1);
    }
}
