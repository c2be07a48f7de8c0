//! Small icons as inline SVG. They never stand alone: a word is beside them, or the control has a name.

use planner::effect::Blocks;
use planner::finding::Severity;
use planner::matrix::Verdict;
use yew::prelude::*;

/// The icons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    /// Nothing is blocked.
    Circle,
    /// Schema changes are blocked.
    HalfCircle,
    /// Writes are blocked.
    Triangle,
    /// Reads and writes are blocked.
    Octagon,
    /// It works.
    Check,
    /// It breaks.
    Cross,
    /// Unknown.
    Question,
    /// A note.
    Note,
    /// A duration.
    Clock,
    /// The way back.
    Back,
    /// Copy to the clipboard.
    Copy,
    /// Close.
    Close,
    /// A gate between phases.
    Gate,
    /// A folder.
    Folder,
    /// Light and dark.
    Theme,
    /// Home.
    House,
    /// Migrations.
    Rows,
    /// Graph.
    Graph,
    /// Plan.
    Lanes,
    /// Schema.
    Tables,
    /// Matrix.
    Grid,
    /// Runs.
    Play,
}

impl Icon {
    /// Path in a box of 16 by 16.
    const fn path(self) -> &'static str {
        match self {
            Self::Circle => "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
            Self::HalfCircle => "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3zM8 3v10",
            Self::Triangle => "M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.8v.2",
            Self::Octagon => "M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM5.5 8h5",
            Self::Check => "M3 8.5 6.5 12 13 4.5",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Question => "M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.7 8 9.2 8 10M8 12.300v.2",
            Self::Note => "M8 2.500a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 7.300v4M8 4.800v.2",
            Self::Clock => "M8 2.500a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.200l2 1.3",
            Self::Back => "M6 4 2.5 7.5 6 11M2.5 7.500H10a3 3 0 0 1 0 6H8",
            Self::Copy => "M5.5 5.500h7v8h-7zM3.5 10.500v-8h7",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::Gate => "M3 14V2M13 14V2M3 4h10M3 8h10M3 12h10",
            Self::Folder => "M2 4h4l1.5 1.500H14V13H2z",
            Self::Theme => "M8 2.500a5.5 5.5 0 1 0 0 11zM8 2.500a5.5 5.5 0 0 1 0 11",
            Self::House => "M2.5 8 8 3l5.500 5M4 7v6.500h8V7",
            Self::Rows => "M2.5 4h11M2.5 8h11M2.5 12h11",
            Self::Graph => "M6.5 2.500h3v3h-3zM2 10.500h3v3H2zM11 10.500h3v3h-3zM8 5.500v2.500M3.5 10.500V8h9v2.5",
            Self::Lanes => "M2.5 3h3v7h-3zM6.8 3h3v10h-3zM11 3h2.500v5H11z",
            Self::Tables => "M2.5 3h11v10h-11zM2.5 6.200h11M6.2 6.200V13",
            Self::Grid => "M2.5 2.500h11v11h-11zM2.5 6.200h11M2.5 9.800h11M6.2 2.500v11M9.8 2.500v11",
            Self::Play => "M4.5 3v10l8-5z",
        }
    }

    /// The icon as SVG.
    pub(crate) fn svg(self) -> Html {
        html! {
            <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                <path d={self.path()} />
                if self == Self::HalfCircle || self == Self::Theme {
                    <path class="icon-solid" d="M8 3a5 5 0 0 0 0 10z" />
                }
            </svg>
        }
    }
}

/// Icon of what is blocked.
pub(crate) const fn of_blocks(blocks: Blocks) -> Icon {
    match blocks {
        Blocks::Nothing => Icon::Circle,
        Blocks::SchemaChanges => Icon::HalfCircle,
        Blocks::Writes => Icon::Triangle,
        Blocks::ReadsAndWrites => Icon::Octagon,
        Blocks::Unknown => Icon::Question,
    }
}

/// Icon of a severity.
pub(crate) const fn of_severity(severity: Severity) -> Icon {
    match severity {
        Severity::Info => Icon::Note,
        Severity::Warning => Icon::Triangle,
        Severity::Error => Icon::Octagon,
    }
}

/// Icon of a verdict.
pub(crate) const fn of_verdict(verdict: Verdict) -> Icon {
    match verdict {
        Verdict::Works => Icon::Check,
        Verdict::Degraded => Icon::Triangle,
        Verdict::Unknown => Icon::Question,
        Verdict::Breaks => Icon::Cross,
    }
}
