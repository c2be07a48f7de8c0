//! What the planner predicts of each statement, held against a real PostgreSQL.
