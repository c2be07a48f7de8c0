//! Stands in for the real `unicode-normalization`, whose tables are a fortieth of the page. Names of Python and passwords of
//! SCRAM are brought to Unicode's form NFKC by what is there anyway: the browser's `String.normalize`, and ICU4X elsewhere.

use std::str::Chars;
use std::vec::IntoIter;

/// Normal forms of what gives characters, as far as anybody here asks for them.
pub trait UnicodeNormalization<I: Iterator<Item = char>> {
    /// Compatibility decomposition, then canonical composition.
    fn nfkc(self) -> IntoIter<char>;
}

impl<'a> UnicodeNormalization<Chars<'a>> for &'a str {
    fn nfkc(self) -> IntoIter<char> {
        self.chars().nfkc()
    }
}

impl<I: Iterator<Item = char>> UnicodeNormalization<I> for I {
    fn nfkc(self) -> IntoIter<char> {
        let characters: Vec<char> = self.collect();
        if characters.iter().all(char::is_ascii) { characters.into_iter() } else { normalized(&characters).into_iter() }
    }
}

#[cfg(target_arch = "wasm32")]
fn normalized(characters: &[char]) -> Vec<char> {
    let text: String = characters.iter().collect();
    String::from(js_sys::JsString::from(text).normalize("NFKC")).chars().collect()
}

#[cfg(not(target_arch = "wasm32"))]
fn normalized(characters: &[char]) -> Vec<char> {
    icu_normalizer::ComposingNormalizerBorrowed::new_nfkc().normalize_iter(characters.iter().copied()).collect()
}
