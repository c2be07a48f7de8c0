//! HTML forms in the page's look: its style sheet by its hashed name, its theme, and one style of their own, known by its
//! hash. No other script.

use std::fmt::Write as _;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::route::page;

/// What a form has besides the page's style sheet, and all it has in a binary without the page.
const STYLE: &str = ":root{color-scheme:light dark}\
body{margin:0;height:auto;min-height:100vh;display:grid;grid-template-columns:minmax(0,1fr);place-items:center;font:16px/1.5 system-ui,sans-serif;background:var(--ground-2,Canvas);\
color:var(--ink,CanvasText)}\
main{box-sizing:border-box;width:min(26rem,100vw);padding:2rem;background:var(--ground,Canvas);border:1px solid var(--line,GrayText);\
border-radius:var(--radius,4px)}\
h1{margin:.25rem 0 1rem;font-size:1.4rem;font-weight:600}.brand{margin:0;color:var(--ink-2,GrayText);font-weight:600}\
label{display:block;margin:1rem 0}\
input{display:block;width:100%;box-sizing:border-box;margin-top:.25rem;padding:.5rem;font:inherit;color:inherit;\
background:var(--ground,Canvas);border:1px solid var(--ink-2,GrayText);border-radius:var(--radius,4px)}\
button{margin-top:.5rem;padding:.5rem 1rem;font:inherit}\
main.wide{width:min(84rem,100%);align-self:start}main.wide,.frame{min-width:0;max-width:100%}.frame{overflow:auto}\
table{width:100%;border-collapse:collapse;font-size:14px}th,td{padding:.3rem .6rem;text-align:left;vertical-align:top;\
border-bottom:1px solid var(--line,GrayText);white-space:nowrap}td{unicode-bidi:isolate}\
td:last-child{min-width:16rem;white-space:normal;overflow-wrap:anywhere}\
.line{display:flex;flex-wrap:wrap;gap:.75rem;align-items:end}.line label{margin:0}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}\
a{color:var(--link,LinkText)}\
:focus-visible{outline:2px solid var(--link,Highlight);outline-offset:1px}\
[role=alert]{padding:.5rem .75rem;border-left:3px solid var(--red,currentColor);background:var(--red-tint,Canvas);color:var(--red,inherit)}";

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
            let role = if self.fields.is_empty() { "status" } else { "alert" };
            let _ = write!(body, "<p role=\"{role}\">{}</p>", escaped(self.message));
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
        let _ = write!(body, "<button class=\"pf-v6-c-button pf-m-primary\">{}</button></form>", escaped(self.button));
        for (address, words) in &self.links {
            let _ = write!(body, "<p><a href=\"{}\">{}</a></p>", escaped(address), escaped(words));
        }
        Self::told(self.title, &body, status)
    }

    /// A page with a heading and HTML below it.
    #[must_use]
    pub fn told(title: &str, html: &str, status: StatusCode) -> Response {
        Self::page("", title, html, status)
    }

    /// The same for tables.
    #[must_use]
    pub fn wide(title: &str, html: &str, status: StatusCode) -> Response {
        Self::page("wide", title, html, status)
    }

    fn page(class: &str, title: &str, html: &str, status: StatusCode) -> Response {
        let title = escaped(title);
        let links: String = page::form_assets()
            .iter()
            .map(|asset| match asset.strip_suffix(".js") {
                Some(_) => format!("<script src=\"/{asset}\"></script>"),
                None => format!("<link rel=\"stylesheet\" href=\"/{asset}\">"),
            })
            .collect();
        let text = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\"><title>{title}</title>{links}<style>{STYLE}</style></head><body><main class=\"{class}\">\
             <p class=\"brand\">Flightplan</p><h1>{title}</h1>{html}</main></body></html>"
        );
        let style = STANDARD.encode(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'self' 'sha256-{style}'; script-src 'self'; font-src 'self'; img-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
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
