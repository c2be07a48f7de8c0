//! How long each batch of a run took, and where somebody waited for it.

use planner::protocol::BatchProgress;
use yew::prelude::*;

use crate::locale::{say, use_language};
use crate::words;

/// Batches that are drawn: the newest.
const MOST: usize = 200;
const BAR: usize = 4;
const HEIGHT: u64 = 72;

/// Properties of [`BatchChart`].
#[derive(Properties, PartialEq)]
pub(crate) struct BatchChartProps {
    /// The batches of one statement, oldest first.
    pub batches: Vec<BatchProgress>,
}

/// The chart; nothing before the second batch.
#[component]
pub(crate) fn BatchChart(props: &BatchChartProps) -> Html {
    use_language();
    let shown = props.batches.get(props.batches.len().saturating_sub(MOST)..).unwrap_or_default();
    let longest = shown.iter().map(|batch| batch.last_ms).max().unwrap_or_default();
    if shown.len() < 2 {
        return Html::default();
    }
    let waited = shown.iter().filter(|batch| batch.waiting > 0).count();
    let width = (shown.len() * BAR).max(120);
    let caption = say::chart_caption(&words::amount(shown.len()), &words::duration(longest), &words::amount(waited));
    html! {
        <figure class="curve" data-testid="batch-chart">
            <svg viewBox={format!("0 0 {width} {HEIGHT}")} width={width.to_string()} height={HEIGHT.to_string()} role="img" aria-label={caption.clone()}>
                {for shown.iter().enumerate().map(|(at, batch)| {
                    let height = (batch.last_ms * HEIGHT / longest.max(1)).max(1);
                    let class = if batch.waiting > 0 { "bar-writes" } else { "bar-nothing" };
                    html! {
                        <rect {class} x={(at * BAR).to_string()} y={(HEIGHT - height).to_string()} width={(BAR - 1).to_string()} height={height.to_string()}>
                            <title>{say::chart_batch(&words::count(batch.batch), &words::count(u64::from(batch.size)), &words::duration(batch.last_ms), &batch.waiting.to_string())}</title>
                        </rect>
                    }
                })}
            </svg>
            <figcaption>{caption}</figcaption>
        </figure>
    }
}
