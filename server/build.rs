//! The page is embedded from `dist/` at the workspace root; without one the crate still compiles.

fn main() {
    println!("cargo:rerun-if-changed=../dist");
    println!("cargo:rerun-if-changed=build.rs");
    if let Err(error) = std::fs::create_dir_all("../dist") {
        println!("cargo:warning=dist/ cannot be created: {error}");
    }
}
