//! Releases down, schemas across, a word in each cell.

use std::ops::Range;

use planner::matrix::{Cell, Matrix, Verdict};
use yew::prelude::*;

use super::grid::use_grid;
use crate::locale::{say, use_language};
use crate::message::Answer;
use crate::rollout::Stage;
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::words;

/// Properties of [`MatrixTable`].
#[derive(Properties, PartialEq)]
pub(crate) struct MatrixTableProps {
    /// The answer with the matrix.
    pub answer: Shared<Answer>,
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
    use_language();
    let matrix = &props.answer.matrix;
    let own = use_memo(props.answer.clone(), |answer| own_schemas(&answer.matrix));
    let frame = use_node_ref();
    let grid = use_grid(matrix.releases.len(), matrix.schemas.len(), &frame);
    let schemas = matrix.schemas.get(grid.columns.clone()).unwrap_or_default();
    let releases = matrix.releases.get(grid.rows.clone()).unwrap_or_default();
    let part = grid.is_part();
    html! {
        <div ref={frame} class={classes!("table-frame", part.then_some("grid-frame"))} onscroll={grid.onscroll.clone()}><table class={classes!("table", "matrix", part.then_some("is-grid"))}>
            <thead><tr>
                <th key="release" scope="col">{say::release()}<span class="quiet">{" "}{say::on_schema()}</span></th>
                {grid.before()}
                {for schemas.iter().map(|schema| html! { <th key={schema.clone()} scope="col"><code>{schema}</code></th> })}
                {grid.behind()}
            </tr></thead>
            <tbody>
                {grid.above()}
                {for releases.iter().zip(grid.rows.clone()).map(|(release, row)| html! {
                    <tr key={row}>
                        <th key="release" scope="row">{&release.version}</th>
                        {grid.before()}
                        {for grid.blocks().map(|columns| {
                            let selected = props.selected.as_ref().and_then(|name| column(matrix, row, &columns, name));
                            let own = own.get(row).copied().flatten().filter(|column| columns.contains(column));
                            let stages = stages(matrix, row, &columns, &props.path);
                            let (key, answer) = (columns.start, props.answer.clone());
                            html! { <Block {key} {answer} {row} {columns} {own} {selected} {stages} /> }
                        })}
                        {grid.behind()}
                    </tr>
                })}
                {grid.below()}
            </tbody>
        </table></div>
    }
}

/// The column of the schema that each release was built for.
fn own_schemas(matrix: &Matrix) -> Vec<Option<usize>> {
    (0..matrix.releases.len()).map(|row| matrix.own(row)).collect()
}

/// The column of a cell by its name, where it stands in this part of a row.
fn column(matrix: &Matrix, row: usize, columns: &Range<usize>, name: &str) -> Option<usize> {
    let named = |column: &usize| {
        let (release, schema) = matrix.releases.get(row).zip(matrix.schemas.get(*column))?;
        Some(cell_name(&release.version, schema) == name)
    };
    columns.clone().find(|column| named(column) == Some(true))
}

/// The stages of a rollout in this part of a row: column and number.
fn stages(matrix: &Matrix, row: usize, columns: &Range<usize>, path: &[Stage]) -> Vec<(usize, usize)> {
    let Some(release) = matrix.releases.get(row) else { return Vec::new() };
    let here = path.iter().enumerate().filter(|(_, stage)| stage.release == release.version);
    let place = |stage: &Stage| columns.clone().find(|column| matrix.schemas.get(*column) == Some(&stage.schema));
    here.filter_map(|(at, stage)| Some((place(stage)?, at + 1))).collect()
}

/// Some cells of one row, which stand still while the table is scrolled over them.
#[derive(Properties, PartialEq)]
struct BlockProps {
    answer: Shared<Answer>,
    row: usize,
    columns: Range<usize>,
    /// Column of the schema the release was built for.
    own: Option<usize>,
    /// Column of the selected cell.
    selected: Option<usize>,
    /// Columns a rollout passes, with the number of its stage.
    stages: Vec<(usize, usize)>,
}

#[component]
fn Block(props: &BlockProps) -> Html {
    use_language();
    let cell = |column: usize| match props.answer.matrix.cell(props.row, column) {
        Some(cell) => draw(props, cell, column),
        None => html! { <td class="matrix-gap">{say::not_live()}</td> },
    };
    props.columns.clone().map(cell).collect()
}

fn draw(props: &BlockProps, cell: &Cell, column: usize) -> Html {
    let (release, schema) = props.answer.matrix.names(cell);
    let stage = props.stages.iter().find(|(at, _)| *at == column).map(|(_, number)| *number);
    let own = props.own == Some(column);
    let mut class = ["matrix-cell is-verdict-", words::verdict_key(cell.verdict)].concat();
    let marks = [(own, " is-own"), (stage.is_some(), " is-on-path"), (props.selected == Some(column), " is-selected")];
    marks.into_iter().filter(|(set, _)| *set).for_each(|(_, mark)| class.push_str(mark));
    let title = own.then(|| say::built_for(release, schema));
    let reasons = match cell.reasons.len() + cell.more as usize {
        0 => String::new(),
        many => [", ", &words::plural(many, say::reasons)].concat(),
    };
    html! {
        <td {class}>
            <a href={Route::at(Page::Matrix, &cell_name(release, schema)).href()} {title} data-testid="matrix-cell">
                {[mark(cell.verdict), words::verdict(cell.verdict), &reasons].concat()}
                if let Some(stage) = stage {
                    <span class="matrix-stage">{stage}</span>
                }
            </a>
        </td>
    }
}

/// An icon as a letter: an element, an image or a pseudo-element in each of some hundred cells would cost a frame.
const fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => "✓ ",
        Verdict::Degraded => "△ ",
        Verdict::Unknown => "? ",
        Verdict::Breaks => "✕ ",
    }
}
