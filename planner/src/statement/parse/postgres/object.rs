//! Types, sequences, schemas, extensions, triggers, policies and comments.

use squawk_syntax::ast::{self, AstNode, Stmt};

use super::Found;
use super::node::{cascades, column_of, ident, object, string, upper};
use crate::name::ObjectName;
use crate::statement::operation::{CommentKind, EnumPosition, Firing, Operation, PolicyChange, TableOption, TriggerEvent};
use crate::statement::parse::opaque;

pub(super) fn operations(stmt: &Stmt) -> Found {
    types(stmt).or_else(|| sequences(stmt)).or_else(|| schemas(stmt)).or_else(|| at_tables(stmt)).or_else(|| comment(stmt))
}

fn types(stmt: &Stmt) -> Found {
    Some(match stmt {
        Stmt::CreateType(create) => {
            let name = object(&create.type_name()?);
            match create.kind() {
                Some(ast::CreateTypeKind::EnumType(of)) => {
                    let variants = of.variant_list().into_iter().flat_map(|list| list.variants());
                    let values = variants.filter_map(|variant| variant.literal()).map(|value| string(&value)).collect();
                    vec![Operation::CreateEnum { name, values }]
                }
                _ => vec![Operation::CreateType { name }],
            }
        }
        Stmt::AlterType(alter) => vec![alter_type(object(&alter.type_name_ref()?), &alter.action()?)?],
        Stmt::DropType(drop) => {
            let (if_exists, cascade) = (drop.if_exists().is_some(), cascades(drop.drop_behavior()));
            let names = drop.type_name_refs().map(|name| object(&name));
            names.map(|name| Operation::DropType { name, if_exists, cascade }).collect()
        }
        _ => return None,
    })
}

fn alter_type(name: ObjectName, action: &ast::AlterTypeAction) -> Option<Operation> {
    Some(match action {
        ast::AlterTypeAction::AddValue(add) => Operation::AddEnumValue {
            name,
            value: string(&add.literal()?),
            if_not_exists: add.if_not_exists().is_some(),
            position: match add.value_position() {
                Some(ast::ValuePosition::AfterValue(after)) => EnumPosition::After(string(&after.literal()?)),
                Some(ast::ValuePosition::BeforeValue(before)) => EnumPosition::Before(string(&before.literal()?)),
                None => EnumPosition::Last,
            },
        },
        ast::AlterTypeAction::RenameValue(rename) => {
            Operation::RenameEnumValue { name, value: string(&rename.from()?), to: string(&rename.to()?) }
        }
        ast::AlterTypeAction::TypeRenameTo(rename) => Operation::RenameType { name, to: ident(&rename.type_name()?) },
        ast::AlterTypeAction::SetSchema(_) => opaque(format!("type {name} moves to another schema with all columns of it")),
        // With CASCADE the tables OF this type get the column too; which these are the text does not say.
        ast::AlterTypeAction::AlterTypeAttributeActionList(list) if upper(list).ends_with("CASCADE") => {
            Operation::Other { what: format!("ALTER TYPE {name} {}", upper(list)), tables: Vec::new() }
        }
        ast::AlterTypeAction::AlterTypeAttributeActionList(_)
        | ast::AlterTypeAction::OwnerTo(_)
        | ast::AlterTypeAction::RenameAttribute(_)
        | ast::AlterTypeAction::SetOptions(_) => {
            Operation::Other { what: format!("ALTER TYPE {name} {}", upper(action)), tables: Vec::new() }
        }
    })
}

fn sequences(stmt: &Stmt) -> Found {
    Some(match stmt {
        Stmt::CreateSequence(create) => {
            let owned_by = create.sequence_options().find_map(|option| owner(&option)).flatten();
            let if_not_exists = create.if_not_exists().is_some();
            vec![Operation::CreateSequence { sequence: object(&create.sequence()?), if_not_exists, owned_by }]
        }
        Stmt::AlterSequence(alter) => {
            let sequence = object(&alter.sequence_ref()?);
            let mut found: Vec<Operation> = Vec::new();
            for action in alter.actions() {
                let operation = match action {
                    // A sequence is a relation: ALTER TABLE takes it as well.
                    ast::AlterSequenceAction::SequenceRenameTo(rename) => {
                        Operation::RenameTable { table: sequence.clone(), to: ident(&rename.sequence()?) }
                    }
                    ast::AlterSequenceAction::SetSchema(set) => {
                        Operation::SetTableSchema { table: sequence.clone(), schema: ident(&set.schema_ref()?) }
                    }
                    _ => {
                        let options = action.syntax().descendants().filter_map(ast::SequenceOption::cast);
                        let owned_by = options.filter_map(|option| owner(&option)).last();
                        Operation::AlterSequence { sequence: sequence.clone(), owned_by }
                    }
                };
                if !found.contains(&operation) {
                    found.push(operation);
                }
            }
            found
        }
        Stmt::DropSequence(drop) => {
            let (if_exists, cascade) = (drop.if_exists().is_some(), cascades(drop.drop_behavior()));
            let names = drop.sequence_refs().map(|name| object(&name));
            names.map(|sequence| Operation::DropSequence { sequence, if_exists, cascade }).collect()
        }
        _ => return None,
    })
}

/// `OWNED BY`.
fn owner(option: &ast::SequenceOption) -> Option<Option<(ObjectName, String)>> {
    let ast::SequenceOption::OptionOwnedBy(owned) = option else { return None };
    Some(match owned.owned_by_target()? {
        ast::OwnedByTarget::QualifiedColumnNameRef(column) => Some(column_of(&column)),
        ast::OwnedByTarget::OwnedByNone(_) => None,
    })
}

fn schemas(stmt: &Stmt) -> Found {
    Some(match stmt {
        Stmt::CreateSchema(create) => {
            let schema = match create.create_schema_target()? {
                ast::CreateSchemaTarget::AuthorizationSchema(target) => ident(&target.role()?),
                ast::CreateSchemaTarget::NamedSchema(target) => ident(&target.schema()?),
            };
            let mut found =
                vec![Operation::CreateSchema { schema: schema.clone(), if_not_exists: create.if_not_exists().is_some() }];
            if create.schema_elements().next().is_some() {
                found.push(opaque(format!("CREATE SCHEMA {schema} makes objects inside the same command")));
            }
            found
        }
        Stmt::AlterSchema(alter) => {
            let schema = ident(&alter.schema_ref()?);
            match alter.action()? {
                ast::AlterSchemaAction::SchemaRenameTo(rename) => {
                    vec![Operation::RenameSchema { schema, to: ident(&rename.schema()?) }]
                }
                ast::AlterSchemaAction::OwnerTo(_) => {
                    vec![Operation::Other { what: format!("change the owner of schema {schema}"), tables: Vec::new() }]
                }
            }
        }
        Stmt::DropSchema(drop) => {
            let (if_exists, cascade) = (drop.if_exists().is_some(), cascades(drop.drop_behavior()));
            let names = drop.schema_refs().map(|name| ident(&name));
            names.map(|schema| Operation::DropSchema { schema, if_exists, cascade }).collect()
        }
        Stmt::CreateExtension(create) => vec![Operation::CreateExtension {
            name: ident(&create.extension()?),
            if_not_exists: create.if_not_exists().is_some(),
        }],
        Stmt::DropExtension(drop) => {
            let if_exists = drop.if_exists().is_some();
            let names = drop.extension_refs().map(|name| ident(&name));
            names.map(|name| Operation::DropExtension { name, if_exists }).collect()
        }
        _ => return None,
    })
}

fn at_tables(stmt: &Stmt) -> Found {
    Some(vec![match stmt {
        Stmt::CreateTrigger(create) => Operation::CreateTrigger {
            table: object(&create.on_relation()?),
            name: ident(&create.trigger()?),
            replace: create.or_replace().is_some(),
            firing: Some(firing(create)?),
        },
        Stmt::DropTrigger(drop) => Operation::DropTrigger {
            table: Some(object(&drop.on_relation()?)),
            name: ident(&drop.trigger_ref()?),
            if_exists: drop.if_exists().is_some(),
        },
        Stmt::AlterTrigger(alter) => match alter.action()? {
            ast::AlterTriggerAction::TriggerRenameTo(rename) => Operation::AlterTableOption {
                table: object(&alter.on_relation()?),
                option: TableOption::RenameTrigger { trigger: ident(&alter.trigger_ref()?), to: ident(&rename.trigger()?) },
            },
            _ => at_table(object(&alter.on_relation()?), "ALTER TRIGGER"),
        },
        Stmt::CreateRule(create) => at_table(object(&create.rule_on()?.relation_name_ref()?), "CREATE RULE"),
        Stmt::AlterRule(alter) => at_table(object(&alter.on_relation()?), "ALTER RULE"),
        Stmt::DropRule(drop) => at_table(object(&drop.on_relation()?), "DROP RULE"),
        Stmt::CreatePolicy(create) => {
            Operation::Policy { table: object(&create.on_table()?), name: ident(&create.policy()?), change: PolicyChange::Create }
        }
        Stmt::AlterPolicy(alter) => Operation::Policy {
            table: object(&alter.on_table()?),
            name: ident(&alter.policy_ref()?),
            change: match alter.action() {
                Some(ast::AlterPolicyAction::PolicyRenameTo(rename)) => PolicyChange::Rename(ident(&rename.policy()?)),
                _ => PolicyChange::Alter,
            },
        },
        Stmt::DropPolicy(drop) => Operation::Policy {
            table: object(&drop.on_table()?),
            name: ident(&drop.policy_ref()?),
            change: PolicyChange::Drop { if_exists: drop.if_exists().is_some() },
        },
        _ => return None,
    }])
}

/// What fires a trigger, and what it runs.
fn firing(create: &ast::CreateTrigger) -> Option<Firing> {
    let mut firing = Firing {
        for_rows: matches!(create.trigger_level(), Some(ast::TriggerLevel::ForEachRow(_))) || create.when_condition().is_some(),
        function: object(&create.call_expr()?.expr()?),
        ..Firing::default()
    };
    for event in create.trigger_event_list()?.trigger_events() {
        firing.events.push(match event {
            ast::TriggerEvent::TriggerEventInsert(_) => TriggerEvent::Insert,
            ast::TriggerEvent::TriggerEventDelete(_) => TriggerEvent::Delete,
            ast::TriggerEvent::TriggerEventTruncate(_) => TriggerEvent::Truncate,
            ast::TriggerEvent::TriggerEventUpdate(update) => {
                firing.columns = update.column_name_refs().map(|column| ident(&column)).collect();
                TriggerEvent::Update
            }
        });
    }
    Some(firing)
}

/// Rules lock the table as an `ALTER TABLE` does.
fn at_table(table: ObjectName, what: &str) -> Operation {
    Operation::AlterTableOption { table, option: TableOption::Other { what: what.to_owned() } }
}

fn comment(stmt: &Stmt) -> Found {
    let Stmt::CommentOn(comment) = stmt else { return None };
    let text = comment.literal().map(|literal| string(&literal));
    let (kind, object, column) = match comment.comment_object()? {
        ast::CommentObject::ObjectTable(of) => (CommentKind::Table, object(&of.table_name_ref()?), None),
        ast::CommentObject::ObjectForeignTable(of) => (CommentKind::Table, object(&of.table_name_ref()?), None),
        ast::CommentObject::ObjectView(of) => (CommentKind::Table, object(&of.view_ref()?), None),
        ast::CommentObject::ObjectMaterializedView(of) => (CommentKind::Table, object(&of.view_ref()?), None),
        ast::CommentObject::ObjectColumn(of) => {
            let (table, column) = column_of(&of.name()?);
            (CommentKind::Column, table, Some(column))
        }
        other => {
            let named = other.syntax().children().next().map(|node| super::node::words(&node)).unwrap_or_default();
            let mut parts = named.into_iter().rev();
            let name = parts.next().unwrap_or_default();
            (CommentKind::Other, ObjectName { schema: parts.next(), name }, None)
        }
    };
    Some(vec![Operation::Comment { kind, object, column, text }])
}
