//! Catalog differences to verdicts.
