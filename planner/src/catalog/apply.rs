//! The only writer of a catalog.

use crate::catalog::Catalog;
use crate::statement::operation::Operation;

/// What the server would refuse an operation with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// As a sentence in the server's words: `column "x" of relation "t" does not exist`.
    pub message: String,
    /// False where something opaque before it may have made the missing object.
    pub certain: bool,
}

/// Changes the catalog as the server would. Errors leave the catalog as it was.
pub fn apply(_catalog: &mut Catalog, _operation: &Operation) -> Vec<CatalogError> {
    Vec::new()
}
