//! The house keeps its order: a layer uses the layers before it and nothing else, and no file grows past 400 lines.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers, in the order of dependency. `export` takes plain numbers and texts, so it stands outside the line.
const LAYERS: [&str; 15] = [
    "scalar",
    "product",
    "spectrum",
    "weights",
    "risk",
    "descent",
    "trajectory",
    "observe",
    "experiment",
    "simulation",
    "claims",
    "kit",
    "sweep",
    "export",
    "cli",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The layers that `text` names after `crate::`, outside of comments; `use crate::{a, b}` included.
fn named_layers(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut named = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let after = &code[at + "crate::".len()..];
        let names = match after.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default(),
            None => after.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default(),
        };
        let words = names.split(',').map(|name| name.split("::").next().unwrap_or_default().trim().to_string());
        named.extend(words.filter(|name| LAYERS.contains(&name.as_str())));
    }
    named
}

#[test]
fn a_layer_uses_only_the_layers_before_it() {
    let place = |name: &str| LAYERS.iter().position(|l| *l == name).unwrap();
    for layer in LAYERS {
        for file in sources(&root().join(layer)) {
            for used in named_layers(&fs::read_to_string(&file).unwrap()) {
                assert!(place(&used) <= place(layer), "{} uses {used}, a later layer", file.display());
                assert!(layer != "export" || used == "export" || used == "scalar", "{} knows {used}", file.display());
            }
        }
    }
}

#[test]
fn every_folder_of_the_source_is_a_layer() {
    for entry in fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            assert!(LAYERS.contains(&name.as_str()), "{name} is not in the order of layers");
        }
    }
}

#[test]
fn no_file_of_code_grows_past_400_lines() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests", "benches", "examples"] {
        for file in sources(&package.join(folder)) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines <= 400, "{} has {lines} lines", file.display());
        }
    }
}

/// A chapter is one argument: its sections cite each other's equations by number, and its name is part of the identity of every claim
/// in it, so it is not divided as lightly as code. At twice the length of a page of code it would be two arguments all the same.
#[test]
fn no_chapter_grows_past_600_lines_and_each_is_listed_and_mounted() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let contents = fs::read_to_string(package.join("derivations/README.md")).unwrap();
    let mounted = fs::read_to_string(package.join("src/derivations.rs")).unwrap();
    for entry in fs::read_dir(package.join("derivations")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() <= 600, "{name} has {} lines", text.lines().count());
        assert!(mounted.contains(&format!("derivations/{name}\"")), "{name} is not in the documentation");
        assert!(
            name == "README.md" || contents.contains(&format!("`{name}`")),
            "{name} is not in the table of chapters"
        );
    }
}

#[test]
fn the_reader_of_use_lines_sees_what_it_should() {
    assert_eq!(
        named_layers("use crate::cli::CliError;\nuse crate::{scalar::Real, observe};\n// crate::sweep"),
        ["cli", "scalar", "observe"]
    );
}
