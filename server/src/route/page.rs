//! The review page: embedded files, precompressed, with a strict content security policy.

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest, Sha256};

use crate::route::problem::Rejection;

/// What trunk made.
#[derive(Embed)]
#[folder = "../dist/"]
struct Files;

const EMPTY: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Flightplan</title>\
<h1>The review page is not built into this binary</h1>\
<p>Run <code>cargo xtask demo</code>, which builds the page and a binary that has it. \
The routes below <code>/api/v1</code> and the command line work without it.</p></html>";

/// Serves a file, or the page itself for a path that is a place in the page.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Rejection::new(StatusCode::METHOD_NOT_ALLOWED, "Not allowed", "The page is only read.").into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let is_place = !path.rsplit('/').next().unwrap_or_default().contains('.');
    if let Some(response) = file(path, &headers) {
        return response;
    }
    if !is_place {
        return Rejection::new(StatusCode::NOT_FOUND, "Not found", format!("There is no /{path}.")).into_response();
    }
    file("index.html", &headers).unwrap_or_else(|| {
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, "default-src 'none'")], EMPTY)
            .into_response()
    })
}

/// What the forms need of the page; the sheet's name carries the hash of its content.
#[must_use]
pub fn form_assets() -> Vec<String> {
    let sheet = Files::iter().find(|name| name.starts_with("page-") && name.ends_with(".css")).map(|name| name.into_owned());
    let theme = Files::get("theme.js").map(|_| "theme.js".to_owned());
    theme.into_iter().chain(sheet).collect()
}

/// Whether a file is the same for everybody and says nothing of a project: who signs in has not signed in yet.
#[must_use]
pub fn is_public(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    path == "theme.js" || [".css", ".woff2", ".svg"].iter().any(|ending| path.ends_with(ending))
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    if path.is_empty() || path.ends_with(".br") {
        return None;
    }
    let takes_brotli = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|list| list.split(',').any(|item| item.split(';').next().unwrap_or_default().trim() == "br"));
    let compressed = Files::get(&format!("{path}.br"));
    let original = Files::get(path);
    let tag = format!("\"{}\"", hash(original.as_ref().or(compressed.as_ref())?));
    let mut response = if headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match (compressed, original) {
            (Some(compressed), _) if takes_brotli => {
                ([(header::CONTENT_ENCODING, "br")], Body::from(compressed.data.into_owned())).into_response()
            }
            (_, Some(original)) => Body::from(original.data.into_owned()).into_response(),
            (Some(compressed), None) => Body::from(decompress(&compressed.data)?).into_response(),
            (None, None) => return None,
        }
    };
    let set = response.headers_mut();
    let mut put = |name: header::HeaderName, value: &str| {
        if let Ok(value) = value.parse() {
            set.insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, content_type(path));
    put(header::ETAG, &tag);
    put(header::VARY, "accept-encoding");
    put(header::CACHE_CONTROL, if is_hashed(path) { "public, max-age=31536000, immutable" } else { "no-cache" });
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(header::CONTENT_SECURITY_POLICY, policy());
    Some(response)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        _ => mime_guess::from_path(path).first_raw().unwrap_or("application/octet-stream"),
    }
}

/// Trunk writes `name-0123456789abcdef.js`: such a file never changes.
fn is_hashed(path: &str) -> bool {
    let stem = path.rsplit('/').next().unwrap_or_default();
    stem.split(['-', '.', '_']).any(|part| part.len() >= 12 && part.chars().all(|c| c.is_ascii_hexdigit()))
}

fn hash(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn decompress(data: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    brotli::BrotliDecompress(&mut std::io::Cursor::new(data), &mut out).ok()?;
    Some(out)
}

/// Nothing from elsewhere; the loader that trunk writes into the page is allowed by its hash.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let page = Files::get("index.html").map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default();
        let hashes: String =
            inline_scripts(&page).iter().map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script)))).collect();
        format!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; \
             style-src-attr 'unsafe-inline'; connect-src 'self'; worker-src 'self' blob:; img-src 'self' data:; \
             font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    })
}

/// The text of every `<script>` without a `src`.
fn inline_scripts(page: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("<script") {
        let Some((attributes, body)) = after.split_once('>') else { break };
        let Some((script, next)) = body.split_once("</script>") else { break };
        if !attributes.contains("src=") {
            scripts.push(script);
        }
        rest = next;
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scripts_without_a_source_are_hashed() {
        let page = "<script src=\"a.js\"></script><script type=\"module\">import x</script><script>b</script>";
        assert_eq!(inline_scripts(page), ["import x", "b"]);
    }

    #[test]
    fn files_with_a_hash_in_their_name_are_kept_for_ever() {
        assert!(is_hashed("web-0123456789abcdef_bg.wasm"));
        assert!(!is_hashed("index.html"));
        assert!(!is_hashed("worker.js"));
    }
}
