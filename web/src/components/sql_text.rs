//! SQL in colours, as text nodes only.

use yew::prelude::*;

use crate::sql::{Kind, pieces};

/// Properties of [`SqlText`].
#[derive(Properties, PartialEq)]
pub(crate) struct SqlTextProps {
    /// The text.
    pub sql: AttrValue,
}

/// A block of SQL.
#[component]
pub(crate) fn SqlText(props: &SqlTextProps) -> Html {
    html! { <pre class="sql"><code>{for pieces(&props.sql).into_iter().map(|(kind, text)| piece(kind, text))}</code></pre> }
}

fn piece(kind: Kind, text: &str) -> Html {
    let class = match kind {
        Kind::Plain => return html! { {text.to_owned()} },
        Kind::Keyword => "sql-keyword",
        Kind::Text => "sql-string",
        Kind::Name => "sql-name",
        Kind::Number => "sql-number",
        Kind::Comment => "sql-comment",
    };
    html! { <span {class}>{text.to_owned()}</span> }
}
