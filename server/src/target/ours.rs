//! Which sessions of a MySQL or MariaDB server are this process's.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::url::TargetUrl;

/// The sessions of this process: a server shows no name of theirs, and those who look on are no application.
static OURS: Mutex<BTreeSet<(String, u16, u64)>> = Mutex::new(BTreeSet::new());

/// Host, port and id of a session; among [`OURS`] until it is dropped.
#[derive(Debug)]
pub(super) struct Ours((String, u16, u64));

impl Ours {
    /// Counts a session among ours.
    pub(super) fn enter(url: &TargetUrl, id: u64) -> Self {
        let session = (url.host.clone(), url.port, id);
        OURS.lock().unwrap_or_else(PoisonError::into_inner).insert(session.clone());
        Self(session)
    }

    /// Ids of this process's sessions on the same server.
    pub(super) fn ids(&self) -> Vec<String> {
        let Self((host, port, _)) = self;
        let ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
        ours.iter().filter(|(at, by, _)| at == host && by == port).map(|(.., id)| id.to_string()).collect()
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        OURS.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}
