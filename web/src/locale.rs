//! The language of the page: which one, its texts, and how it writes numbers.
//!
//! The texts are Fluent files, `web/locales/*/*.ftl`, compiled when the page is built (`web/locales/compile.rs`) into a
//! function for each message in [`say`]. All values are texts: what is a number was written as this language writes it.

use std::cell::RefCell;

use gloo::storage::{LocalStorage, Storage};
use yew::prelude::*;

mod pattern;

/// Under this name the reader's choice is kept, beside the theme.
const KEPT: &str = "flightplan.language";

/// The languages there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// As in the attribute `lang`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name in itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// Between thousands, and before tenths.
    const fn separators(self) -> (char, char) {
        match self {
            Self::English => (',', '.'),
            Self::German => ('.', ','),
        }
    }

    /// The language of a tag as `de-AT`.
    #[must_use]
    pub fn of(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| tag.get(..2) == Some(language.tag()))
    }

    fn table(self) -> &'static str {
        match self {
            Self::English => include_str!(concat!(env!("OUT_DIR"), "/en.txt")),
            Self::German => include_str!(concat!(env!("OUT_DIR"), "/de.txt")),
        }
    }

    /// From now on the texts are in this language.
    pub fn speak(self) {
        SPOKEN.with_borrow_mut(|spoken| *spoken = (self, self.table().split('\n').collect()));
    }

    /// What the reader chose, else the first of the browser's languages that there is.
    #[must_use]
    pub fn chosen() -> Self {
        let kept = LocalStorage::raw().get_item(KEPT).ok().flatten();
        let browsers = gloo::utils::window().navigator().languages();
        let mut wanted = kept.into_iter().chain(browsers.iter().filter_map(|tag| tag.as_string()));
        wanted.find_map(|tag| Self::of(&tag)).unwrap_or_default()
    }

    /// Keeps the reader's choice.
    pub fn keep(self) {
        // Where storage is forbidden the choice lasts as long as the page.
        let _ = LocalStorage::raw().set_item(KEPT, self.tag());
    }

    /// Tells the browser what language the page is in.
    pub fn tell(self) {
        // The name of the attribute is valid.
        let _ = gloo::utils::document_element().set_attribute("lang", self.tag());
    }
}

thread_local! {
    static SPOKEN: RefCell<(Language, Vec<&'static str>)> =
        RefCell::new((Language::English, Language::English.table().split('\n').collect()));
}

/// The language that the texts are in.
#[must_use]
pub fn spoken() -> Language {
    SPOKEN.with_borrow(|(language, _)| *language)
}

/// Between thousands, and before tenths, in the language that is spoken.
pub(crate) fn separators() -> (char, char) {
    spoken().separators()
}

/// Draws a component anew when the reader chooses another language: those that draw words from their own properties.
#[hook]
pub(crate) fn use_language() {
    let _ = use_context::<Language>();
}

/// The page's texts, a function for each.
pub(crate) mod say {
    use super::{SPOKEN, pattern};

    fn text(number: usize) -> &'static str {
        SPOKEN.with_borrow(|(_, texts)| texts.get(number).copied().unwrap_or_default())
    }

    fn filled(number: usize, values: &[&str]) -> String {
        pattern::fill(text(number), values)
    }

    include!(concat!(env!("OUT_DIR"), "/say.rs"));
}

/// The compiler of the texts, for its tests.
#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "../locales/compile.rs"]
#[allow(unreachable_pub)] // the build script has it, too
mod compile;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_its_tag() {
        assert_eq!(Language::of("de-AT"), Some(Language::German));
        assert_eq!(Language::of("en"), Some(Language::English));
        assert_eq!(Language::of("fr"), None);
        assert_eq!(Language::of(""), None);
    }
}
