//! Addresses of the page: `#/plan/V3%2F2` is the plan page with step `V3/2` selected.
//!
//! Hash routes, because the page is also served from static files under any folder, where no server
//! would answer for another path.

use crate::locale::say;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The pages: those of the rail in its order, then those that others lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Page {
    /// What is deployed where, and what waits for the reader.
    Home,
    /// What there is.
    Migrations,
    /// Who comes before whom.
    Graph,
    /// What will run and whom it hurts.
    Plan,
    /// What the database looks like behind any migration.
    Schema,
    /// Which release lives with which schema.
    Matrix,
    /// What runs and what ran.
    Runs,
    /// Whether a log is as it was written.
    Audit,
    /// The playbook that takes an environment back.
    Emergency,
    /// What makes two plans two.
    Compare,
}

impl Page {
    /// The pages of the rail.
    pub const RAIL: [Self; 8] =
        [Self::Home, Self::Migrations, Self::Graph, Self::Plan, Self::Schema, Self::Matrix, Self::Runs, Self::Audit];
    /// Those that others lead to.
    const BESIDE: [Self; 2] = [Self::Emergency, Self::Compare];

    /// First part of the address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Migrations => "migrations",
            Self::Graph => "graph",
            Self::Plan => "plan",
            Self::Schema => "schema",
            Self::Matrix => "matrix",
            Self::Runs => "runs",
            Self::Audit => "audit",
            Self::Emergency => "emergency",
            Self::Compare => "compare",
        }
    }

    /// The word in the rail.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Home => say::home(),
            Self::Migrations => say::migrations_title(),
            Self::Graph => say::graph(),
            Self::Plan => say::plan(),
            Self::Schema => say::schema(),
            Self::Matrix => say::matrix(),
            Self::Runs => say::runs(),
            Self::Audit => say::audit(),
            Self::Emergency => say::emergency(),
            Self::Compare => say::compare(),
        }
    }
}

/// What the hash of a link begins with that holds a plan.
pub const SHARED: &str = "#/shared/";

/// Where the reader is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The page.
    pub page: Page,
    /// What is selected on it: a migration, a step, an object of the schema (`object@migration`), a cell (`release@schema`),
    /// a run, an environment.
    pub selected: Option<String>,
}

impl Route {
    /// A page with nothing selected.
    #[must_use]
    pub const fn page(page: Page) -> Self {
        Self { page, selected: None }
    }

    /// A page with a selection.
    #[must_use]
    pub fn at(page: Page, selected: &str) -> Self {
        Self { page, selected: Some(selected.to_owned()) }
    }

    /// The hash, with `#`.
    #[must_use]
    pub fn href(&self) -> String {
        match &self.selected {
            Some(selected) => format!("#/{}/{}", self.page.name(), utf8_percent_encode(selected, NON_ALPHANUMERIC)),
            None => format!("#/{}", self.page.name()),
        }
    }

    /// Reads a hash; none where it names no page.
    #[must_use]
    pub fn parse(hash: &str) -> Option<Self> {
        let path = hash.strip_prefix("#/")?;
        let (name, selected) = path.split_once('/').unwrap_or((path, ""));
        let page = Page::RAIL.into_iter().chain(Page::BESIDE).find(|page| page.name() == name)?;
        let selected = percent_decode_str(selected).decode_utf8_lossy().into_owned();
        Some(Self { page, selected: (!selected.is_empty()).then_some(selected) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_was_written() {
        for selected in ["V3/2", "1.4.0@20230815", "R__sales & tax?", "é#"] {
            let route = Route::at(Page::Plan, selected);
            assert_eq!(Route::parse(&route.href()), Some(route));
        }
        assert_eq!(Route::parse("#/matrix"), Some(Route::page(Page::Matrix)));
        assert_eq!(Route::parse("#/emergency/live"), Some(Route::at(Page::Emergency, "live")));
    }

    #[test]
    fn unknown_pages_are_no_route() {
        assert_eq!(Route::parse(""), None);
        assert_eq!(Route::parse("#/admin"), None);
        assert_eq!(Route::parse("#plan"), None);
    }
}
