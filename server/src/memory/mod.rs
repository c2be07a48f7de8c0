//! What was read in earlier runs, by content: a script with the same bytes is not parsed again, and what the rules say of
//! the same files under the same settings is not thought out again.
//!
//! One file a project, in the user's own cache folder and not in the project: a repository that brings one along would
//! say what its own migrations mean. A key is the SHA-256 of text, dialect and the planner's own source, so that another
//! text or another planner finds nothing. A record that was damaged, or written by somebody else's version, is no record.
//! Commands that change a database never look here.

mod pack;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread::JoinHandle;

use planner::dialect::Dialect;
use planner::project::{Project, Request};
use planner::statement::reading::{self, ReadStatement, Reading};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use pack::{Key, Pack};

/// The planner's source as SHA-256: another parser makes other readings.
const PLANNER: &str = env!("FLIGHTPLAN_PLANNER");

/// A record that a thread is writing.
type Coming = (Key, JoinHandle<Option<Vec<u8>>>);

/// Readings of earlier runs and of this one.
#[derive(Debug)]
pub struct Memory {
    path: PathBuf,
    pack: Pack,
    /// What this run used: `None` where it stands in the pack already.
    used: Mutex<BTreeMap<Key, Option<Vec<u8>>>>,
    /// Records that are written while the command goes on.
    coming: Mutex<Vec<Coming>>,
}

impl Memory {
    /// The memory of a project in a cache folder. What cannot be read is empty.
    #[must_use]
    pub fn open(folder: &Path, root: &Path) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let name: String =
            Sha256::digest(root.to_string_lossy().as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let path = folder.join(format!("{name}.readings"));
        let pack = Pack::load(&path);
        Self { path, pack, used: Mutex::default(), coming: Mutex::default() }
    }

    /// The same as [`reading::read`].
    pub fn read(&self, text: &str, dialect: Dialect) -> Reading {
        let key = key(text, dialect);
        if let Some(statements) = self.known(&key, text) {
            self.note(key, None);
            return Reading { statements, errors: Vec::new() };
        }
        let reading = reading::read(text, dialect);
        // One that cannot be cut is read anew each time.
        if reading.errors.is_empty()
            && let Ok(record) = serde_json::to_vec(&reading.statements)
        {
            self.note(key, Some(record));
        }
        reading
    }

    /// What was made of the same project and request before, or what is made of them now. `what` names the kind of it.
    pub fn remembered<T: Serialize + DeserializeOwned + Clone + Send + 'static>(
        &self,
        what: &str,
        project: &Project,
        request: &Request,
        make: impl FnOnce() -> T,
    ) -> T {
        let Some(key) = whole(what, project, request) else { return make() };
        if let Some(known) = self.pack.get(&key).and_then(|record| serde_json::from_slice(record).ok()) {
            self.note(key, None);
            return known;
        }
        let made = make();
        let own = made.clone();
        let coming = std::thread::Builder::new().spawn(move || serde_json::to_vec(&own).ok());
        if let (Ok(coming), Ok(mut all)) = (coming, self.coming.lock()) {
            all.push((key, coming));
        }
        made
    }

    fn known(&self, key: &Key, text: &str) -> Option<Vec<ReadStatement>> {
        let statements: Vec<ReadStatement> = serde_json::from_slice(self.pack.get(key)?).ok()?;
        let inside = |one: &ReadStatement| text.get(one.range.clone()).is_some();
        statements.iter().all(inside).then_some(statements)
    }

    fn note(&self, key: Key, record: Option<Vec<u8>>) {
        if let Ok(mut used) = self.used.lock() {
            used.insert(key, record);
        }
    }

    /// Writes what this run read anew. A memory that cannot be written is no reason to fail.
    pub fn keep(&self) {
        let coming = self.coming.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default();
        for (key, record) in coming {
            if let Ok(Some(record)) = record.join() {
                self.note(key, Some(record));
            }
        }
        let Ok(used) = self.used.lock() else { return };
        if used.values().all(Option::is_none) {
            return;
        }
        if let Err(error) = self.pack.store(&self.path, &used) {
            tracing::debug!("{}: cannot be written: {error}", self.path.display());
        }
    }
}

fn key(text: &str, dialect: Dialect) -> Key {
    let mut hash = Sha256::new();
    hash.update(PLANNER);
    hash.update(dialect.title());
    hash.update([0]);
    hash.update(text);
    hash.finalize().into()
}

/// The key of what is made of a whole project; none where the request has no text.
fn whole(what: &str, project: &Project, request: &Request) -> Option<Key> {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(bytes);
    };
    part(PLANNER.as_bytes());
    part(what.as_bytes());
    part(&serde_json::to_vec(request).ok()?);
    for file in &project.files {
        part(file.path.as_bytes());
        part(&file.content);
    }
    Some(hash.finalize().into())
}

/// The user's cache folder for this program: `flightplan/readings` in `$XDG_CACHE_HOME`, else in `~/.cache`; elsewhere what
/// the system calls it.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").map(|home| home.join(".cache"));
    absolute("XDG_CACHE_HOME").or_else(|| absolute("LOCALAPPDATA")).or_else(home).map(|folder| folder.join("flightplan/readings"))
}
