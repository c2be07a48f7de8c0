//! The derived way back of each operation, and what it would lose.
