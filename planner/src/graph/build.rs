//! Edges from declarations, order and objects.
