//! Migrations: what there is, what is applied, what is wrong with it.

use std::rc::Rc;

use planner::migration::{MigrationId, SourceKind};
use web_sys::{HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::prelude::*;

use super::PageProps;
use crate::components::button::Button;
use crate::components::chip;
use crate::components::drop_zone::DropZone;
use crate::components::mended::Mended;
use crate::components::window::use_window;
use crate::locale::{say, use_language};
use crate::message::{Answer, MigrationView};
use crate::places::{ByMigration, Counts};
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::state::{Action, Origin, Server};
use crate::words;

mod detail;

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
    let counts = use_memo(props.state.answer.clone(), |answer| {
        answer.as_ref().map(|answer| ByMigration::of(&answer.findings)).unwrap_or_default()
    });
    let answer = match props.answer() {
        Ok(answer) => answer,
        Err(waiting) => return html! { <div class="page"><h1>{say::migrations_title()}</h1>{waiting}</div> },
    };
    let kept = answer.migrations.iter().enumerate().filter(|(_, migration)| filter.keeps(migration));
    let shown: Vec<usize> = kept.map(|(at, _)| at).collect();
    let selected = props.route.selected.as_ref().and_then(|id| answer.migrations.iter().find(|migration| &migration.id.0 == id));
    html! {
        <div class="page with-inspector is-filled">
            <div class="page-main">
                <h1>{say::migrations_title()}</h1>
                {summary(&answer)}
                {origin(props)}
                <Mended state={props.state.clone()} errand={props.errand.clone()} dispatch={props.dispatch.clone()} />
                <FilterBar filter={(*filter).clone()} onchange={let filter = filter.setter(); Callback::from(move |new| filter.set(new))} />
                if shown.is_empty() {
                    <p class="quiet empty">{nothing(&answer)}</p>
                } else {
                    <MigrationTable answer={answer.clone()} {shown} {counts} selected={selected.map(|migration| migration.id.clone())} />
                }
            </div>
            if let Some(migration) = selected {
                {detail::inspect(migration, props, &answer)}
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
            {say::migrations_summary(&words::amount(pending), &words::amount(answer.migrations.len()), &flyway.to_string(), &alembic.to_string())}{" "}
            <span class="chips-inline">{chip::findings(Counts::of(&answer.findings))}</span>
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
                <p>{say::own_files(name)}</p>
                if has_server {
                    <Button onclick={back}>{say::use_server()}</Button>
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
    use_language();
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
            <input type="search" placeholder={say::filter_hint()} aria-label={say::filter_text()} value={props.filter.text.clone()} oninput={on_text} data-testid="filter-text" />
            <select aria-label={say::source()} onchange={select(Box::new(change(|filter, value| filter.source = value)))} data-testid="filter-source">
                {options(&props.filter.source, &[("", say::all_sources()), ("Flyway", "Flyway"), ("Alembic", "Alembic")])}
            </select>
            <select aria-label={say::state()} onchange={select(Box::new(change(|filter, value| filter.state = value)))} data-testid="filter-state">
                {options(&props.filter.state, &[("", say::applied_and_pending()), ("pending", say::pending_option()), ("applied", say::applied_option())])}
            </select>
        </div>
    }
}

/// Options with the current one marked: without a mark the browser shows the last one that was added.
pub(super) fn options(current: &str, all: &[(&'static str, &'static str)]) -> Html {
    all.iter().map(|&(value, words)| html! { <option {value} selected={value == current}>{words}</option> }).collect()
}

fn nothing(answer: &Answer) -> &'static str {
    if answer.migrations.is_empty() { say::no_migration() } else { say::no_match() }
}

#[derive(Properties, PartialEq)]
struct MigrationTableProps {
    answer: Shared<Answer>,
    /// Places of the migrations that the filter keeps.
    shown: Vec<usize>,
    counts: Rc<ByMigration>,
    selected: Option<MigrationId>,
}

#[component]
fn MigrationTable(props: &MigrationTableProps) -> Html {
    use_language();
    let window = use_window(props.shown.len());
    let shown = props.shown.get(window.rows.clone()).unwrap_or_default();
    let rows = shown.iter().filter_map(|at| props.answer.migrations.get(*at));
    html! {
        <div class="table-frame" onscroll={window.onscroll.clone()} tabindex="0" role="region" aria-label={say::migrations_title()}>
            <table class={classes!("table", window.class())} aria-rowcount={(props.shown.len() + 1).to_string()}>
                <thead><tr><th>{say::id()}</th><th>{say::source()}</th><th>{say::description()}</th><th>{say::phase()}</th><th>{say::state()}</th><th>{say::findings_column()}</th></tr></thead>
                <tbody>
                    {window.above()}
                    {for rows.map(|migration| row(migration, props))}
                    {window.below()}
                </tbody>
            </table>
        </div>
    }
}

fn row(migration: &MigrationView, props: &MigrationTableProps) -> Html {
    let selected = props.selected.as_ref() == Some(&migration.id);
    html! {
        <tr key={format!("{} {}", words::source(migration.source), migration.id)} class={classes!(selected.then_some("is-selected"))}
            data-testid="migration-row" data-id={migration.id.0.clone()}>
            <td><a href={Route::at(Page::Migrations, &migration.id.0).href()} aria-current={selected.then_some("true")}><code>{&migration.id.0}</code></a></td>
            <td>{words::source(migration.source)}</td>
            <td class="wide">{&migration.description}</td>
            <td>{migration.phase.map(chip::phase)}</td>
            <td>{chip::applied(migration.applied)}</td>
            <td><span class="chips">{chip::findings(props.counts.get(&migration.id, &migration.path))}</span></td>
        </tr>
    }
}
