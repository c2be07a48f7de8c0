//! Schema: what the database looks like behind any migration, and which one made each part of it.

use std::rc::Rc;

use planner::catalog::line::LineKind;
use planner::catalog::lineage::{Life, Lineage, Lived, LivedLine, ObjectKind, Origin};
use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use super::PageProps;
use crate::components::button::Button;
use crate::components::chip;
use crate::components::window::use_window;
use crate::errand;
use crate::locale::{say, use_language};
use crate::message::{Answer, MigrationView};
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::words;

mod detail;

/// The page.
#[component]
pub(crate) fn Schema(props: &PageProps) -> Html {
    let text = use_state_eq(String::new);
    // Where the slider is while it is dragged; the address follows when it is let go.
    let dragged = use_state_eq(|| None::<u32>);
    let answer = match props.answer() {
        Ok(answer) => answer,
        Err(waiting) => return html! { <div class="page"><h1>{say::schema()}</h1>{waiting}</div> },
    };
    let lineage = match &props.state.lineage {
        Some((generation, lineage)) if *generation == props.state.answered => lineage.clone(),
        _ => {
            let words = say::working_out();
            return html! { <div class="page"><h1>{say::schema()}</h1><p class="waiting" role="status">{words}</p></div> };
        }
    };
    let Some(last) = lineage.migrations.len().checked_sub(1).and_then(|last| u32::try_from(last).ok()) else {
        let words = say::no_schema();
        return html! { <div class="page"><h1>{say::schema()}</h1><p class="quiet empty">{words}</p></div> };
    };
    let selected = Selected::read(props.route.selected.as_deref().unwrap_or_default(), &lineage);
    let place = (*dragged).or(selected.place).unwrap_or(last);
    let object = selected.object.and_then(|name| found(&lineage, name, place));
    let on_text = {
        let text = text.setter();
        Callback::from(move |event: InputEvent| text.set(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let view = View { answer: answer.clone(), lineage: lineage.clone(), place, object: selected.object.map(str::to_owned) };
    html! {
        <div class="page with-inspector is-filled">
            <div class="page-main">
                <h1>{say::schema()}</h1>
                {summary(&view)}
                {slider(&view, last, &dragged)}
                <div class="filters" role="search">
                    <input type="search" placeholder={say::schema_find()} aria-label={say::schema_find_label()} value={(*text).clone()} oninput={on_text} data-testid="schema-find" />
                </div>
                <Objects view={view.clone()} text={(*text).clone()} />
            </div>
            if let Some(object) = object {
                {detail::inspect(object, &view)}
            }
        </div>
    }
}

/// What the page looks at.
#[derive(Clone, PartialEq)]
struct View {
    answer: Shared<Answer>,
    lineage: Shared<Lineage>,
    /// The schema is the one behind the migration at this place.
    place: u32,
    object: Option<String>,
}

impl View {
    fn migration(&self, place: u32) -> Option<&MigrationView> {
        let id = self.lineage.migrations.get(place as usize)?;
        let source = self.answer.settings.source;
        self.answer.migrations.iter().find(|migration| migration.id == *id && migration.source == source)
    }

    fn id(&self, place: u32) -> &str {
        self.lineage.migrations.get(place as usize).map_or("", |id| &id.0)
    }

    fn there(&self) -> impl Iterator<Item = (usize, &Lived)> {
        self.lineage.objects.iter().enumerate().filter(|(_, object)| object.life.holds(self.place))
    }

    /// Address of an object behind the same migration; none: of the migration alone.
    fn href(&self, object: Option<&str>) -> String {
        route(object.unwrap_or_default(), self.id(self.place)).href()
    }
}

fn route(object: &str, migration: &str) -> Route {
    Route::at(Page::Schema, &format!("{object}@{migration}"))
}

/// What an address selects: `object@migration`, either of which may be empty.
struct Selected<'a> {
    object: Option<&'a str>,
    place: Option<u32>,
}

impl<'a> Selected<'a> {
    fn read(selected: &'a str, lineage: &Lineage) -> Self {
        let (object, migration) = selected.rsplit_once('@').unwrap_or((selected, ""));
        let place = lineage.migrations.iter().position(|id| id.0 == migration);
        Self { object: Some(object).filter(|name| !name.is_empty()), place: place.and_then(|at| u32::try_from(at).ok()) }
    }
}

/// The object of a name that is there, else the last one that was.
fn found<'a>(lineage: &'a Lineage, name: &str, place: u32) -> Option<&'a Lived> {
    let named = || lineage.objects.iter().filter(|object| object.name.to_string() == name);
    named().find(|object| object.life.holds(place)).or_else(|| named().next_back())
}

/// What is there, and what this migration did.
fn summary(view: &View) -> Html {
    let count = |kind| view.there().filter(|(_, object)| object.kind == kind).count();
    let columns: usize = view.there().map(|(_, object)| alive(object, LineKind::Column, view.place).count()).sum();
    let mut parts = vec![words::plural(count(ObjectKind::Table), say::tables), words::plural(columns, say::columns)];
    let kinds = [
        (ObjectKind::View, say::views as fn(&str) -> String),
        (ObjectKind::Enum, say::enums),
        (ObjectKind::Function, say::functions),
        (ObjectKind::Sequence, say::sequences),
    ];
    parts.extend(
        kinds
            .into_iter()
            .map(|(kind, noun)| (count(kind), noun))
            .filter(|(count, _)| *count > 0)
            .map(|(count, noun)| words::plural(count, noun)),
    );
    html! { <p class="lead" data-testid="schema-summary">{say::schema_after(view.id(view.place), &parts.join(", "))}</p> }
}

fn alive(object: &Lived, kind: LineKind, place: u32) -> impl Iterator<Item = &LivedLine> {
    object.lines.iter().filter(move |line| line.line.kind == kind && line.life.holds(place))
}

/// The way through the history: a slider with a step to either side, and the migration it stands at.
fn slider(view: &View, last: u32, dragged: &UseStateHandle<Option<u32>>) -> Html {
    let object: Rc<str> = Rc::from(view.object.as_deref().unwrap_or_default());
    let lineage = view.lineage.clone();
    let set = {
        let dragged = dragged.setter();
        move |place: u32| {
            if let Some(id) = lineage.migrations.get(place as usize) {
                errand::go(&route(&object, &id.0));
            }
            dragged.set(None);
        }
    };
    let value = |event: &Event| event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse().ok());
    let oninput = {
        let dragged = dragged.setter();
        Callback::from(move |event: InputEvent| dragged.set(value(&event)))
    };
    let onchange = {
        let set = set.clone();
        Callback::from(move |event: Event| value(&event).into_iter().for_each(&set))
    };
    let to = |place: Option<u32>| {
        let set = set.clone();
        Callback::from(move |()| place.into_iter().for_each(&set))
    };
    let (before, after) = (view.place.checked_sub(1), Some(view.place + 1).filter(|next| *next <= last));
    let words = view.migration(view.place).map_or_else(String::new, |migration| migration.description.clone());
    html! {
        <section class="through" aria-label={say::history()}>
            <Button onclick={to(before)} disabled={before.is_none()} label={say::earlier()} testid="schema-earlier">{"◀"}</Button>
            <input type="range" min="0" max={last.to_string()} value={view.place.to_string()} {oninput} {onchange} data-testid="schema-place"
                aria-label={say::behind_which()} aria-valuetext={format!("{} {words}", view.id(view.place))} />
            <Button onclick={to(after)} disabled={after.is_none()} label={say::later()} testid="schema-later">{"▶"}</Button>
            <p class="through-at"><a href={Route::at(Page::Migrations, view.id(view.place)).href()}><code>{view.id(view.place).to_owned()}</code></a>{" "}
                {words}{" "}{view.migration(view.place).map(|migration| chip::applied(migration.applied))}
                <span class="quiet">{" "}{say::of(&(view.place + 1).to_string(), &(last + 1).to_string())}</span></p>
        </section>
    }
}

/// What the migration at a place did to something.
fn deed(life: Life, origin: &Origin, place: u32) -> Option<&'static str> {
    match life.from == place {
        true if origin.made == place => Some(say::new_here()),
        true => Some(say::changed_here()),
        false => None,
    }
}

/// `V3`, or `V3 as mail, changed by V7`.
fn made_by(life: Life, origin: &Origin, view: &View) -> Html {
    let link = |place: u32| html! { <a href={Route::at(Page::Migrations, view.id(place)).href()}><code>{view.id(place).to_owned()}</code></a> };
    html! {
        <>{link(origin.made)}
            if let Some(name) = &origin.formerly {
                {" "}{say::formerly()}{" "}<code>{name}</code>
            }
            if life.from != origin.made {
                {", "}{say::changed_by()}{" "}{link(life.from)}
            }
        </>
    }
}

fn kind_words(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Table => say::kind_table(),
        ObjectKind::View => say::kind_view(),
        ObjectKind::Enum => say::kind_enum(),
        ObjectKind::Function => say::kind_function(),
        ObjectKind::Sequence => say::kind_sequence(),
    }
}

#[derive(Properties, PartialEq)]
struct ObjectsProps {
    view: View,
    text: String,
}

/// Objects by name; where something is searched, also the lines of tables that have it.
#[component]
fn Objects(props: &ObjectsProps) -> Html {
    use_language();
    let rows = use_memo((props.view.clone(), props.text.clone()), |(view, text)| rows(view, text));
    let window = use_window(rows.len());
    let shown = rows.get(window.rows.clone()).unwrap_or_default();
    if rows.is_empty() {
        let words = if props.text.is_empty() { say::schema_empty() } else { say::schema_no_match() };
        return html! { <p class="quiet empty">{words}</p> };
    }
    html! {
        <div class="table-frame" onscroll={window.onscroll.clone()} tabindex="0" role="region" aria-label={say::schema_objects()}>
            <table class={classes!("table", window.class())} aria-rowcount={(rows.len() + 1).to_string()} data-testid="schema-objects">
                <thead><tr><th>{say::name()}</th><th>{say::what_it_is()}</th><th>{say::made_by()}</th><th>{say::this_migration()}</th></tr></thead>
                <tbody>{window.above()}{for shown.iter().map(|row| draw(*row, &props.view))}{window.below()}</tbody>
            </table>
        </div>
    }
}

/// An object and, where it is one of its lines, which.
type RowAt = (usize, Option<usize>);

fn rows(view: &View, text: &str) -> Vec<RowAt> {
    use planner::sort::Sort;
    let text = text.to_lowercase();
    let has = |name: &str| name.to_lowercase().contains(&text);
    let mut objects: Vec<(usize, &Lived)> = view.there().collect();
    objects.order_by_key(|(_, object)| (object.kind, &object.name));
    let lines = |at: usize, object: &Lived| -> Vec<RowAt> {
        let found = object.lines.iter().enumerate().filter(|(_, line)| line.life.holds(view.place) && has(&line.line.name));
        found.filter(|_| !text.is_empty()).map(|(line, _)| (at, Some(line))).collect()
    };
    objects
        .into_iter()
        .flat_map(|(at, object)| {
            let own = has(&object.name.to_string()).then_some((at, None));
            own.into_iter().chain(lines(at, object)).collect::<Vec<_>>()
        })
        .collect()
}

fn draw((at, line): RowAt, view: &View) -> Html {
    let Some(object) = view.lineage.objects.get(at) else { return Html::default() };
    let name = object.name.to_string();
    let selected = view.object.as_deref() == Some(name.as_str());
    let href = view.href(Some(&name));
    let line = line.and_then(|line| object.lines.get(line));
    let (label, what, made, deed) = match line {
        Some(line) => {
            let label = [&name, ".", &line.line.name].concat();
            (label, line.line.text.clone(), made_by(line.life, &line.origin, view), deed(line.life, &line.origin, view.place))
        }
        None => {
            let columns = alive(object, LineKind::Column, view.place).count();
            let mut what = kind_words(object.kind).to_owned();
            if object.kind == ObjectKind::Table {
                what.push_str(", ");
                what.push_str(&words::plural(columns, say::columns));
            }
            let changed = object.changed.contains(&view.place).then_some(say::changed_here());
            (
                name.clone(),
                what,
                made_by(object.life, &object.origin, view),
                deed(object.life, &object.origin, view.place).or(changed),
            )
        }
    };
    html! {
        <tr key={label.clone()} class={classes!(selected.then_some("is-selected"))} data-testid="schema-row" data-name={label.clone()}>
            <td><a {href} aria-current={selected.then_some("true")}><code>{label}</code></a></td>
            <td class="wide">{what}</td><td>{made}</td>
            <td>{deed.map(|deed| html! { <span class="chip is-schema-changes">{deed}</span> })}</td>
        </tr>
    }
}
