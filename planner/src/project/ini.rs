//! Files in the format of Python's `ConfigParser`, as `alembic.ini` is one.

use std::collections::BTreeMap;

/// `ConfigParser` gives up on values that refer to values deeper than this.
const DEEPEST: usize = 10;

/// Sections with their keys, `[DEFAULT]` among them. Keys are in lower case, values are not interpolated yet.
#[derive(Debug, Default)]
pub(super) struct Ini {
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

impl Ini {
    /// Reads sections, `key = value` and `key: value`; indented lines continue the value before them; `#` and `;` begin a
    /// comment only at the start of a line.
    pub(super) fn parse(text: &str) -> Self {
        let mut read = Self::default();
        let (mut section, mut key, mut indent) = (String::new(), None::<String>, 0);
        for line in text.lines() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let depth = line.len() - line.trim_start().len();
            let value = key.as_ref().and_then(|key| read.sections.get_mut(&section)?.get_mut(key));
            if let (Some(value), true) = (value, depth > indent) {
                value.push('\n');
                value.push_str(trimmed);
            } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                name.0.clone_into(&mut section);
                read.sections.entry(section.clone()).or_default();
                key = None;
            } else if let Some((name, value)) = trimmed.split_once(['=', ':']) {
                let name = name.trim().to_lowercase();
                read.sections.entry(section.clone()).or_default().insert(name.clone(), value.trim().to_owned());
                key = Some(name);
            }
            if depth <= indent || key.is_none() {
                indent = depth;
            }
        }
        read
    }

    /// Whether a section is there.
    pub(super) fn has(&self, section: &str) -> bool {
        self.sections.contains_key(section)
    }

    /// A value with its `%(name)s` replaced; `here` is what `%(here)s` stands for. `Err`: the name nothing is known of.
    pub(super) fn value(&self, section: &str, key: &str, here: &str) -> Option<Result<String, String>> {
        self.raw(section, key).map(|raw| self.interpolated(section, raw, here, DEEPEST))
    }

    fn raw(&self, section: &str, key: &str) -> Option<&str> {
        let of = |section: &str| self.sections.get(section)?.get(key).map(String::as_str);
        of(section).or_else(|| of("DEFAULT"))
    }

    fn interpolated(&self, section: &str, raw: &str, here: &str, depth: usize) -> Result<String, String> {
        let (mut out, mut rest) = (String::new(), raw);
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                out.push('%');
                rest = after;
                continue;
            }
            let Some((name, after)) = after.strip_prefix('(').and_then(|name| name.split_once(")s")) else {
                return Err(format!("%{}", after.chars().take(20).collect::<String>()));
            };
            let name_low = name.to_lowercase();
            match self.raw(section, &name_low) {
                Some(raw) if depth > 0 => out.push_str(&self.interpolated(section, raw, here, depth - 1)?),
                None if name_low == "here" => out.push_str(here),
                _ => return Err(name.to_owned()),
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_refer_to_each_other_and_continue() {
        let ini = Ini::parse(
            "[DEFAULT]\nroot = %(here)s/db\n[a]\nX = %(root)s/v ; kept\ny: 1\n  2\n# c\n  3\n[b]\nz = 5%%\nw=%(no)s\n",
        );
        let value = |section, key| ini.value(section, key, "H");
        assert_eq!(value("a", "x"), Some(Ok("H/db/v ; kept".to_owned())));
        assert_eq!(value("a", "y"), Some(Ok("1\n2\n3".to_owned())));
        assert_eq!(
            (value("b", "z"), value("b", "w"), value("b", "y")),
            (Some(Ok("5%".to_owned())), Some(Err("no".to_owned())), None)
        );
        assert_eq!(value("b", "root"), Some(Ok("H/db".to_owned())));
        assert!(ini.has("b") && !ini.has("c"));
    }
}
