//! Locks of the operating system, on files beside a store that is a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::exit::Outcome;
use crate::store::broken;

/// The locks that this process holds, by what they are for.
#[derive(Clone, Debug)]
pub(in crate::store) struct FileLocks {
    folder: PathBuf,
    held: Arc<Mutex<BTreeMap<String, File>>>,
}

impl FileLocks {
    /// Lock files live in a folder beside the store.
    pub(super) fn beside(store: &Path) -> Self {
        let mut folder = store.as_os_str().to_owned();
        folder.push(".runs");
        Self { folder: PathBuf::from(folder), held: Arc::default() }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, File>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.lock"))
    }

    fn open(&self, name: &str) -> std::io::Result<File> {
        std::fs::create_dir_all(&self.folder)?;
        File::options().create(true).truncate(false).write(true).open(self.path(name))
    }

    /// `false`: another process holds it.
    pub(super) fn hold(&self, name: &str) -> Outcome<bool> {
        let mut held = self.held();
        if held.contains_key(name) {
            return Ok(true);
        }
        let file = self.open(name).map_err(|error| broken(&error))?;
        match file.try_lock() {
            Ok(()) => {
                held.insert(name.to_owned(), file);
                Ok(true)
            }
            Err(std::fs::TryLockError::WouldBlock) => Ok(false),
            Err(std::fs::TryLockError::Error(error)) => Err(broken(&error)),
        }
    }

    /// Whether a process holds it now.
    pub(super) fn is_held(&self, name: &str) -> bool {
        let others = || File::options().write(true).open(self.path(name)).is_ok_and(|file| file.try_lock().is_err());
        self.held().contains_key(name) || others()
    }

    pub(super) fn release(&self, name: &str) {
        if let Some(file) = self.held().remove(name) {
            self.remove(name, file);
        }
    }

    /// Takes the lock of a dead process; `None`: its process lives, or nobody can tell.
    pub(super) fn take_over(&self, name: &str) -> Option<File> {
        if self.held().contains_key(name) {
            return None;
        }
        let file = self.open(name).ok()?;
        file.try_lock().ok().map(|()| file)
    }

    pub(super) fn remove(&self, name: &str, file: File) {
        // A file left behind is free, which is all that counts.
        let _ = std::fs::remove_file(self.path(name));
        drop(file);
    }
}
