//! The page is embedded from `dist/` at the workspace root; without one the crate still compiles. What is kept between
//! runs names the planner's source it was made by.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn main() {
    println!("cargo:rerun-if-changed=../dist");
    println!("cargo:rerun-if-changed=build.rs");
    if let Err(error) = std::fs::create_dir_all("../dist") {
        println!("cargo:warning=dist/ cannot be created: {error}");
    }
    let mut files = vec![PathBuf::from("../Cargo.lock")];
    gather(Path::new("../planner/src"), &mut files);
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        println!("cargo:rerun-if-changed={}", file.display());
        hash.update(file.to_string_lossy().as_bytes());
        hash.update(std::fs::read(&file).unwrap_or_default());
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo:rustc-env=FLIGHTPLAN_PLANNER={hash}");
}

/// All files below a folder, and the folders themselves, for a file may come.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo:rerun-if-changed={}", folder.display());
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() { gather(&path, files) } else { files.push(path) }
    }
}
