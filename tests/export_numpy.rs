//! NPZ against its reader: NumPy loads what we write. Needs a Python with NumPy, so it runs when asked for (as `.ci/run` does):
//! `SPECDYN_PYTHON=python3 cargo test --test export_numpy -- --ignored`. What needs no NumPy is tested beside the writer.

use specdyn::export::{Cell, Table, write_new, write_npz};
use std::process::Command;

#[test]
#[ignore = "needs a Python with NumPy: SPECDYN_PYTHON=python3 cargo test --test export_numpy -- --ignored"]
fn numpy_loads_every_column() {
    let python = std::env::var("SPECDYN_PYTHON").unwrap_or_else(|_| "python3".into());
    let numpy = Command::new(&python).args(["-c", "import numpy"]).output();
    assert!(numpy.is_ok_and(|run| run.status.success()), "{python} has no numpy; SPECDYN_PYTHON names another Python");
    let mut table = Table::new(["step", "signal", "risk", "digits", "status"]);
    table.push(vec![0_i64.into(), 1e-3.into(), 0.1.into(), Cell::decimal("0.1000000000000000000001"), "ok".into()]);
    table.push(vec![
        (-7_i64).into(),
        f64::INFINITY.into(),
        Cell::Empty,
        Cell::decimal("2e-400"),
        "\u{3bb} diverged".into(),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.npz");
    write_new(&path, false, |out| write_npz(&table, out)).unwrap();
    let script = "
import sys, zipfile, numpy as np
assert zipfile.ZipFile(sys.argv[1]).testzip() is None
a = np.load(sys.argv[1])
assert a.files == ['step', 'signal', 'risk', 'digits', 'status'], a.files
assert a['step'].dtype == np.int64 and list(a['step']) == [0, -7]
assert a['signal'].dtype == np.float64 and list(a['signal']) == [1e-3, np.inf]
assert a['risk'][0] == 0.1 and np.isnan(a['risk'][1])
assert list(a['digits']) == ['0.1000000000000000000001', '2e-400']
assert list(a['status']) == ['ok', '\u{3bb} diverged']
";
    let run = Command::new(&python).arg("-c").arg(script).arg(&path).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
