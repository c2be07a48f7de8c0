//! Rules: hazards with a name, a condition, an effect and a cure. One file each, one table.
//!
//! A rule fires only where what it claims is true of the schema at that point; it is quiet on tables the migration
//! itself made and on tables known to be small. `-- flightplan:ignore <rule> <reason>` in the comments before a statement
//! silences it there; `[rules]` of `flightplan.toml` changes its severity or silences it elsewhere: see [`judge`].

mod add_identity_column;
mod algorithm_not_asserted;
mod alter_constraint;
mod alter_sequence;
mod approximate_money;
mod attach_partition_scan;
mod audit_columns;
mod audit_trail_changed;
mod blocking_detach;
mod blocking_index;
mod blocking_reindex;
mod char_type;
mod columns;
mod concurrently_if_not_exists;
mod concurrently_in_transaction;
mod constrained_domain;
mod constrained_domain_column;
pub mod context;
mod copy_algorithm;
mod create_trigger;
mod credentials_in_script;
mod default_change;
mod definer_in_script;
mod delete_all_rows;
mod description_style;
pub mod directive;
mod disable_trigger;
mod domain_constraint;
mod drop_blocking_index;
mod drop_cascade;
mod drop_column;
mod drop_constraint;
mod drop_locks_parent;
mod drop_not_null;
mod drop_object;
mod drop_partition;
mod drop_schema;
mod drop_table;
mod drop_trigger;
mod drop_visible_index;
mod duplicate_assignment;
pub mod edit;
mod engine_without_transactions;
mod enum_reordered;
mod enum_type;
mod enum_value_in_transaction;
mod enum_value_order;
mod exclusion_constraint;
mod fk_type_mismatch;
mod foreign_key_checks_off;
mod foreign_key_locks_parent;
mod function_volatility;
mod hash_index;
mod helper_index;
mod identifier_too_long;
mod index_corruption;
mod index_gap;
mod inline_references_ignored;
mod instant_column_budget;
mod invalid_directive;
mod json_type;
pub mod judge;
mod large_data_change;
mod length_limit;
mod lock_option;
mod lock_table;
mod missing_fk_index;
mod missing_primary_key;
mod missing_undo;
mod mixed_phases;
mod mixed_schema_and_data;
mod modify_to_not_null;
mod narrow_auto_increment;
mod needless_no_transaction;
mod needs_table_rebuild;
mod no_lock_timeout;
mod nullable_primary_key;
mod opaque_statement;
pub mod option;
mod partition_bound_mismatch;
mod partition_of_locks_parent;
mod pragma_in_transaction;
mod redundant_index;
mod refresh_view;
mod rename_breaks;
mod rename_enum_value;
mod rename_object;
mod rename_rewrites_references;
mod repeatable_rerun;
mod repeated_scan;
mod replica_identity;
mod revoke;
mod role_change;
mod row_security;
mod schema_move;
mod serial_type;
mod server_would_refuse;
mod small_key;
mod storage_rewrite;
mod stored_generated_column;
mod table_from_query;
mod table_rewrite;
mod temporary_index_left;
mod three_byte_charset;
mod timestamp_2038;
mod timestamp_without_zone;
pub mod transaction_control_in_script;
mod truncate;
mod type_change;
mod type_change_of_key;
mod type_change_rewrite;
mod type_change_scan;
mod unindexed_data_change;
mod unique_constraint_blocking;
mod unsafe_not_null;
mod unused_ignore;
mod unvalidated_constraint;
mod vacuum_full;
mod validate_same_transaction;
mod varchar_crosses_255_bytes;
mod version_style;
mod volatile_default;
mod wide_grant;
mod wide_index;
mod work_under_lock;
mod wrong_undo;
mod zero_date;

use crate::finding::{Fix, Severity};

pub use context::{Cut, MigrationContext, ProjectContext, StatementContext};

/// Version of the rule set; it reaches the digest, so that newer rules ask for a newer review.
pub const VERSION: u32 = 2;

/// A hazard.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stable kebab-case name.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// When it fires, as a sentence.
    pub condition: &'static str,
    /// What happens, as a sentence.
    pub effect: &'static str,
    /// The cure, as a sentence.
    pub workaround: &'static str,
    /// Looks for it.
    pub check: Check,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// One statement and the schema before it.
    Statement(fn(&StatementContext<'_>) -> Vec<Hit>),
    /// A whole migration.
    Migration(fn(&MigrationContext<'_>) -> Vec<Hit>),
    /// All migrations; each hit with the place of its migration among them.
    Project(fn(&ProjectContext<'_>) -> Vec<(usize, Hit)>),
    /// What is left of a migration's directives when all other rules have spoken.
    Directives(fn(&MigrationContext<'_>, &judge::Silenced) -> Vec<Hit>),
}

/// One place where a rule fired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// One sentence naming the object. No row counts: they change without the plan changing.
    pub message: String,
    /// Index of the statement; absent: the migration as a whole.
    pub statement: Option<usize>,
    /// Edits that cure it.
    pub fix: Option<Fix>,
    /// More exact than the rule's own effect.
    pub effect: Option<String>,
    /// More exact than the rule's own workaround.
    pub workaround: Option<String>,
    /// The migration cannot run as it is.
    pub blocking: bool,
    /// Another severity than the rule's own.
    pub severity: Option<Severity>,
}

impl Hit {
    /// A hit on the statement at hand, or on the migration as a whole.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// The same hit on one statement of the migration.
    #[must_use]
    pub fn at(mut self, statement: usize) -> Self {
        self.statement = Some(statement);
        self
    }

    /// The same hit with a cure of its own.
    #[must_use]
    pub fn cure(mut self, workaround: impl Into<String>) -> Self {
        self.workaround = Some(workaround.into());
        self
    }

    /// The same hit with edits.
    #[must_use]
    pub fn fixed(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }
}

/// Every rule, by id.
pub const ALL: &[&Rule] = &[
    &add_identity_column::RULE,
    &algorithm_not_asserted::RULE,
    &alter_constraint::RULE,
    &alter_sequence::RULE,
    &approximate_money::RULE,
    &attach_partition_scan::RULE,
    &audit_columns::RULE,
    &audit_trail_changed::RULE,
    &blocking_detach::RULE,
    &blocking_index::RULE,
    &blocking_reindex::RULE,
    &char_type::RULE,
    &concurrently_if_not_exists::RULE,
    &concurrently_in_transaction::RULE,
    &constrained_domain::RULE,
    &constrained_domain_column::RULE,
    &copy_algorithm::RULE,
    &create_trigger::RULE,
    &credentials_in_script::RULE,
    &default_change::RULE,
    &definer_in_script::RULE,
    &delete_all_rows::RULE,
    &description_style::RULE,
    &disable_trigger::RULE,
    &domain_constraint::RULE,
    &drop_blocking_index::RULE,
    &drop_cascade::RULE,
    &drop_column::RULE,
    &drop_constraint::RULE,
    &drop_locks_parent::RULE,
    &drop_not_null::RULE,
    &drop_object::RULE,
    &drop_partition::RULE,
    &drop_schema::RULE,
    &drop_table::RULE,
    &drop_trigger::RULE,
    &drop_visible_index::RULE,
    &duplicate_assignment::RULE,
    &engine_without_transactions::RULE,
    &enum_reordered::RULE,
    &enum_type::RULE,
    &enum_value_in_transaction::RULE,
    &enum_value_order::RULE,
    &exclusion_constraint::RULE,
    &fk_type_mismatch::RULE,
    &foreign_key_checks_off::RULE,
    &foreign_key_locks_parent::RULE,
    &function_volatility::RULE,
    &hash_index::RULE,
    &helper_index::RULE,
    &identifier_too_long::RULE,
    &index_corruption::RULE,
    &index_gap::RULE,
    &inline_references_ignored::RULE,
    &instant_column_budget::RULE,
    &invalid_directive::RULE,
    &json_type::RULE,
    &large_data_change::RULE,
    &length_limit::RULE,
    &lock_option::RULE,
    &lock_table::RULE,
    &missing_fk_index::RULE,
    &missing_primary_key::RULE,
    &missing_undo::RULE,
    &mixed_phases::RULE,
    &mixed_schema_and_data::RULE,
    &modify_to_not_null::RULE,
    &narrow_auto_increment::RULE,
    &needless_no_transaction::RULE,
    &needs_table_rebuild::RULE,
    &no_lock_timeout::RULE,
    &nullable_primary_key::RULE,
    &opaque_statement::RULE,
    &partition_bound_mismatch::RULE,
    &partition_of_locks_parent::RULE,
    &pragma_in_transaction::RULE,
    &redundant_index::RULE,
    &refresh_view::RULE,
    &rename_breaks::RULE,
    &rename_enum_value::RULE,
    &rename_object::RULE,
    &rename_rewrites_references::RULE,
    &repeatable_rerun::RULE,
    &repeated_scan::RULE,
    &replica_identity::RULE,
    &revoke::RULE,
    &role_change::RULE,
    &row_security::RULE,
    &schema_move::RULE,
    &serial_type::RULE,
    &server_would_refuse::RULE,
    &small_key::RULE,
    &storage_rewrite::RULE,
    &stored_generated_column::RULE,
    &table_from_query::RULE,
    &table_rewrite::RULE,
    &temporary_index_left::RULE,
    &three_byte_charset::RULE,
    &timestamp_2038::RULE,
    &timestamp_without_zone::RULE,
    &transaction_control_in_script::RULE,
    &truncate::RULE,
    &type_change::RULE,
    &type_change_of_key::RULE,
    &type_change_rewrite::RULE,
    &type_change_scan::RULE,
    &unindexed_data_change::RULE,
    &unique_constraint_blocking::RULE,
    &unsafe_not_null::RULE,
    &unused_ignore::RULE,
    &unvalidated_constraint::RULE,
    &vacuum_full::RULE,
    &validate_same_transaction::RULE,
    &varchar_crosses_255_bytes::RULE,
    &version_style::RULE,
    &volatile_default::RULE,
    &wide_grant::RULE,
    &wide_index::RULE,
    &work_under_lock::RULE,
    &wrong_undo::RULE,
    &zero_date::RULE,
];

/// The rule of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}
