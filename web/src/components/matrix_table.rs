//! Releases down, schemas across, a word in each cell.

use std::rc::Rc;

use planner::matrix::{Cell, Matrix};
use yew::prelude::*;

use super::icon;
use super::window::use_grid;
use crate::rollout::Stage;
use crate::route::{Page, Route};
use crate::words;

/// Properties of [`MatrixTable`].
#[derive(Properties, PartialEq)]
pub(crate) struct MatrixTableProps {
    /// The matrix.
    pub matrix: Rc<Matrix>,
    /// `release@schema` of the selected cell.
    pub selected: Option<AttrValue>,
    /// The cells a rollout passes, in order.
    pub path: Vec<Stage>,
}

/// Name of a cell in addresses.
pub(crate) fn cell_name(release: &str, schema: &str) -> String {
    format!("{release}@{schema}")
}

/// The table. Of a large one only what is in sight is drawn.
#[component]
pub(crate) fn MatrixTable(props: &MatrixTableProps) -> Html {
    let matrix = &props.matrix;
    let grid = use_grid(matrix.releases.len(), matrix.schemas.len());
    let schemas = matrix.schemas.get(grid.columns.clone()).unwrap_or_default();
    let releases = matrix.releases.get(grid.rows.clone()).unwrap_or_default();
    let class = classes!("table", "matrix", grid.is_part().then_some("is-grid"));
    html! {
        <div class="table-frame" onscroll={grid.onscroll.clone()}><table {class}>
            <thead><tr>
                <th scope="col">{"Release"}<span class="quiet">{" on schema"}</span></th>
                {grid.beside(false)}
                {for schemas.iter().map(|schema| html! { <th scope="col"><code>{schema}</code></th> })}
                {grid.beside(true)}
            </tr></thead>
            <tbody>
                {grid.above()}
                {for releases.iter().zip(grid.rows.clone()).map(|(release, row)| (release, row, matrix.own(row))).map(|(release, row, own)| html! {
                    <tr key={row}>
                        <th scope="row">{&release.version}</th>
                        {grid.beside(false)}
                        {for grid.columns.clone().map(|column| match matrix.cell(row, column) {
                            Some(cell) => draw(props, cell, own == Some(column)),
                            None => html! { <td class="matrix-gap">{"not live"}</td> },
                        })}
                        {grid.beside(true)}
                    </tr>
                })}
                {grid.below()}
            </tbody>
        </table></div>
    }
}

fn draw(props: &MatrixTableProps, cell: &Cell, own: bool) -> Html {
    let (release, schema) = props.matrix.names(cell);
    let verdict = words::verdict(cell.verdict);
    let name = cell_name(release, schema);
    let stage = props.path.iter().position(|stage| stage.release == release && stage.schema == schema);
    let class = classes!(
        "matrix-cell",
        format!("is-verdict-{verdict}"),
        own.then_some("is-own"),
        stage.map(|_| "is-on-path"),
        (props.selected.as_deref() == Some(name.as_str())).then_some("is-selected")
    );
    let title = if own { format!("Release {release} was built for schema {schema}") } else { String::new() };
    let reasons = cell.reasons.len() + cell.more as usize;
    html! {
        <td {class}>
            <a href={Route::at(Page::Matrix, &name).href()} {title} data-testid="matrix-cell" data-release={release.to_owned()}
                data-schema={schema.to_owned()} data-verdict={verdict}>
                {icon::of_verdict(cell.verdict).svg()}<span>{verdict}</span>
                if reasons > 0 {
                    <span class="matrix-count">{words::plural(reasons, "reason", "reasons")}</span>
                }
                if let Some(at) = stage {
                    <span class="matrix-stage">{at + 1}</span>
                }
            </a>
        </td>
    }
}
