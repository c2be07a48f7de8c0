//! Releases down, schemas across, a word in each cell.

use planner::matrix::{Cell, Matrix};
use yew::prelude::*;

use super::icon;
use crate::rollout::Stage;
use crate::route::{Page, Route};
use crate::words;

/// Properties of [`MatrixTable`].
#[derive(Properties, PartialEq)]
pub(crate) struct MatrixTableProps {
    /// The matrix.
    pub matrix: Matrix,
    /// `release@schema` of the selected cell.
    pub selected: Option<AttrValue>,
    /// The cells a rollout passes, in order.
    pub path: Vec<Stage>,
}

/// Name of a cell in addresses.
pub(crate) fn cell_name(release: &str, schema: &str) -> String {
    format!("{release}@{schema}")
}

/// The table.
#[component]
pub(crate) fn MatrixTable(props: &MatrixTableProps) -> Html {
    let matrix = &props.matrix;
    html! {
        <div class="table-frame"><table class="table matrix">
            <thead><tr>
                <th scope="col">{"Release"}<span class="quiet">{" on schema"}</span></th>
                {for matrix.schemas.iter().map(|schema| html! { <th scope="col"><code>{schema}</code></th> })}
            </tr></thead>
            <tbody>{for matrix.releases.iter().map(|release| html! {
                <tr>
                    <th scope="row">{&release.version}</th>
                    {for matrix.schemas.iter().map(|schema| {
                        let own = release.schema.as_ref() == Some(schema) || release.revisions.contains(schema);
                        let cell = matrix.cells.iter().find(|cell| cell.release == release.version && &cell.schema == schema);
                        let stage = props.path.iter().position(|stage| stage.release == release.version && &stage.schema == schema);
                        cell.map_or_else(|| html! { <td class="matrix-gap">{"not compared"}</td> }, |cell| draw(cell, own, stage, props.selected.as_deref()))
                    })}
                </tr>
            })}</tbody>
        </table></div>
    }
}

fn draw(cell: &Cell, own: bool, stage: Option<usize>, selected: Option<&str>) -> Html {
    let verdict = words::verdict(cell.verdict);
    let name = cell_name(&cell.release, &cell.schema);
    let class = classes!(
        "matrix-cell",
        format!("is-verdict-{verdict}"),
        own.then_some("is-own"),
        stage.map(|_| "is-on-path"),
        (selected == Some(name.as_str())).then_some("is-selected")
    );
    let title = if own { format!("Release {} was built for schema {}", cell.release, cell.schema) } else { String::new() };
    html! {
        <td {class}>
            <a href={Route::at(Page::Matrix, &name).href()} {title} data-testid="matrix-cell" data-release={cell.release.clone()}
                data-schema={cell.schema.clone()} data-verdict={verdict}>
                {icon::of_verdict(cell.verdict).svg()}<span>{verdict}</span>
                if !cell.reasons.is_empty() {
                    <span class="matrix-count">{words::plural(cell.reasons.len(), "reason", "reasons")}</span>
                }
                if let Some(at) = stage {
                    <span class="matrix-stage">{at + 1}</span>
                }
            </a>
        </td>
    }
}
