//! What a sweep leaves behind depends on its cells alone.

use super::{artefacts, folder, phase_diagram, run, specdyn};
use std::path::Path;

/// Flows and recursions, all three kinds of methods, cells that diverge.
const SWEEPS: [(&str, i32); 3] = [
    ("--x spike=0:20:13 --y init=1e-6:1e-1:11:log --optimizer gd,specgd,power:0.5 --plot svg", 0),
    ("--x step-size=0.1:1.5:12 --y dim=3:40:9 --observe escape-time --optimizer gd,specgd --plot svg", 2),
    ("--x spike=0:20:5 --y init=1e-5:1e-1:5:log --optimizer gd,specgd --refine boundary:3 --plot svg", 0),
];

fn merged(parts: &[impl AsRef<Path>], output: &Path, code: i32) {
    let parts: Vec<&str> = parts.iter().map(|part| part.as_ref().to_str().unwrap()).collect();
    let merge = specdyn(&[&["merge", "--plot", "svg", "--output", output.to_str().unwrap()], &parts[..]].concat());
    assert_eq!(merge.status.code(), Some(code), "{}", String::from_utf8_lossy(&merge.stderr));
}

#[test]
fn artefacts_do_not_depend_on_the_number_of_threads() {
    for (sweep, code) in SWEEPS {
        let (_guard, path) = folder();
        let with = |threads: usize| {
            let output = path.join(threads.to_string());
            run(phase_diagram(&output, &format!("{sweep} --threads {threads}")), code);
            artefacts(&output)
        };
        let one = with(1);
        for threads in 2..=16 {
            assert!(with(threads) == one, "{sweep}: {threads} threads differ from one");
        }
    }
}

#[test]
fn artefacts_do_not_depend_on_shards_or_their_order() {
    for (sweep, code) in SWEEPS {
        let (_guard, path) = folder();
        run(phase_diagram(&path.join("whole"), sweep), code);
        let whole = artefacts(&path.join("whole"));
        for count in [1, 2, 3, 7] {
            let part = |i: usize| path.join(format!("{i} of {count}"));
            // A refinement takes rounds: what one shard found, the others must know. A last one, unsharded, does what is left.
            let rounds = if sweep.contains("--refine") { 4 } else { 1 };
            let joined = path.join(format!("joined {count}"));
            for round in 0..rounds {
                for i in (1..=count).rev() {
                    let mut shard = phase_diagram(&part(i), &format!("{sweep} --resume --shard {i}/{count}"));
                    if round > 0 {
                        shard.arg("--from").arg(&joined);
                    }
                    let code = shard.output().unwrap().status.code();
                    assert!(matches!(code, Some(0 | 2)), "{shard:?}: {code:?}");
                }
                let parts: Vec<String> = (1..=count).map(|i| part(i).to_str().unwrap().to_string()).collect();
                let mut arguments = vec!["merge", "--resume", "--plot", "svg", "--output", joined.to_str().unwrap()];
                arguments.extend(parts.iter().map(String::as_str));
                let merge = specdyn(&arguments);
                assert!(matches!(merge.status.code(), Some(0 | 2)), "{}", String::from_utf8_lossy(&merge.stderr));
            }
            run(phase_diagram(&joined, &format!("{sweep} --resume")), code);
            assert!(artefacts(&joined) == whole, "{sweep}: {count} shards differ from none");
        }
    }
}

#[test]
fn merging_is_the_same_in_any_order() {
    let (_guard, path) = folder();
    let (sweep, code) = SWEEPS[1];
    let parts: Vec<_> = (1..=3).map(|i| path.join(i.to_string())).collect();
    for (part, i) in parts.iter().zip(1..) {
        phase_diagram(part, &format!("{sweep} --shard {i}/3")).output().unwrap();
    }
    let order = |name: &str, order: [usize; 4]| {
        let output = path.join(name);
        merged(&order.map(|i| &parts[i]), &output, code);
        artefacts(&output)
    };
    let forwards = order("forwards", [0, 1, 2, 0]);
    assert!(forwards == order("backwards", [2, 1, 0, 2]) && forwards == order("twice", [1, 1, 0, 2]));
}

/// Cells that a grid computes when it grows from `small` to `large`, as far as the log's length tells: 26 bytes each, and the frames around
/// them. It equals one that never grew.
fn added_by_growing(small: &str, large: &str) -> u64 {
    let (_guard, path) = folder();
    let (grown, never) = (path.join("grown"), path.join("never"));
    let length = || std::fs::metadata(grown.join("cells.log")).unwrap().len();
    run(phase_diagram(&grown, small), 0);
    let before = length();
    run(phase_diagram(&grown, &format!("{large} --resume")), 0);
    run(phase_diagram(&never, large), 0);
    assert!(artefacts(&grown) == artefacts(&never));
    (length() - before) / 26
}

#[test]
fn a_grown_grid_keeps_what_exists_and_equals_one_that_never_grew() {
    let small = "--x spike=0:20:6 --y init=1e-6:1e-1:6:log --optimizer gd --plot svg";
    let large = "--x spike=0:20:11 --y init=1e-6:1e-1:11:log --optimizer specgd,gd --plot svg";
    // 36 of 242 cells were there.
    let added = added_by_growing(small, large);
    assert!((206..206 + 100).contains(&added), "{added} cells were added");
}

#[test]
fn a_grid_that_grows_beyond_its_ends_keeps_what_exists() {
    let small = "--x spike=0:20:41 --y init=1e-5:1e-1:9:log --optimizer specgd --plot svg";
    let large = "--x spike=0:30:61 --y init=1e-8:1e-1:15:log --optimizer specgd --plot svg";
    // 369 of 915 cells were there.
    let added = added_by_growing(small, large);
    assert!((546..546 + 100).contains(&added), "{added} cells were added");
}
