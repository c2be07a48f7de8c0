//! Builds the review page into `dist/`, compresses it and prints what a reviewer downloads.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::setup;
use crate::shell::{program, root, run, target};

/// What the WebAssembly files may weigh in all, brotli-compressed.
const WASM_LIMIT: u64 = 1_749_500;
/// What everything the page loads may weigh: scripts, styles and WebAssembly brotli-compressed, fonts as they are.
const ALL_LIMIT: u64 = 1_800_000;

/// Builds the page unless `dist/` is newer than everything it is made of.
pub(crate) fn build() -> Result<PathBuf> {
    let dist = root().join("dist");
    if !is_fresh(&dist)? {
        setup::page_tools()?;
        // Made before the build and renamed after it: what changes meanwhile is newer.
        let begun = stamp().with_extension("begun");
        fs::create_dir_all(target())?;
        fs::write(&begun, "")?;
        let _ = fs::remove_dir_all(&dist);
        run(program("trunk", &["build", "--release", "--offline"]).env("PATH", setup::path()?).env_remove("NO_COLOR"))?;
        compress(&dist)?;
        fs::rename(begun, stamp())?;
    }
    print_sizes(&dist)?;
    Ok(dist)
}

/// Its time is when the last build of `dist/` began.
fn stamp() -> PathBuf {
    target().join("page.built")
}

fn is_fresh(dist: &Path) -> Result<bool> {
    let Ok(built) = fs::metadata(stamp()).and_then(|meta| meta.modified()) else { return Ok(false) };
    if !dist.join("index.html").exists() {
        return Ok(false);
    }
    let mut inputs = Vec::new();
    for folder in ["planner/src", "web/src", "web/locales", "web/style", "planner/vendor"] {
        files(&root().join(folder), &mut inputs)?;
    }
    let single = [
        "Cargo.toml",
        "Cargo.lock",
        "Trunk.toml",
        "index.html",
        "planner/Cargo.toml",
        "web/Cargo.toml",
        "web/build.rs",
        "web/compress.mjs",
        "web/package-lock.json",
    ];
    inputs.extend(single.map(|file| root().join(file)));
    Ok(inputs.iter().all(|path| fs::metadata(path).and_then(|meta| meta.modified()).is_ok_and(|changed| changed <= built)))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn is_compressible(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["wasm", "js", "css", "html", "svg", "json"].iter().any(|it| extension == *it))
}

/// Writes `FILE.br` beside each text and WebAssembly file; the server sends it to browsers that take it.
fn compress(dist: &Path) -> Result<()> {
    let mut found = Vec::new();
    files(dist, &mut found)?;
    run(program("node", &["web/compress.mjs"]).args(found.iter().filter(|path| is_compressible(path))))
}

fn print_sizes(dist: &Path) -> Result<()> {
    let mut found = Vec::new();
    files(dist, &mut found)?;
    found.sort();
    let (mut wasm, mut all) = (0, 0);
    // What is compressed travels as its `.br`, the rest as it is.
    for path in found.iter().filter(|path| !is_compressible(path)) {
        let size = fs::metadata(path)?.len();
        all += size;
        let name = path.strip_prefix(dist).unwrap_or(path).display().to_string();
        if name.ends_with(".wasm.br") {
            wasm += size;
            eprintln!("  {name}: {size} bytes");
        }
    }
    eprintln!("wasm download (brotli): {wasm} bytes of {WASM_LIMIT} allowed; all assets: {all} bytes of {ALL_LIMIT} allowed");
    if wasm > WASM_LIMIT {
        bail!("the WebAssembly download is over its limit of {WASM_LIMIT} bytes");
    }
    if all > ALL_LIMIT {
        bail!("the page's assets are over their limit of {ALL_LIMIT} bytes");
    }
    Ok(())
}
