//! Database URLs, as far as the planner may look into them: product and secrets, never an address to open.

use crate::dialect::Dialect;

/// The dialect a URL's scheme names, with or without `jdbc:`.
#[must_use]
pub fn dialect(url: &str) -> Option<Dialect> {
    let url = url.strip_prefix("jdbc:").unwrap_or(url);
    let (scheme, _) = url.split_once(':')?;
    scheme.split('+').next().and_then(|scheme| scheme.parse().ok())
}

/// Whether a URL carries a password: `//user:secret@host` or a `password` option.
#[must_use]
pub fn has_password(url: &str) -> bool {
    let (address, options) = url.split_once('?').unwrap_or((url, ""));
    let authority = address.split_once("//").map_or("", |(_, rest)| rest.split('/').next().unwrap_or(""));
    // A password may itself hold an @ or a /.
    let user = authority.rsplit_once('@').or_else(|| address.split_once("//").and_then(|(_, rest)| rest.rsplit_once('@')));
    let in_user = user.is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, secret)| !secret.is_empty()));
    let in_options = options.split(['&', ';']).any(|option| {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        matches!(key.to_ascii_lowercase().as_str(), "password" | "pwd" | "passwd") && !value.is_empty()
    });
    in_user || in_options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_found_wherever_they_hide() {
        for url in [
            "postgres://u:secret@h/db",
            "postgres://u:se/cr@et@h:5432/db",
            "jdbc:postgresql://h/db?user=u&password=x",
            "jdbc:mysql://h/db?PASSWORD=x",
        ] {
            assert!(has_password(url), "{url}");
        }
        for url in [
            "postgres://u@h:5432/db",
            "sqlite:coreos.db",
            "sqlite:///a:b.db",
            "postgres://h/db?user=u&password=",
            "postgres://u:@h/db",
        ] {
            assert!(!has_password(url), "{url}");
        }
    }

    #[test]
    fn the_scheme_names_the_product() {
        assert_eq!(dialect("jdbc:postgresql://h/db"), Some(Dialect::Postgres));
        assert_eq!(dialect("postgresql+psycopg://h/db"), Some(Dialect::Postgres));
        assert_eq!(dialect("jdbc:mariadb://h/db"), Some(Dialect::MariaDb));
        assert_eq!(dialect("sqlite:x.db"), Some(Dialect::Sqlite));
        assert_eq!(dialect("jdbc:oracle:thin:@h"), None);
    }
}
