//! SQL in colours, as text nodes only.

use yew::prelude::*;

use crate::locale::{say, use_language};
use crate::sql::{Kind, pieces};
use crate::words;

/// Properties of [`SqlText`].
#[derive(Properties, PartialEq)]
pub(crate) struct SqlTextProps {
    /// The text.
    pub sql: AttrValue,
}

/// Bytes of a text that are drawn: more nobody reads here, and a browser draws for seconds.
const MOST: usize = 50_000;

/// A block of SQL.
#[component]
pub(crate) fn SqlText(props: &SqlTextProps) -> Html {
    use_language();
    let shown = props.sql.get(..props.sql.floor_char_boundary(MOST)).unwrap_or_default();
    let more = props.sql.len() - shown.len();
    html! {
        <>
            <pre class="sql" tabindex="0"><code>{for pieces(shown).into_iter().map(|(kind, text)| piece(kind, text))}</code></pre>
            if more > 0 {
                <p class="fact is-severity-warning" data-testid="sql-more">{say::sql_more(&words::bytes(more as u64))}</p>
            }
        </>
    }
}

/// Characters that show text in another order than it is read in, or not at all, as their numbers.
fn plain(text: &str) -> Html {
    let hidden = |one: char| matches!(one, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    if !text.contains(hidden) {
        return html! { {text.to_owned()} };
    }
    let pieces = text.split_inclusive(hidden).map(|piece| match piece.chars().next_back().filter(|last| hidden(*last)) {
        Some(last) => html! {
            <>{piece.strip_suffix(last).unwrap_or(piece).to_owned()}<mark class="hidden-character" title={say::hidden_character()}>{format!("U+{:04X}", u32::from(last))}</mark></>
        },
        None => html! { {piece.to_owned()} },
    });
    html! { <>{for pieces}</> }
}

fn piece(kind: Kind, text: &str) -> Html {
    let class = match kind {
        Kind::Plain => return plain(text),
        Kind::Keyword => "sql-keyword",
        Kind::Text => "sql-string",
        Kind::Name => "sql-name",
        Kind::Number => "sql-number",
        Kind::Comment => "sql-comment",
    };
    html! { <span {class}>{plain(text)}</span> }
}
