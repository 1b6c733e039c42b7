//! CSV: what is read is rectangular, what is written is read again, and a spectrum file is refused or has sorted, positive variances.
#![no_main]

use specdyn::experiment::Status;
use specdyn::export::{read_csv, write_csv_row};
use specdyn::spectrum::SpectrumSpec;

fn spectrum(bytes: &[u8]) {
    // Memory, where there is such a folder; one file a process.
    let folder = std::path::Path::new("/dev/shm");
    let folder = if folder.is_dir() { folder.to_path_buf() } else { std::env::temp_dir() };
    let path = folder.join(format!("specdyn-fuzz-{}.csv", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    if let Ok(groups) = SpectrumSpec::File(path).groups::<f64>(&()) {
        assert!(!groups.is_empty() && groups.iter().all(|g| g.variance > 0.0 && g.multiplicity > 0));
        assert!(groups.is_sorted_by(|a, b| a.variance <= b.variance) || groups.is_sorted_by(|a, b| a.variance >= b.variance));
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    spectrum(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let status = Status::from_text(text);
    assert_eq!(Status::from_text(&status.to_string()), status);
    let Ok(records) = read_csv(text) else { return };
    assert!(records.rows.iter().all(|row| row.len() == records.columns.len()));
    let mut written = Vec::new();
    for row in std::iter::once(&records.columns).chain(&records.rows) {
        let cells: Vec<_> = row.iter().map(|field| field.as_str().into()).collect();
        write_csv_row(&cells, &mut written).unwrap();
    }
    let again = read_csv(std::str::from_utf8(&written).unwrap()).unwrap();
    // Texts that a spreadsheet would run come back with an apostrophe in front, all others as they were.
    let same = |before: &str, after: &str| before == after || after.strip_prefix('\'') == Some(before);
    let rows = |records: &specdyn::export::Records| [vec![records.columns.clone()], records.rows.clone()].concat();
    for (before, after) in rows(&records).iter().zip(rows(&again)) {
        assert!(before.iter().zip(&after).all(|(before, after)| same(before, after)), "{before:?} {after:?}");
    }
    let dangerous = |field: &String| field.starts_with(['=', '+', '-', '@', '\t', '\r']) && field.parse::<f64>().is_err();
    assert!(!rows(&again).iter().flatten().any(dangerous));
});
