//! HTML forms: no script, one style, known by its hash.

use std::fmt::Write as _;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:10vh auto;\
padding:0 1rem}label{display:block;margin:1rem 0}input{display:block;width:100%;box-sizing:border-box;font:inherit;\
padding:.5rem}button{font:inherit;padding:.5rem 1rem}";

/// An input.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    name: &'a str,
    label: &'a str,
    kind: &'a str,
    complete: &'a str,
}

impl<'a> Field<'a> {
    /// A line of text.
    #[must_use]
    pub const fn text(name: &'a str, label: &'a str, complete: &'a str) -> Self {
        Self { name, label, kind: "text", complete }
    }

    /// A password.
    #[must_use]
    pub const fn password(name: &'a str, label: &'a str, complete: &'a str) -> Self {
        Self { name, label, kind: "password", complete }
    }
}

/// A page with one form.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// Its heading.
    pub title: &'a str,
    /// What went wrong; empty: nothing.
    pub message: &'a str,
    /// Where the form goes.
    pub action: &'a str,
    /// Its inputs.
    pub fields: Vec<Field<'a>>,
    /// What it sends along.
    pub hidden: Vec<(&'a str, &'a str)>,
    /// The word on its button.
    pub button: &'a str,
    /// Other ways, below: address and words.
    pub links: Vec<(String, String)>,
}

impl Page<'_> {
    /// The page, with `secret` in the hidden field `form`.
    #[must_use]
    pub fn render(&self, status: StatusCode, secret: &str) -> Response {
        let mut body = String::new();
        if !self.message.is_empty() {
            let _ = write!(body, "<p role=\"alert\">{}</p>", escaped(self.message));
        }
        let _ = write!(body, "<form method=\"post\" action=\"{}\">", escaped(self.action));
        for (name, value) in self.hidden.iter().copied().chain([("form", secret)]) {
            let _ = write!(body, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value));
        }
        for Field { name, label, kind, complete } in &self.fields {
            let label = escaped(label);
            let _ = write!(
                body,
                "<label>{label}<input name=\"{name}\" type=\"{kind}\" autocomplete=\"{complete}\" required></label>"
            );
        }
        let _ = write!(body, "<button>{}</button></form>", escaped(self.button));
        for (address, words) in &self.links {
            let _ = write!(body, "<p><a href=\"{}\">{}</a></p>", escaped(address), escaped(words));
        }
        Self::told(self.title, &body, status)
    }

    /// A page with a heading and HTML below it.
    #[must_use]
    pub fn told(title: &str, html: &str, status: StatusCode) -> Response {
        let title = escaped(title);
        let text = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>{html}\
             </main></body></html>"
        );
        let style = STANDARD.encode(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::REFERRER_POLICY, "no-referrer".to_owned()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        ];
        (status, headers, text).into_response()
    }
}

/// Text for HTML.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
