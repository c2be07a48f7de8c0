//! Matrix: which release lives with which schema, and in which order to deploy.

use planner::effect::Reversibility;
use planner::matrix::{Cell, Matrix as Verdicts, Reason, Row};
use yew::prelude::*;

use super::PageProps;
use crate::components::environments::Environments;
use crate::components::icon;
use crate::components::inspector::Inspector;
use crate::components::matrix_table::MatrixTable;
use crate::components::rollout_picker::RolloutPicker;
use crate::components::sql_text::SqlText;
use crate::locale::say;
use crate::rollout;
use crate::route::{Page, Route};
use crate::state::Server;
use crate::words;

/// Releases in the guide's table; what is older nobody deploys any more.
const GUIDE: usize = 50;

/// The page.
#[component]
pub(crate) fn Matrix(props: &PageProps) -> Html {
    let pair = use_state_eq(|| None::<(String, String)>);
    let answer = match props.answer() {
        Ok(answer) => answer,
        Err(waiting) => return html! { <div class="page"><h1>{say::matrix()}</h1>{waiting}</div> },
    };
    let matrix = &answer.matrix;
    if matrix.releases.is_empty() {
        return html! { <div class="page"><h1>{say::matrix()}</h1>{teach()}</div> };
    }
    let known = |pair: &(String, String)| {
        [&pair.0, &pair.1].iter().all(|version| matrix.releases.iter().any(|release| release.version == **version))
    };
    let chosen = (*pair).clone().filter(known).unwrap_or_else(|| newest(matrix));
    let path = rollout::path(matrix, &chosen.0, &chosen.1);
    let onchange = {
        let pair = pair.setter();
        Callback::from(move |new| pair.set(Some(new)))
    };
    let selected = props.route.selected.clone();
    let cell = selected.as_ref().and_then(|name| {
        let (release, schema) = name.rsplit_once('@')?;
        let release = matrix.releases.iter().position(|own| own.version == release)?;
        matrix.cell(release, matrix.schemas.iter().position(|own| own == schema)?)
    });
    html! {
        <div class="page with-inspector">
            <div class="page-main">
                <h1>{say::matrix()}</h1>
                <p class="lead">{say::matrix_lead()}</p>
                <RolloutPicker matrix={matrix.clone()} pair={chosen} path={path.clone()} {onchange} />
                <MatrixTable answer={answer.clone()} selected={selected.map(AttrValue::from)} path={path.unwrap_or_default()} />
                {deployed(matrix)}
                if matches!(props.state.server, Server::Present(_)) {
                    <Environments state={props.state.clone()} errand={props.errand.clone()} />
                }
                {guide(matrix)}
            </div>
            if let Some(cell) = cell {
                {inspect(matrix, cell)}
            }
        </div>
    }
}

/// What the environment's database really has, against each release.
fn deployed(matrix: &Verdicts) -> Html {
    let Some(found) = &matrix.deployed else { return Html::default() };
    let at = if found.at.is_empty() { say::nothing() } else { found.at.as_str() };
    html! {
        <p class="chips deployed" data-testid="deployed">{say::deployed_on(&found.environment, at)}
            {for found.releases.iter().map(|one| html! {
                <span class={format!("chip is-verdict-{}", words::verdict_key(one.verdict))}>
                    {icon::of_verdict(one.verdict).svg()}{format!("{} {}", one.release, words::verdict(one.verdict))}
                </span>
            })}
        </p>
    }
}

/// The last two releases: what a release manager asks about.
fn newest(matrix: &Verdicts) -> (String, String) {
    let version = |from_end: usize| {
        let at = matrix.releases.len().saturating_sub(from_end);
        matrix.releases.get(at).or(matrix.releases.first()).map(|release| release.version.clone()).unwrap_or_default()
    };
    (version(2), version(1))
}

fn teach() -> Html {
    html! {
        <div class="teach">
            <p class="lead">{say::no_releases()}</p>
            <p>{say::write_releases()}</p>
            <pre class="sql"><code>{"[[release]]\nversion = \"1.4.0\"\nschema = \"20230815123000\"\nrequires = [\"worker >= 1.9\"]\nbreaking_changes = [\"users.name is split into first_name and last_name\"]\n"}</code></pre>
        </div>
    }
}

/// Version, breaking changes, dependencies: the table release notes carry.
fn guide(matrix: &Verdicts) -> Html {
    let list = |items: Vec<Html>| match items.as_slice() {
        [] => html! { <span class="quiet">{say::none()}</span> },
        _ => html! { <ul class="plain-list">{for items.into_iter()}</ul> },
    };
    let changes = |row: &Row| -> Vec<Html> {
        let documented = row.documented.iter().map(|item| html! { <li>{item}</li> });
        let derived = matrix.reasons(&row.derived).map(|reason| {
            html! {
                <li>{&reason.change}{" "}<span class="quiet" title={say::derived_title()}>{say::derived()}</span></li>
            }
        });
        documented.chain(derived).collect()
    };
    html! {
        <>
            <h2 class="section-title">{say::breaking_changes()}</h2>
            <div class="table-frame" tabindex="0" role="region" aria-label={say::breaking_changes()}><table class="table" data-testid="matrix-guide">
                <thead><tr><th>{say::version()}</th><th>{say::breaking_changes_column()}</th><th>{say::matrix_dependencies()}</th></tr></thead>
                // The newest first, as release notes have it.
                <tbody>{for matrix.rows.iter().rev().take(GUIDE).map(|row| html! {
                    <tr><th scope="row">{&row.version}</th><td class="wide">{list(changes(row))}</td>
                        <td>{list(row.dependencies.iter().map(|item| html! { <li>{item}</li> }).collect())}</td></tr>
                })}</tbody>
            </table></div>
        </>
    }
}

fn inspect(matrix: &Verdicts, cell: &Cell) -> Html {
    let verdict = words::verdict_key(cell.verdict);
    let (release, schema) = matrix.names(cell);
    let own = matrix.own(cell.release as usize);
    html! {
        <Inspector kind={say::release_on_schema()} title={say::on_schema_title(release, schema)} close={Route::page(Page::Matrix).href()}>
            <p class={format!("verdict is-verdict-{verdict}")}>{icon::of_verdict(cell.verdict).svg()}<strong>{words::verdict(cell.verdict)}</strong></p>
            if cell.reasons.is_empty() {
                <p>{say::nothing_differs(release)}</p>
            }
            {for matrix.reasons(&cell.reasons).map(reason)}
            if cell.more > 0 {
                <p class="quiet">{say::more_reasons(&cell.more.to_string())}</p>
            }
            if let (Some(back), Some(own)) = (cell.back, own) {
                <h3 class="section-title">{say::taking_back()}</h3>
                <p>{match back {
                    Reversibility::Lossless => say::back_lossless(),
                    Reversibility::Lossy => say::back_lossy(),
                    Reversibility::None => say::back_none(),
                    Reversibility::Opaque => say::back_unknown(),
                }}</p>
                <ul class="plain-list">{for matrix.lost(cell.schema as usize, own).flat_map(|loss| loss.notes.iter().map(|note| html! {
                    <li><span lang="en">{note}</span>{" "}<code>{format!("{}:{}", loss.file, loss.line)}</code></li>
                }))}</ul>
            }
        </Inspector>
    }
}

fn reason(reason: &Reason) -> Html {
    let verdict = words::verdict_key(reason.verdict);
    let place = |file: &Option<String>, line: Option<u32>| {
        let place = file.as_ref().map(|file| line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")));
        place.map(|place| html! { <p class="finding-foot"><code>{place}</code></p> }).unwrap_or_default()
    };
    html! {
        <article class={format!("finding is-verdict-{verdict}")} data-testid="matrix-reason">
            <p class="finding-head">{icon::of_verdict(reason.verdict).svg()}<code>{&reason.object}</code></p>
            <p lang="en">{&reason.change}</p>
            {place(&reason.file, reason.line)}
            if let Some(query) = &reason.query {
                <p class="quiet">{say::release_runs()}</p><SqlText sql={query.clone()} />
                {place(&reason.query_file, reason.query_line)}
            }
        </article>
    }
}
