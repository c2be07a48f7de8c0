//! Stands in for the real `unicode_names2`, whose name table is 845 kB of WebAssembly.
//! Revisions that use `\N{NAME}` get a parse error that says so; none was seen in 3,582 real ones.

/// Looks a character up by its Unicode name; here the answer is always "unknown".
#[must_use]
pub fn character(_name: &str) -> Option<char> {
    None
}
