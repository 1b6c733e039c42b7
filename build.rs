//! Tells the crate what it is built from: the target triple, and the commit where one can be known without running git.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SPECDYN_COMMIT");
    println!("cargo::rustc-env=SPECDYN_TARGET={}", env::var("TARGET").unwrap_or_default());
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    if let Some(commit) = given().or_else(|| checked_out(&root)).or_else(|| packaged(&root)) {
        println!("cargo::rustc-env=SPECDYN_BUILD_COMMIT={commit}");
    }
}

/// The commit in the environment variable `SPECDYN_COMMIT`, for builds outside a clone.
fn given() -> Option<String> {
    hash(&env::var("SPECDYN_COMMIT").ok()?)
}

/// The commit checked out in the package's own clone (never in a repository further up: that would be another project).
fn checked_out(root: &Path) -> Option<String> {
    let dot_git = root.join(".git");
    let git = if dot_git.is_file() {
        root.join(read(&dot_git)?.strip_prefix("gitdir:")?.trim()) // a linked work tree
    } else {
        dot_git
    };
    let shared = read(&git.join("commondir")).map_or_else(|| git.clone(), |dir| git.join(dir.trim()));
    watch(&git.join("HEAD"));
    watch(&git.join("logs/HEAD")); // moves with every commit, also where the reference below is packed
    let head = read(&git.join("HEAD"))?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else { return hash(&head) };
    watch(&shared.join(reference));
    watch(&shared.join("packed-refs"));
    read(&shared.join(reference)).and_then(|loose| hash(&loose)).or_else(|| {
        read(&shared.join("packed-refs"))?
            .lines()
            .find_map(|line| hash(line.strip_suffix(reference)?.strip_suffix(' ')?))
    })
}

/// The commit that `cargo package` noted in the published archive.
fn packaged(root: &Path) -> Option<String> {
    let note = read(&root.join(".cargo_vcs_info.json"))?;
    hash(note.split("\"sha1\"").nth(1)?.split('"').nth(1)?)
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// Rebuild when this file changes; a missing one would count as changed on every build.
fn watch(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

fn hash(text: &str) -> Option<String> {
    let text = text.trim();
    ((7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_owned())
}
