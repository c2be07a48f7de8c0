//! Stable topological order and levels.
