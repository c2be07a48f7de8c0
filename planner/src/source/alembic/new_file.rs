//! A new revision file: its name by `file_template`, its text by the project's `script.py.mako` or Alembic's own.

use super::mako;
use crate::project::settings::AlembicSettings;

/// What `revision` and `merge` write.
#[derive(Clone, Debug, Default)]
pub struct NewRevision {
    /// Revision id.
    pub id: String,
    /// `-m`; absent: Alembic's "empty message".
    pub message: Option<String>,
    /// `down_revision`: none for a base, several for a merge.
    pub parents: Vec<String>,
    /// `branch_labels`.
    pub labels: Vec<String>,
    /// `depends_on`.
    pub depends_on: Vec<String>,
    /// When.
    pub date: CreateDate,
}

/// A moment in the time zone of the settings.
#[derive(Clone, Debug, Default)]
pub struct CreateDate {
    /// Year, month, day, hour, minute, second.
    pub parts: [i64; 6],
    /// Seconds since 1970 in UTC.
    pub epoch: i64,
    /// As Python prints it: `2026-11-23 08:15:00.123456`.
    pub text: String,
}

/// Alembic's own template.
const GENERIC: &str = r#""""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

# revision identifiers, used by Alembic.
revision: str = ${repr(up_revision)}
down_revision: Union[str, Sequence[str], None] = ${repr(down_revision)}
branch_labels: Union[str, Sequence[str], None] = ${repr(branch_labels)}
depends_on: Union[str, Sequence[str], None] = ${repr(depends_on)}


def upgrade() -> None:
    """Upgrade schema."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Downgrade schema."""
    ${downgrades if downgrades else "pass"}
"#;

impl NewRevision {
    /// The text, from the project's template where it is given and can be read, else from Alembic's own; and why the
    /// project's could not be read.
    #[must_use]
    pub fn text(&self, template: Option<&str>) -> (String, Option<String>) {
        let value = |name: &str| self.value(name);
        let (own, why) = match template.map(|template| mako::render(template, &value)) {
            Some(Ok(text)) => (Some(text), None),
            Some(Err(why)) => (None, Some(why)),
            None => (None, None),
        };
        (own.unwrap_or_else(|| mako::render(GENERIC, &value).unwrap_or_default()), why)
    }

    fn value(&self, name: &str) -> Option<mako::Value> {
        let scalar = |list: &[String]| match list {
            [] => mako::Value::None,
            [one] => mako::Value::Text(one.clone()),
            many => mako::Value::Tuple(many.to_vec()),
        };
        Some(match name {
            "message" => mako::Value::Text(self.message.clone().unwrap_or_else(|| "empty message".to_owned())),
            "up_revision" => mako::Value::Text(self.id.clone()),
            "down_revision" => scalar(&self.parents),
            "branch_labels" if self.labels.is_empty() => mako::Value::None,
            "branch_labels" => mako::Value::Tuple(self.labels.clone()),
            "depends_on" => scalar(&self.depends_on),
            "create_date" => mako::Value::Text(self.date.text.clone()),
            "imports" | "upgrades" | "downgrades" | "None" => mako::Value::None,
            _ => return None,
        })
    }

    /// The file's name, relative to its version location; `/` makes folders.
    ///
    /// # Errors
    /// The part of `file_template` that means nothing.
    pub fn file_name(&self, settings: &AlembicSettings) -> Result<String, String> {
        let [year, month, day, hour, minute, second] = self.date.parts;
        let number = |name: &str| {
            let all = [("year", year), ("month", month), ("day", day), ("hour", hour), ("minute", minute), ("second", second)];
            all.into_iter().chain([("epoch", self.date.epoch)]).find(|(known, _)| *known == name).map(|(_, value)| value)
        };
        let (mut out, mut rest) = (String::new(), settings.file_template.as_str());
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                out.push('%');
                rest = after;
                continue;
            }
            let wrong = || format!("%{}", after.chars().take(20).collect::<String>());
            let (name, format) = after.strip_prefix('(').and_then(|after| after.split_once(')')).ok_or_else(wrong)?;
            let end = format.find(['s', 'd']).ok_or_else(wrong)?;
            let (width, tail) = format.split_at(end);
            rest = tail.get(1..).unwrap_or_default();
            let digits = width.trim_start_matches(['.', '0']).parse::<usize>().unwrap_or(0);
            match (name, number(name)) {
                ("rev", _) => out.push_str(&self.id),
                ("slug", _) => out.push_str(&self.slug(settings.truncate_slug_length)),
                (_, Some(value)) => out.push_str(&format!("{value:0digits$}")),
                _ => return Err(wrong()),
            }
        }
        out.push_str(rest);
        out.push_str(".py");
        Ok(out)
    }

    /// Words of the message joined by `_`, in lower case, cut at a word.
    fn slug(&self, longest: usize) -> String {
        let message = self.message.as_deref().unwrap_or_default();
        let words: Vec<&str> =
            message.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
        let slug = words.join("_").to_lowercase();
        if slug.chars().count() <= longest {
            return slug;
        }
        let cut: String = slug.chars().take(longest).collect();
        format!("{}_", cut.rsplit_once('_').map_or(cut.as_str(), |(head, _)| head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision() -> NewRevision {
        NewRevision {
            id: "ab12".to_owned(),
            message: Some("Add the Users' table, finally and for ever and all of us".to_owned()),
            parents: vec!["a".to_owned(), "b'c".to_owned()],
            date: CreateDate { parts: [2026, 3, 4, 5, 6, 7], epoch: 9, text: "2026-03-04 05:06:07".to_owned() },
            ..NewRevision::default()
        }
    }

    #[test]
    fn names_follow_the_template() {
        let settings = |template: &str| AlembicSettings { file_template: template.to_owned(), ..AlembicSettings::default() };
        let name = |template: &str| revision().file_name(&settings(template));
        assert_eq!(name("%(rev)s_%(slug)s").as_deref(), Ok("ab12_add_the_users_table_finally_and_for_.py"));
        assert_eq!(name("%(year)d/%(month).2d%(day)02d%%-%(epoch)s").as_deref(), Ok("2026/0304%-9.py"));
        assert_eq!(name("%(nothing)s"), Err("%(nothing)s".to_owned()));
    }

    #[test]
    fn the_text_is_that_of_alembics_template() {
        let (text, why) = revision().text(None);
        assert_eq!(why, None);
        assert!(text.contains("Revises: a, b'c\n"));
        assert!(text.contains("\ndown_revision: Union[str, Sequence[str], None] = ('a', \"b'c\")\nbranch_labels: Union[str, Sequence[str], None] = None\n"));
        assert!(text.contains("    \"\"\"Upgrade schema.\"\"\"\n    pass\n"));
    }

    #[test]
    fn a_template_of_the_project_is_used_as_far_as_it_can_be_read() {
        let (text, why) =
            revision().text(Some("## note\n% if branch_labels:\nL\n% else:\nrev = ${repr(up_revision)}\n% endif\n"));
        assert_eq!((text.as_str(), why), ("rev = 'ab12'\n", None));
        let (text, why) = revision().text(Some("x\n${config.name}\n"));
        assert!(text.starts_with("\"\"\"Add the"));
        assert_eq!(why.as_deref(), Some("line 2: ${config.name}"));
    }
}
