//! Compiles the page's texts: see `locales/compile.rs`.

// How a build script speaks to Cargo.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[allow(unreachable_pub)] // the library's tests read the same file
#[path = "locales/compile.rs"]
mod compile;

use compile::{Source, compile};

/// The languages by the names of their folders; English first, which the others are held against.
const LANGUAGES: [&str; 2] = ["en", "de"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=locales");
    println!("cargo::rerun-if-changed=build.rs");
    let languages =
        LANGUAGES.iter().map(|language| sources(&Path::new("locales").join(language))).collect::<io::Result<Vec<_>>>()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    match compile(&languages) {
        Ok(compiled) => {
            for (language, table) in LANGUAGES.iter().zip(&compiled.tables) {
                fs::write(out.join(format!("{language}.txt")), table)?;
            }
            fs::write(out.join("say.rs"), compiled.functions)
        }
        Err(wrong) => {
            for one in wrong {
                println!("cargo::error=web/{one}");
            }
            Ok(())
        }
    }
}

/// The files of a language by name.
fn sources(folder: &Path) -> io::Result<Vec<Source>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    let ftl = paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "ftl"));
    ftl.map(|path| Ok(Source { path: path.display().to_string(), text: fs::read_to_string(&path)? })).collect()
}
