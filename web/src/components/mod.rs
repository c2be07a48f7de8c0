//! The parts of the pages: properties in, callbacks out, no knowledge of server or worker.

pub(crate) mod alerts;
pub(crate) mod batch_control;
pub(crate) mod batch_curve;
pub(crate) mod button;
pub(crate) mod chip;
pub(crate) mod digest_chip;
pub(crate) mod drop_zone;
pub(crate) mod finding_list;
pub(crate) mod graph_drawing;
pub(crate) mod graph_picture;
pub(crate) mod graph_table;
pub(crate) mod icon;
pub(crate) mod inspector;
pub(crate) mod lock_timeline;
pub(crate) mod matrix_table;
pub(crate) mod mended;
pub(crate) mod pulse;
pub(crate) mod rail;
pub(crate) mod rollout_picker;
pub(crate) mod sql_text;
pub(crate) mod standard;
pub(crate) mod statement_detail;
pub(crate) mod step_card;
pub(crate) mod theme_switch;
pub(crate) mod top_bar;
pub(crate) mod window;
