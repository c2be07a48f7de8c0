//! The inspector of an object: its lines with who made them, what it hangs together with, what it was.

use planner::catalog::line::LineKind;
use planner::catalog::lineage::{Lived, LivedLine, ObjectKind};
use yew::prelude::*;

use super::{View, deed, kind_words, made_by};
use crate::components::inspector::Inspector;
use crate::components::relations::Relations;
use crate::locale::say;
use crate::route::{Page, Route};
use crate::words::capital;

/// The inspector.
pub(super) fn inspect(object: &Lived, view: &View) -> Html {
    let there: Vec<&LivedLine> = object.lines.iter().filter(|line| line.life.holds(view.place)).collect();
    let gone: Vec<&LivedLine> = (object.lines.iter())
        .filter(|line| line.life.until.is_some_and(|until| until <= view.place) && is_last(object, line))
        .collect();
    html! {
        <Inspector kind={capital(kind_words(object.kind)).unwrap_or_default()} title={object.name.to_string()} close={view.href(None)}>
            <p data-testid="schema-life">{say::made_by()}{" "}{made_by(object.life, &object.origin, view)}{"."}
                if !object.life.holds(view.place) {
                    {" "}<strong>{if object.life.from > view.place { say::not_yet() } else { say::no_more() }}</strong>
                }
                {object.life.until.map(|until| html! { <>{" "}{say::taken_by()}{" "}{link(until, view)}{"."}</> })}
            </p>
            if !object.changed.is_empty() {
                <p class="quiet">{say::changed_by_start()}{" "}{for object.changed.iter().enumerate().map(|(at, place)| html! {
                    <>{if at > 0 { ", " } else { "" }}{link(*place, view)}</>
                })}</p>
            }
            if object.kind == ObjectKind::Table {
                {lines(say::schema_columns(), &there, &|kind| kind == LineKind::Column, view)}
                {lines(say::keys_and_indexes(), &there, &|kind| kind != LineKind::Column, view)}
                <Relations name={object.name.to_string()} parents={parents(&there)} children={children(object, view)} href={
                    let view = view.clone();
                    Callback::from(move |name: String| AttrValue::from(view.href(Some(&name))))
                } />
                if !gone.is_empty() {
                    <h3>{say::had_before()}</h3>
                    <ul class="plain-list">{for gone.iter().map(|line| html! {
                        <li><code>{&line.line.text}</code>{" "}<span class="quiet">{say::until()}{" "}{line.life.until.map(|until| link(until, view))}</span></li>
                    })}</ul>
                }
            }
        </Inspector>
    }
}

fn link(place: u32, view: &View) -> Html {
    html! { <a href={Route::at(Page::Migrations, view.id(place)).href()}><code>{view.id(place).to_owned()}</code></a> }
}

/// Whether nothing took the place of a line that ended: it is gone, not rewritten.
fn is_last(object: &Lived, line: &LivedLine) -> bool {
    let same = |other: &&LivedLine| other.line.kind == line.line.kind && other.line.name == line.line.name;
    !object.lines.iter().filter(same).any(|other| other.life.from >= line.life.until.unwrap_or(u32::MAX))
}

fn lines(title: &str, there: &[&LivedLine], keeps: &dyn Fn(LineKind) -> bool, view: &View) -> Html {
    let kept: Vec<&&LivedLine> = there.iter().filter(|line| keeps(line.line.kind)).collect();
    if kept.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3>{title.to_owned()}</h3>
            <ul class="lines">{for kept.iter().map(|line| html! {
                <li data-testid="schema-line" data-name={line.line.name.clone()}><code>{&line.line.text}</code>
                    <span class="quiet">{made_by(line.life, &line.origin, view)}
                        {deed(line.life, &line.origin, view.place).map(|deed| html! { <>{" "}<span class="chip is-schema-changes">{deed}</span></> })}</span></li>
            })}</ul>
        </>
    }
}

/// The tables its foreign keys name, each once.
fn parents(there: &[&LivedLine]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in there.iter().filter_map(|line| line.line.refers.as_ref()).map(ToString::to_string) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The tables whose foreign keys name it.
fn children(object: &Lived, view: &View) -> Vec<String> {
    let refers = |line: &LivedLine| line.life.holds(view.place) && line.line.refers.as_ref() == Some(&object.name);
    let children = view.there().filter(|(_, other)| other.name != object.name && other.lines.iter().any(refers));
    children.map(|(_, other)| other.name.to_string()).collect()
}
