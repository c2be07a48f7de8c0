//! The way between the pages.

use yew::prelude::*;

use super::icon::Icon;
use crate::locale::say;
use crate::route::{Page, Route};
use crate::state::{Server, State};

/// Properties of [`Rail`].
#[derive(Properties, PartialEq)]
pub(crate) struct RailProps {
    /// The page that is shown.
    pub page: Page,
    /// For the numbers beside the words.
    pub state: UseReducerHandle<State>,
}

/// The rail: beside the content, below it on a narrow screen.
#[component]
pub(crate) fn Rail(props: &RailProps) -> Html {
    let number = |page| {
        let answer = props.state.answer.as_ref();
        match page {
            Page::Migrations | Page::Graph => answer.map(|answer| answer.migrations.len()),
            Page::Plan => answer.map(|answer| answer.plan.steps.len()),
            Page::Matrix => answer.map(|answer| answer.matrix.releases.len()),
            Page::Runs => props.state.runs.as_ref().map(Vec::len),
            Page::Home | Page::Schema | Page::Audit | Page::Emergency | Page::Compare => None,
        }
    };
    let links = Page::RAIL.into_iter().map(|page| {
        let current = (page == props.page).then_some("page");
        html! {
            <a key={page.name()} class="rail-link" href={Route::page(page).href()} aria-current={current} data-testid={format!("nav-{}", page.name())}>
                {icon(page).svg()}
                <span>{page.title()}</span>
                <span class="rail-number">{number(page).filter(|_| page != Page::Graph).map(|number| number.to_string()).unwrap_or_default()}</span>
            </a>
        }
    });
    html! {
        <nav class="rail" aria-label={say::pages()}>{for links}
            if matches!(props.state.server, Server::Present(_)) {
                <a class="rail-link rail-apart" href="admin" data-testid="nav-admin">{Icon::Note.svg()}<span>{say::admin()}</span></a>
            }
        </nav>
    }
}

const fn icon(page: Page) -> Icon {
    match page {
        Page::Home => Icon::House,
        Page::Migrations => Icon::Rows,
        Page::Graph => Icon::Graph,
        Page::Plan => Icon::Lanes,
        Page::Schema => Icon::Tables,
        Page::Matrix => Icon::Grid,
        Page::Runs => Icon::Play,
        Page::Audit => Icon::Check,
        Page::Emergency => Icon::Octagon,
        Page::Compare => Icon::Copy,
    }
}
