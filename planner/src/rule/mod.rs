//! Rules: hazards with a name, a condition, an effect and a cure. One file each, one table.
