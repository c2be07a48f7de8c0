//! Total duration against longest lock, by rows per batch, with the chosen size marked.

use yew::prelude::*;

use crate::locale::{say, use_language};
use crate::message::CurvePoint;
use crate::words;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 96.0;
const MARGIN: f64 = 10.0;

/// Properties of [`BatchCurve`].
#[derive(Properties, PartialEq)]
pub(crate) struct BatchCurveProps {
    /// By size, ascending; two at least.
    pub points: Vec<CurvePoint>,
    /// The chosen size.
    pub size: u32,
}

/// The curve. Both axes are logarithmic: sizes differ by a thousand.
#[component]
pub(crate) fn BatchCurve(props: &BatchCurveProps) -> Html {
    use_language();
    let xs: Vec<f64> = props.points.iter().map(|point| log(point.lock_ms)).collect();
    let ys: Vec<f64> = props.points.iter().map(|point| log(point.total_ms)).collect();
    let (x, y) = (scale(&xs, MARGIN, WIDTH - MARGIN), scale(&ys, HEIGHT - MARGIN, MARGIN));
    let path: String = xs
        .iter()
        .zip(&ys)
        .enumerate()
        .map(|(at, (px, py))| format!("{}{:.1} {:.1}", if at == 0 { "M" } else { "L" }, x(*px), y(*py)))
        .collect();
    let nearest = props.points.iter().min_by_key(|point| point.size.abs_diff(props.size));
    let (Some(first), Some(last)) = (props.points.first(), props.points.last()) else { return Html::default() };
    html! {
        <figure class="curve">
            <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} width={WIDTH.to_string()} height={HEIGHT.to_string()} role="img"
                aria-label={say::curve()}>
                <path class="curve-axis" d={format!("M{MARGIN} {MARGIN}V{}H{}", HEIGHT - 4.0, WIDTH - MARGIN)} />
                <path class="curve-line" d={path} />
                {for props.points.iter().map(|point| {
                    let chosen = Some(point) == nearest;
                    html! {
                        <circle class={classes!("curve-point", chosen.then_some("is-chosen"))} r={if chosen { "5" } else { "2.5" }}
                            cx={format!("{:.1}", x(log(point.lock_ms)))} cy={format!("{:.1}", y(log(point.total_ms)))}>
                            <title>{describe(point)}</title>
                        </circle>
                    }
                })}
            </svg>
            <figcaption>
                {say::curve_axes(
                    &words::duration(last.total_ms.min(first.total_ms)), &words::duration(last.total_ms.max(first.total_ms)),
                    &words::duration(first.lock_ms.min(last.lock_ms)), &words::duration(first.lock_ms.max(last.lock_ms)))}
            </figcaption>
        </figure>
    }
}

fn describe(point: &CurvePoint) -> String {
    let size = words::count(u64::from(point.size));
    say::curve_point(&size, &words::duration(point.total_ms), &words::duration(point.lock_ms))
}

#[allow(clippy::cast_precision_loss)] // a drawing
fn log(ms: u64) -> f64 {
    (ms.max(1) as f64).ln()
}

/// Maps the values' range to a range of pixels.
fn scale(values: &[f64], from: f64, to: f64) -> impl Fn(f64) -> f64 {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = (high - low).max(0.01);
    move |value| from + (value - low) / span * (to - from)
}
