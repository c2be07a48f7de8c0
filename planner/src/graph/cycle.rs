//! A cycle as a list of named edges with their reasons.
