//! The settings of `alembic.ini` and of `[tool.alembic]` in `pyproject.toml`: the first wins key by key
//! (`facts/alembic.md` §1.3).

use toml::de::{DeTable, DeValue};

use super::ini::Ini;
use super::path::{folder, join, name};
use super::settings::AlembicSettings;
use super::{AlembicAsked, Project, ProjectFile};
use crate::finding::{Finding, Severity};
use crate::span::Span;

/// Stands for `%(here)s` until the places are looked up.
const HERE: &str = "\u{1}";

/// What the files say, and what is wrong with them. `None`: the project has neither.
pub(super) fn read(project: &Project, asked: &AlembicAsked) -> Option<(AlembicSettings, Vec<Finding>)> {
    let named = |file: &&ProjectFile| asked.config.as_ref().is_none_or(|config| join("", config) == file.path);
    let shallowest = |wanted: &dyn Fn(&ProjectFile) -> bool| {
        let files = project.files.iter().filter(|file| wanted(file));
        files.min_by_key(|file| (file.path.matches('/').count(), file.path.as_str()))
    };
    let ini = match &asked.config {
        Some(_) => shallowest(&|file| named(&file) && !file.path.ends_with(".toml")),
        None => shallowest(&|file| name(&file.path) == "alembic.ini"),
    };
    let toml = shallowest(&|file| name(&file.path) == "pyproject.toml" && text_of(file).contains("[tool.alembic"));
    if ini.is_none() && toml.is_none() && asked.config.is_none() {
        return None;
    }
    let toml_text = toml.map(text_of).unwrap_or_default();
    let mut source = Source {
        project,
        section: asked.section.clone().unwrap_or_else(|| "alembic".to_owned()),
        ini: ini.map(|file| (Ini::parse(&text_of(file)), file.path.as_str())),
        toml: toml.map(|file| (DeTable::parse_recoverable(&toml_text).0.into_inner(), file.path.as_str())),
        findings: Vec::new(),
    };
    source.check(asked);
    let settings = source.settings();
    Some((settings, source.findings))
}

/// Warns where other files of the name `alembic.ini` have revisions of their own.
pub(super) fn rivals(project: &Project, read: &AlembicSettings) -> Option<Finding> {
    let own = read.config.as_deref()?;
    let others = project.files.iter().filter(|file| name(&file.path) == "alembic.ini" && file.path != own);
    let others: Vec<&str> = others
        .filter(|file| {
            let ini = Some((Ini::parse(&text_of(file)), file.path.as_str()));
            let mut rival = Source { project, section: read.section.clone(), ini, toml: None, findings: Vec::new() };
            let location = rival.settings().script_location;
            location != read.script_location && rival.has_folder(&join(&location, "versions"))
        })
        .map(|file| file.path.as_str())
        .collect();
    if others.is_empty() {
        return None;
    }
    let message = format!("Of several alembic.ini {own} is read, and not {}.", others.join(", "));
    let cure = "Name one with -c, or set script_location in [alembic] of flightplan.toml, or open one's folder as the project.";
    let effect = "Revisions of the others are not planned.".into();
    let broken = Finding::broken("several-sources", Some(Span::file(own)), message, cure);
    Some(Finding { severity: Severity::Warning, effect, blocking: false, ..broken })
}

fn text_of(file: &ProjectFile) -> String {
    String::from_utf8_lossy(&file.content).into_owned()
}

/// A value as one of the files has it.
enum Written {
    Text(String),
    List(Vec<String>),
    Flag(bool),
}

struct Source<'p, 't> {
    project: &'p Project,
    section: String,
    ini: Option<(Ini, &'p str)>,
    toml: Option<(DeTable<'t>, &'p str)>,
    findings: Vec<Finding>,
}

impl Source<'_, '_> {
    fn check(&mut self, asked: &AlembicAsked) {
        if let (Some(config), None) = (&asked.config, &self.ini) {
            let cure = "Name a file inside the project with -c, relative to its root.";
            self.findings.push(Finding::broken("missing-config", None, format!("the project has no file `{config}`"), cure));
        }
        let Some((ini, path)) = &self.ini else { return };
        if !ini.has(&self.section) && (asked.section.is_some() || self.toml.is_none()) {
            let message = format!("{path} has no section [{}]", self.section);
            let cure = "Name one of its sections with -n, or add the section with `script_location`.";
            self.findings.push(Finding::broken("missing-config-section", Some(Span::file(path)), message, cure));
        }
    }

    /// A value and the folder of the file that has it.
    fn value(&mut self, key: &str) -> Option<(Written, String)> {
        if let Some((ini, path)) = &self.ini
            && let Some(value) = ini.value(&self.section, key, HERE)
        {
            match value {
                Ok(text) => return Some((Written::Text(text), folder(path).to_owned())),
                Err(name) => {
                    let message = format!("{path}: `{key}` refers to `{name}`, which the file does not define");
                    let cure = "Define it in the same section or in [DEFAULT]; write `%%` for a percent sign.";
                    self.findings.push(Finding::broken("broken-config", Some(Span::file(path)), message, cure));
                    return None;
                }
            }
        }
        let (table, path) = self.toml.as_ref()?;
        let alembic = table.get("tool")?.get_ref().as_table()?.get("alembic")?.get_ref().as_table()?;
        let plain = |text: &str| text.replace("%(here)s", HERE).replace("%%", "%");
        let written = match alembic.get(key)?.get_ref() {
            DeValue::String(text) => Written::Text(plain(text)),
            DeValue::Boolean(flag) => Written::Flag(*flag),
            DeValue::Array(items) => Written::List(items.iter().filter_map(|item| item.get_ref().as_str()).map(plain).collect()),
            DeValue::Integer(number) => Written::Text(number.as_str().to_owned()),
            _ => return None,
        };
        Some((written, folder(path).to_owned()))
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match self.value(key)?.0 {
            Written::Text(text) => Some(text),
            _ => None,
        }
    }

    fn settings(&mut self) -> AlembicSettings {
        let defaults = AlembicSettings::default();
        let script_location = match self.value("script_location") {
            Some((Written::Text(text), folder)) if !text.is_empty() => self.place("script_location", &text, &folder),
            _ => self.default_location(),
        };
        let mut settings = AlembicSettings {
            version_locations: self.version_locations(),
            recursive: match self.value("recursive_version_locations") {
                Some((Written::Flag(flag), _)) => flag,
                Some((Written::Text(text), _)) => text == "true",
                _ => false,
            },
            script_location,
            file_template: self.text("file_template").unwrap_or(defaults.file_template),
            timezone: self.text("timezone"),
            config: self.ini.as_ref().map(|(_, path)| (*path).to_owned()),
            section: self.section.clone(),
            ..AlembicSettings::default()
        };
        // Alembic itself asks env.py only; env.py mostly asks for this.
        if let Some(table) = self.text("version_table").filter(|text| !text.is_empty()) {
            settings.version_table = table;
        }
        if let Some(length) = self.text("truncate_slug_length").and_then(|text| text.trim().parse().ok()) {
            settings.truncate_slug_length = length;
        }
        settings
    }

    /// Without `script_location` a program gives it: Flask-Migrate the folder of the file itself. Else it is `alembic`
    /// beside the file, which `alembic init` makes.
    fn default_location(&self) -> String {
        let path = self.ini.as_ref().map_or_else(|| self.toml.as_ref().map_or("", |(_, path)| *path), |(_, path)| *path);
        let (own, made) = (folder(path), join(folder(path), "alembic"));
        if self.has_folder(&join(own, "versions")) && !self.has_folder(&made) { own.to_owned() } else { made }
    }

    /// A folder as the files write it: below `%(here)s`, of a package, relative to the folder Alembic is started in.
    fn place(&mut self, key: &str, written: &str, folder: &str) -> String {
        if let Some(inside) = written.strip_prefix(HERE) {
            return join(folder, inside.trim_start_matches('/'));
        }
        let is_drive = written.split_once(':').is_some_and(|(drive, _)| drive.len() == 1);
        if let Some((package, inside)) = written.split_once(':').filter(|_| !is_drive) {
            let wanted = join(&package.replace('.', "/"), &inside.replace(':', "/"));
            return self.package_folder(key, written, &wanted).unwrap_or(wanted);
        }
        // It is relative to the working folder, which is mostly that of the file, else the project's root, else a folder
        // above it, or it begins with a container's folders.
        let mut rest = written;
        loop {
            for path in [join(folder, rest), join("", rest)] {
                if self.has_folder(&path) {
                    return path;
                }
            }
            match rest.split_once('/') {
                Some((_, inner)) => rest = inner,
                None => return join(folder, written),
            }
        }
    }

    fn has_folder(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        self.project.files.iter().any(|file| file.path.starts_with(&inside))
    }

    /// The folder of a package, wherever in the project the package lies: `src/`, a sub-project, or its root.
    fn package_folder(&mut self, key: &str, written: &str, wanted: &str) -> Option<String> {
        let (inner, outer) = (format!("/{wanted}/"), format!("{wanted}/"));
        let found = self.project.files.iter().filter_map(|file| {
            if file.path.starts_with(&outer) {
                return Some(wanted);
            }
            let at = file.path.find(&inner)?;
            file.path.get(..at + inner.len() - 1)
        });
        let found = found.min_by_key(|path| (path.matches('/').count(), *path)).map(str::to_owned);
        if found.is_none() {
            let message = format!("`{key} = {written}` names a folder of a package, and the project has no folder `{wanted}`");
            let cure = format!("Open a project that holds the package, or set {key} in [alembic] of flightplan.toml.");
            let path = self.ini.as_ref().map(|(_, path)| Span::file(path));
            self.findings.push(Finding::broken("missing-location", path, message, cure));
        }
        found
    }

    fn version_locations(&mut self) -> Vec<String> {
        let (written, folder) = match self.value("version_locations") {
            Some((Written::Text(text), folder)) if !text.is_empty() => (self.split(&text), folder),
            Some((Written::List(list), folder)) => (list, folder),
            _ => return Vec::new(),
        };
        written.iter().map(|one| self.place("version_locations", one, &folder)).collect()
    }

    /// Splits at what `path_separator` or its older name says; without either at blanks and commas.
    fn split(&mut self, list: &str) -> Vec<String> {
        let key = ["path_separator", "version_path_separator"].into_iter().find_map(|key| Some((key, self.text(key)?)));
        let separators: &[char] = match key.as_ref().map(|(_, value)| value.as_str()) {
            Some("os" | ":") => &[':'],
            Some(";") => &[';'],
            Some("newline") => &['\n'],
            Some("space") => &[' '],
            _ => &[' ', ',', '\n'],
        };
        if let Some((key, value)) = key.filter(|(_, value)| !matches!(value.as_str(), "os" | ":" | ";" | "newline" | "space")) {
            let message = format!("`{value}` is no value for {key}, and Alembic refuses it");
            let cure = format!("Write {key} = os, space, newline, `:` or `;`; a comment needs a line of its own.");
            let path = self.ini.as_ref().map(|(_, path)| Span::file(path));
            self.findings.push(Finding::broken("broken-config", path, message, cure));
        }
        // `os` is the colon here; one behind a package's name belongs to the location.
        list.split(separators).map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    }
}

/// Settings of `flightplan.toml` over those of Alembic's own files, key by key.
pub(super) fn beneath(own: AlembicSettings, given: &AlembicSettings) -> AlembicSettings {
    let same_scripts = !given.gives("script_location") || given.script_location == own.script_location;
    let mut merged =
        if same_scripts { own } else { AlembicSettings { config: own.config, section: own.section, ..given.clone() } };
    for key in &given.given {
        match key.as_str() {
            "script_location" => merged.script_location.clone_from(&given.script_location),
            "version_locations" => merged.version_locations.clone_from(&given.version_locations),
            "recursive" => merged.recursive = given.recursive,
            "version_table" => merged.version_table.clone_from(&given.version_table),
            "version_table_schema" => merged.version_table_schema.clone_from(&given.version_table_schema),
            "version_table_pk" => merged.version_table_pk = given.version_table_pk,
            "transaction_per_migration" => merged.transaction_per_migration = given.transaction_per_migration,
            "transactional_ddl" => merged.transactional_ddl = given.transactional_ddl,
            "naming_convention" => merged.naming_convention.clone_from(&given.naming_convention),
            "types" => merged.types.clone_from(&given.types),
            "constants" => merged.constants.clone_from(&given.constants),
            "file_template" => merged.file_template.clone_from(&given.file_template),
            "python" => merged.python.clone_from(&given.python),
            _ => {}
        }
    }
    merged.given.clone_from(&given.given);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> Project {
        let files = files.iter().map(|(path, text)| ProjectFile { path: (*path).to_owned(), content: text.as_bytes().to_vec() });
        Project { files: files.collect() }
    }

    fn settings(files: &[(&str, &str)], asked: &AlembicAsked) -> (AlembicSettings, Vec<Finding>) {
        read(&project(files), asked).unwrap_or_default()
    }

    #[test]
    fn locations_are_read_as_alembic_reads_them() {
        let ini =
            "[alembic]\n# c\nscript_location = %(here)s/db\nversion_locations = a, b/c\n  d\n[loggers]\nscript_location = no\n";
        let (read, findings) = settings(&[("app/alembic.ini", ini)], &AlembicAsked::default());
        assert_eq!(read.script_location, "app/db");
        assert_eq!(read.version_locations, ["app/a", "app/b/c", "app/d"]);
        assert!(findings.is_empty());
    }

    #[test]
    fn the_separator_may_be_named() {
        let ini = "[alembic]\npath_separator = os\nversion_locations = %(here)s/a b:c\n";
        let (read, _) = settings(&[("alembic.ini", ini)], &AlembicAsked::default());
        assert_eq!((read.script_location.as_str(), read.version_locations), ("alembic", vec!["a b".to_owned(), "c".to_owned()]));
        let ini = "[alembic]\nversion_path_separator = os  # Use os.pathsep\nversion_locations = a\n";
        assert_eq!(settings(&[("alembic.ini", ini)], &AlembicAsked::default()).1.len(), 1);
    }

    #[test]
    fn a_section_a_file_and_a_package_may_be_named() {
        let ini = "[DEFAULT]\nscript_location = one\n[two]\nscript_location = my.pkg:db:migrations\n";
        let files = [("etc/a.ini", ini), ("src/my/pkg/db/migrations/env.py", "")];
        let asked =
            AlembicAsked { config: Some("etc/a.ini".to_owned()), section: Some("two".to_owned()), ..AlembicAsked::default() };
        assert_eq!(settings(&files, &asked).0.script_location, "src/my/pkg/db/migrations");
        let asked = AlembicAsked { section: None, ..asked };
        let (read, findings) = settings(&files, &asked);
        assert_eq!((read.script_location.as_str(), findings.len()), ("etc/one", 1));
    }

    #[test]
    fn a_folder_of_a_container_and_one_that_a_program_names_are_found() {
        let files = |ini| [("db/alembic.ini", ini), ("db/env.py", ""), ("db/versions/a.py", "")];
        for ini in ["[alembic]\n", "[alembic]\nscript_location = /usr/src/app/db\n", "[alembic]\nscript_location = backend/db\n"]
        {
            let (read, findings) = settings(&files(ini), &AlembicAsked::default());
            assert_eq!((read.script_location.as_str(), findings.len()), ("db", 0), "{ini}");
        }
        let (read, _) = settings(&files("[alembic]\nscript_location = elsewhere\n"), &AlembicAsked::default());
        assert_eq!(read.script_location, "db/elsewhere");
    }

    #[test]
    fn pyproject_fills_what_the_ini_leaves_out() {
        let toml = "[tool.alembic]\nscript_location = \"%(here)s/db\"\nversion_locations = [\"%(here)s/x\", \"y\"]\nrecursive_version_locations = true\n";
        let ini = "[alembic]\nscript_location = other\n";
        let (read, _) = settings(&[("pyproject.toml", toml)], &AlembicAsked::default());
        assert_eq!((read.script_location.as_str(), read.recursive), ("db", true));
        let (read, _) = settings(&[("pyproject.toml", toml), ("alembic.ini", ini)], &AlembicAsked::default());
        assert_eq!((read.script_location.as_str(), read.version_locations), ("other", vec!["x".to_owned(), "y".to_owned()]));
    }
}
