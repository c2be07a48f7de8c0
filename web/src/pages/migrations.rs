//! Migrations: what there is, what is applied, what is wrong with it.

use planner::finding::Finding;
use planner::migration::SourceKind;
use web_sys::{HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::prelude::*;

use super::PageProps;
use crate::components::button::Button;
use crate::components::chip;
use crate::components::drop_zone::DropZone;
use crate::components::finding_list::FindingList;
use crate::components::inspector::Inspector;
use crate::components::sql_text::SqlText;
use crate::message::{Answer, MigrationView};
use crate::route::{Page, Route};
use crate::state::{Action, Origin, Server};
use crate::words;

/// What the reader filters by.
#[derive(Clone, Default, PartialEq)]
struct Filter {
    text: String,
    source: String,
    state: String,
}

impl Filter {
    fn keeps(&self, migration: &MigrationView) -> bool {
        let text = self.text.to_lowercase();
        let found =
            [&migration.id.0, &migration.description, &migration.path].iter().any(|field| field.to_lowercase().contains(&text));
        let source = self.source.is_empty() || words::source(migration.source) == self.source;
        let state = self.state.is_empty() || (self.state == "applied") == migration.applied;
        found && source && state
    }
}

/// The page.
#[component]
pub(crate) fn Migrations(props: &PageProps) -> Html {
    let filter = use_state_eq(Filter::default);
    let answer = match props.answer() {
        Ok(answer) => answer,
        Err(waiting) => return html! { <div class="page"><h1>{"Migrations"}</h1>{waiting}</div> },
    };
    let shown: Vec<&MigrationView> = answer.migrations.iter().filter(|migration| filter.keeps(migration)).collect();
    let selected = props.route.selected.as_ref().and_then(|id| answer.migrations.iter().find(|migration| &migration.id.0 == id));
    html! {
        <div class="page with-inspector">
            <div class="page-main">
                <h1>{"Migrations"}</h1>
                {summary(&answer)}
                {origin(props)}
                <FilterBar filter={(*filter).clone()} onchange={let filter = filter.setter(); Callback::from(move |new| filter.set(new))} />
                {table(&answer, &shown, selected)}
            </div>
            if let Some(migration) = selected {
                {inspect(migration, &answer)}
            }
        </div>
    }
}

fn summary(answer: &Answer) -> Html {
    let pending = answer.migrations.iter().filter(|migration| !migration.applied).count();
    let flyway = answer.migrations.iter().filter(|migration| migration.source == SourceKind::Flyway).count();
    let alembic = answer.migrations.len() - flyway;
    html! {
        <p class="lead">
            {format!("{} pending of {}: {flyway} Flyway, {alembic} Alembic. ", words::count(pending as u64), words::plural(answer.migrations.len(), "migration", "migrations"))}
            <span class="chips-inline">{chip::findings(answer.findings.iter())}</span>
        </p>
    }
}

/// Whose files these are, and how to look at others.
fn origin(props: &PageProps) -> Html {
    let back = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |()| dispatch.emit(Action::UseServer))
    };
    let has_server = matches!(props.state.server, Server::Present(_));
    match &props.state.origin {
        Some(Origin::Dropped { name, .. }) => html! {
            <div class="origin">
                <p>{format!("Your own files: {name}. They stay in this browser.")}</p>
                if has_server {
                    <Button onclick={back}>{"Use the server's project"}</Button>
                }
                <DropZone errand={props.errand.clone()} compact=true />
            </div>
        },
        _ => html! { <DropZone errand={props.errand.clone()} compact=true /> },
    }
}

#[derive(Properties, PartialEq)]
struct FilterBarProps {
    filter: Filter,
    onchange: Callback<Filter>,
}

#[component]
fn FilterBar(props: &FilterBarProps) -> Html {
    let change = |apply: fn(&mut Filter, String)| {
        let (filter, onchange) = (props.filter.clone(), props.onchange.clone());
        move |value: String| {
            let mut filter = filter.clone();
            apply(&mut filter, value);
            onchange.emit(filter);
        }
    };
    let on_text = {
        let change = change(|filter, text| filter.text = text);
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                change(input.value());
            }
        })
    };
    let select = |change: Box<dyn Fn(String)>| {
        Callback::from(move |event: Event| {
            if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                change(select.value());
            }
        })
    };
    html! {
        <div class="filters" role="search">
            <input type="search" placeholder="Filter by id, words or path" aria-label="Filter by text" value={props.filter.text.clone()} oninput={on_text} data-testid="filter-text" />
            <select aria-label="Source" onchange={select(Box::new(change(|filter, value| filter.source = value)))} data-testid="filter-source">
                {options(&props.filter.source, &[("", "All sources"), ("Flyway", "Flyway"), ("Alembic", "Alembic")])}
            </select>
            <select aria-label="State" onchange={select(Box::new(change(|filter, value| filter.state = value)))} data-testid="filter-state">
                {options(&props.filter.state, &[("", "Applied and pending"), ("pending", "Pending"), ("applied", "Applied")])}
            </select>
        </div>
    }
}

/// Options with the current one marked: without a mark the browser shows the last one that was added.
pub(super) fn options(current: &str, all: &[(&'static str, &'static str)]) -> Html {
    all.iter().map(|&(value, words)| html! { <option {value} selected={value == current}>{words}</option> }).collect()
}

fn findings_of<'a>(answer: &'a Answer, migration: &'a MigrationView) -> impl Iterator<Item = &'a Finding> {
    answer.findings.iter().filter(move |finding| match &finding.migration {
        Some(id) => *id == migration.id,
        None => finding.span.as_ref().is_some_and(|span| span.file == migration.path),
    })
}

fn table(answer: &Answer, shown: &[&MigrationView], selected: Option<&MigrationView>) -> Html {
    if shown.is_empty() {
        let words = if answer.migrations.is_empty() {
            "No migration was found in these files. Flyway names them V1__words.sql, R__words.sql and U1__words.sql; Alembic keeps them in versions/."
        } else {
            "No migration fits the filter."
        };
        return html! { <p class="quiet empty">{words}</p> };
    }
    html! {
        <div class="table-frame"><table class="table">
            <thead><tr><th>{"Id"}</th><th>{"Source"}</th><th>{"Description"}</th><th>{"Phase"}</th><th>{"State"}</th><th>{"Findings"}</th></tr></thead>
            <tbody>{for shown.iter().map(|migration| html! {
                <tr key={format!("{} {}", words::source(migration.source), migration.id)} class={classes!((selected == Some(*migration)).then_some("is-selected"))}
                    data-testid="migration-row" data-id={migration.id.0.clone()}>
                    <td><a href={Route::at(Page::Migrations, &migration.id.0).href()}><code>{&migration.id.0}</code></a></td>
                    <td>{words::source(migration.source)}</td>
                    <td class="wide">{&migration.description}</td>
                    <td>{migration.phase.map(chip::phase)}</td>
                    <td>{chip::applied(migration.applied)}</td>
                    <td><span class="chips">{chip::findings(findings_of(answer, migration))}</span></td>
                </tr>
            })}</tbody>
        </table></div>
    }
}

fn inspect(migration: &MigrationView, answer: &Answer) -> Html {
    let findings: Vec<Finding> = findings_of(answer, migration).cloned().collect();
    let step = answer.plan.steps.iter().find(|step| step.migration == migration.id);
    html! {
        <Inspector kind={format!("{} migration", words::source(migration.source))} title={migration.id.0.clone()} close={Route::page(Page::Migrations).href()}>
            <p>{&migration.description}</p>
            <p class="quiet"><code>{&migration.path}</code></p>
            <p class="chips">{chip::applied(migration.applied)}{migration.phase.map(chip::phase)}</p>
            if let Some(step) = step {
                <p><a href={Route::at(Page::Plan, &step.id).href()}>{format!("Step {} of the plan", step.number)}</a></p>
            }
            <FindingList {findings} />
            {for migration.opaque.iter().map(|part| html! {
                <p class="fact is-severity-warning"><span><strong>{format!("Not known at line {}: ", part.span.line)}</strong>{&part.reason}</span></p>
            })}
            {for migration.assumptions.iter().map(|words| html! { <p class="quiet">{words}</p> })}
            <h3>{"SQL"}</h3>
            if migration.statements.is_empty() {
                <p class="quiet">{"It has no statements."}</p>
            }
            {for migration.statements.iter().map(|statement| html! {
                <><p class="place-line"><code class="place">{format!("line {}", statement.line)}</code></p><SqlText sql={statement.sql.clone()} /></>
            })}
            if let Some(undo) = &migration.undo {
                <h3>{"Way back by its author"}</h3>
                {for undo.iter().map(|sql| html! { <SqlText sql={sql.clone()} /> })}
            }
        </Inspector>
    }
}
