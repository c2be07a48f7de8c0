//! What is known of the names that Alembic gives to what revisions leave unnamed (`facts/alembic.md` §3).

use super::render::Naming;
use crate::project::Project;
use crate::project::alembic_env;
use crate::project::settings::Settings;

/// The naming convention, as far as the project tells.
pub(super) fn naming(project: &Project, settings: &Settings) -> Naming {
    let alembic = &settings.alembic;
    let place = match (&alembic.naming_place, &alembic.naming_unread) {
        (Some(place), _) | (None, Some(place)) => Some(place.as_str()),
        (None, None) if !alembic.naming_convention.is_empty() => Some("flightplan.toml"),
        (None, None) => None,
    };
    if alembic.naming_unread.is_none() && !alembic.naming_convention.is_empty() {
        return Naming::Known(alembic.naming_convention.clone());
    }
    if let Some(place) = place {
        return Naming::NotApplied(format!(
            "constraint names are the server's own: {place} speaks of a naming_convention, which is not applied here, so \
             Alembic may give other names"
        ));
    }
    if alembic_env::file(project, alembic).is_none() {
        return Naming::NotFound(
            "constraint names are the server's own: the project holds no env.py that would show a naming convention".to_owned(),
        );
    }
    if alembic_env::has_no_metadata(project, alembic) {
        return Naming::None;
    }
    Naming::NotFound("constraint names are the server's own: no naming convention was found in env.py".to_owned())
}
