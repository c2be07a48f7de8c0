//! Part of the plan.
