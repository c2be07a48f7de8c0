//! Effects of each operation on this product.

use crate::catalog::Catalog;
use crate::dialect::ServerVersion;
use crate::effect::Effect;
use crate::statement::operation::Operation;

/// The effect of one operation on the schema before it.
#[must_use]
pub fn effect(_operation: &Operation, _before: &Catalog, _version: ServerVersion) -> Effect {
    Effect::default()
}
