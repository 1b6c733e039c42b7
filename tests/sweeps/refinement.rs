//! A refined boundary is as sharp as that of the full grid, for a part of its cells.

use super::{done, folder, phase_diagram, run};
use std::collections::BTreeMap;
use std::path::Path;

/// x, y, optimizer to value, as texts.
fn cells(folder: &Path) -> BTreeMap<[String; 3], String> {
    let table = std::fs::read_to_string(folder.join("cells.csv")).unwrap();
    let row = |line: &str| {
        let fields: Vec<String> = line.split(',').map(String::from).collect();
        ([fields[0].clone(), fields[1].clone(), fields[2].clone()], fields[3].clone())
    };
    table.lines().skip(1).map(row).collect()
}

#[test]
fn every_crossing_of_the_level_on_the_full_grid_is_between_two_cells_of_the_refined_one() {
    let (_guard, path) = folder();
    let (full, refined) = (path.join("full"), path.join("refined"));
    run(phase_diagram(&full, "--x spike=0:20:129 --y init=1e-4:1e-1:97:log --optimizer gd --plot svg"), 0);
    let options = "--x spike=0:20:9 --y init=1e-4:1e-1:7:log --optimizer gd --refine boundary:4 --plot svg";
    run(phase_diagram(&refined, options), 0);
    let (all, some) = (cells(&full), cells(&refined));
    assert!(some.len() < all.len() / 6, "{} of {} cells", some.len(), all.len());
    assert_eq!(some.len() as u64, done(&refined));
    assert!(
        some.iter().all(|(cell, value)| all.get(cell) == Some(value)),
        "a refined cell is not one of the full grid"
    );
    let table = std::fs::read_to_string(full.join("cells.csv")).unwrap();
    let rows: Vec<[String; 3]> = table
        .lines()
        .skip(1)
        .map(|line| line.split(',').take(3).map(String::from).collect::<Vec<_>>().try_into().unwrap())
        .collect();
    let above = |row: &[String; 3]| all[row].parse::<f64>().unwrap() > 1.01;
    let mut crossings = 0;
    for j in 0..97 {
        for i in 0..129 {
            let here = &rows[j * 129 + i];
            for there in [(i < 128).then(|| &rows[j * 129 + i + 1]), (j < 96).then(|| &rows[(j + 1) * 129 + i])] {
                let Some(there) = there.filter(|there| above(here) != above(there)) else { continue };
                crossings += 1;
                assert!(some.contains_key(here) && some.contains_key(there), "{here:?} to {there:?}");
            }
        }
    }
    assert!(crossings > 100, "{crossings} crossings");
}

#[test]
fn cells_of_an_earlier_grid_have_no_part_in_what_is_refined() {
    let (_guard, path) = folder();
    let options = "--x spike=0:20:9 --y init=1e-4:1e-1:7:log --optimizer gd --refine boundary:2 --plot svg";
    let (fresh, after) = (path.join("fresh"), path.join("after"));
    run(phase_diagram(&fresh, options), 0);
    run(phase_diagram(&after, "--x spike=0:20:33 --y init=1e-4:1e-1:25:log --optimizer gd --plot svg"), 0);
    run(phase_diagram(&after, &format!("{options} --resume")), 0);
    assert!(super::artefacts(&fresh) == super::artefacts(&after));
}

#[test]
fn a_level_is_needed_where_there_is_no_natural_one() {
    let (_guard, path) = folder();
    let options =
        "--x spike=0:20:5 --y init=1e-3:1e-1:5 --observe escape-time --optimizer gd --refine boundary:1 --plot svg";
    assert!(run(phase_diagram(&path.join("a"), options), 64).contains("--level"));
    run(phase_diagram(&path.join("a"), &format!("{options} --level 3")), 0);
    for refine in ["boundary:0", "boundary:17", "edge", "boundary:x", "boundary3"] {
        let options = format!("--refine {refine} --x spike=0:20:5 --y init=1e-3:1e-1:5");
        assert!(run(phase_diagram(&path.join("b"), &options), 64).contains("refine"));
    }
    assert!(run(phase_diagram(&path.join("b"), "--refine boundary:16"), 64).contains("cells"));
}
