//! A generated Alembic project for the measurements: tables, batches, questions to the inspector, renamed types.

use std::path::Path;

use anyhow::Result;

/// Writes `count` revisions in one line, with `env.py`, into `folder/alembic`.
pub(crate) fn write(folder: &Path, count: usize) -> Result<()> {
    let versions = folder.join("alembic/versions");
    std::fs::create_dir_all(&versions)?;
    let env = "from alembic import context\ntarget_metadata = None\ncontext.configure(target_metadata=target_metadata)\n";
    std::fs::write(folder.join("alembic/env.py"), env)?;
    for at in 0..count {
        let down = at.checked_sub(1).map_or("None".to_owned(), |before| format!("\"{before:012x}\""));
        let (upgrade, downgrade) = body(at);
        let text = format!(
            "\"\"\"step {at}\"\"\"\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = \"{at:012x}\"\n\
             down_revision = {down}\n\n\ndef upgrade():\n{upgrade}\n\ndef downgrade():\n{downgrade}"
        );
        std::fs::write(versions.join(format!("{at:012x}_step.py")), text)?;
    }
    Ok(())
}

/// Five revisions a table: made, widened in a batch, asked about, changed in type, tightened.
fn body(at: usize) -> (String, String) {
    let table = format!("table_{}", at / 5);
    match at % 5 {
        0 => (
            format!(
                "    op.create_table(\n        \"{table}\",\n        sa.Column(\"id\", sa.Integer(), primary_key=True),\n        \
                 sa.Column(\"name\", sa.String(length=100), nullable=False),\n        \
                 sa.Column(\"kind\", sa.Enum(\"a\", \"b\", name=\"kind_{at}\"), nullable=False),\n        \
                 sa.Column(\"made\", sa.DateTime(timezone=True), server_default=sa.func.now()),\n    )\n    \
                 op.create_index(\"ix_{table}_name\", \"{table}\", [\"name\"], unique=False)\n"
            ),
            format!("    op.drop_index(\"ix_{table}_name\", table_name=\"{table}\")\n    op.drop_table(\"{table}\")\n"),
        ),
        1 => (
            format!(
                "    with op.batch_alter_table(\"{table}\") as batch_op:\n        \
                 batch_op.add_column(sa.Column(\"note\", sa.Text(), nullable=True))\n        \
                 batch_op.create_unique_constraint(\"uq_{at}\", [\"note\"])\n"
            ),
            format!(
                "    with op.batch_alter_table(\"{table}\") as batch_op:\n        \
                 batch_op.drop_constraint(\"uq_{at}\", type_=\"unique\")\n        batch_op.drop_column(\"note\")\n"
            ),
        ),
        2 => (
            format!(
                "    inspector = sa.inspect(op.get_bind())\n    \
                 if \"extra\" not in [column[\"name\"] for column in inspector.get_columns(\"{table}\")]:\n        \
                 op.add_column(\"{table}\", sa.Column(\"extra\", sa.JSON(), nullable=True))\n"
            ),
            format!("    op.drop_column(\"{table}\", \"extra\")\n"),
        ),
        3 => (
            format!(
                "    op.execute(\"UPDATE {table} SET name = lower(name)\")\n    \
                 op.alter_column(\"{table}\", \"name\", existing_type=sa.String(length=100), type_=sa.Text())\n"
            ),
            format!("    op.alter_column(\"{table}\", \"name\", existing_type=sa.Text(), type_=sa.String(length=100))\n"),
        ),
        _ => (
            format!("    op.alter_column(\"{table}\", \"made\", nullable=False)\n"),
            format!("    op.alter_column(\"{table}\", \"made\", nullable=True)\n"),
        ),
    }
}
