//! Constants: what `[alembic.constants]` says they are, for those of packages else what is known here.

use std::rc::Rc;

use super::Interpreter;
use super::value::{Scope, Value};
use crate::project::settings::Constant;

impl<'a> Interpreter<'a, '_> {
    /// What the user says a dotted name is worth.
    pub(super) fn given_constant(&self, path: &str) -> Option<Value<'a>> {
        let named = |key: &str| path == key || path.strip_suffix(key).is_some_and(|before| before.ends_with('.'));
        self.modules.constants.iter().find_map(|(key, constant)| named(key).then(|| worth(constant)))
    }

    /// What a name is worth that the top level of a file gives `value`: the user's word comes first, for what a file
    /// computes from its surroundings.
    pub(super) fn unless_given(&self, name: &str, value: Value<'a>, scope: &Rc<Scope<'a>>) -> Value<'a> {
        if self.modules.constants.is_empty() || !Rc::ptr_eq(scope, &self.module.scope) {
            return value;
        }
        self.given_constant(&format!("{}.{name}", self.module.dotted())).unwrap_or(value)
    }

    /// What a constant of a common package is worth in the version we have seen.
    pub(super) fn common_constant(&mut self, path: &str) -> Option<Value<'a>> {
        if let Some(option) = path.strip_prefix("flask.current_app.config.") {
            return self.flask_option(option);
        }
        let (package, value) = known(path)?;
        self.assume(format!("`{path}` has the value it has in {package}"));
        Some(value)
    }

    /// What the classes of the project's `config.py` say an option of Flask's is worth, where all that set it agree.
    fn flask_option(&mut self, option: &str) -> Option<Value<'a>> {
        let mut set: Vec<(Value<'a>, &'a str)> = Vec::new();
        for found in self.modules.named("config") {
            let module = self.ran(found);
            for class in module.scope.names.borrow().values() {
                let Value::Class(class) = class else { continue };
                set.extend(
                    class.members.iter().filter(|(key, _)| key == option).map(|(_, value)| (value.clone(), module.code.path)),
                );
            }
        }
        let (value, path) = set.first()?;
        let known = matches!(value, Value::Text(_) | Value::Int(_) | Value::Bool(_));
        if !known || !set.iter().all(|(other, _)| value.equals(other) == Some(true)) {
            return None;
        }
        self.assume(format!("Flask's option `{option}` is as {path} sets it"));
        Some(value.clone())
    }
}

fn worth<'a>(constant: &Constant) -> Value<'a> {
    match constant {
        Constant::Flag(flag) => Value::Bool(*flag),
        Constant::Number(number) => Value::Int(*number),
        Constant::Text(text) => Value::text(text),
        Constant::List(items) => Value::tuple(items.iter().map(worth).collect()),
        Constant::Table(items) => Value::dict(items.iter().map(|(key, value)| (Value::text(key), worth(value))).collect()),
    }
}

/// How a name that has no value here can be given one; empty for what looks like no constant.
pub(super) fn cure(path: &str) -> &'static str {
    let first = path.split('.').next().unwrap_or(path);
    let last = path.rsplit('.').next().unwrap_or(path);
    let shouted = last.len() > 1 && !last.bytes().any(|byte| byte.is_ascii_lowercase() || byte == b'(');
    let is_constant = shouted || path.split('.').any(|part| part.contains("const"));
    match first {
        "sqlalchemy" | "alembic" | "builtins" => "",
        _ if is_constant && path.contains('.') => " (its value can be set in [alembic.constants] of flightplan.toml)",
        _ => "",
    }
}

/// Read from neutron-lib 5.0.1 and octavia-lib 3.8; of the machine, what servers run on.
fn known<'a>(path: &str) -> Option<(&'static str, Value<'a>)> {
    match path {
        "os.name" => return Some(("Linux", Value::text("posix"))),
        "octavia_lib.common.constants.ONLINE" => return Some(("octavia-lib", Value::text("ONLINE"))),
        _ => {}
    }
    let rest = path.strip_prefix("neutron_lib.")?;
    let value = match rest {
        "db.constants.EXPAND_BRANCH" => Value::text("expand"),
        "db.constants.CONTRACT_BRANCH" => Value::text("contract"),
        "constants.ACTIVE" => Value::text("ACTIVE"),
        "constants.IPAM_ALLOCATION_STATUS_ALLOCATED" => Value::text("ALLOCATED"),
        "constants.DEVICE_OWNER_DHCP" => Value::text("network:dhcp"),
        "constants.DEVICE_OWNER_DISTRIBUTED" => Value::text("network:distributed"),
        "constants.DEVICE_OWNER_HA_REPLICATED_INT" => Value::text("network:ha_router_replicated_interface"),
        "constants.DEVICE_OWNER_ROUTER_HA_INTF" => Value::text("network:router_ha_interface"),
        "constants.DEVICE_OWNER_ROUTER_INTF" => Value::text("network:router_interface"),
        "constants.EGRESS_DIRECTION" => Value::text("egress"),
        "constants.INGRESS_DIRECTION" => Value::text("ingress"),
        "constants.HA_ROUTER_STATE_ACTIVE" => Value::text("active"),
        "constants.HA_ROUTER_STATE_STANDBY" => Value::text("standby"),
        "constants.HA_ROUTER_STATE_UNKNOWN" => Value::text("unknown"),
        "constants.IPv4" => Value::text("IPv4"),
        "constants.IPv6" => Value::text("IPv6"),
        "constants.PORT_NUMA_POLICIES" => texts(&["required", "preferred", "legacy", "socket"]),
        "constants.VALID_DIRECTIONS_AND_ANY" => texts(&["any", "ingress", "egress"]),
        _ => Value::Int(number(rest)?),
    };
    Some(("neutron-lib 5.0", value))
}

fn number(rest: &str) -> Option<i64> {
    Some(match rest.strip_prefix("db.constants.") {
        Some(
            "NAME_FIELD_SIZE"
            | "DESCRIPTION_FIELD_SIZE"
            | "PROJECT_ID_FIELD_SIZE"
            | "DEVICE_ID_FIELD_SIZE"
            | "DEVICE_OWNER_FIELD_SIZE"
            | "RESOURCE_TYPE_FIELD_SIZE"
            | "FQDN_FIELD_SIZE"
            | "AZ_HINTS_DB_LEN",
        ) => 255,
        Some("LONG_DESCRIPTION_FIELD_SIZE") => 1024,
        Some("UUID_FIELD_SIZE") => 36,
        Some("STATUS_FIELD_SIZE") => 16,
        Some("IP_ADDR_FIELD_SIZE") => 64,
        Some("MAC_ADDR_FIELD_SIZE") => 32,
        Some("ETHERTYPE_FIELD_SIZE") => 40,
        Some("DB_INTEGER_MAX_VALUE") => 2_147_483_647,
        _ => match rest {
            "constants.DEFAULT_NETWORK_MTU" => 1500,
            "constants.MAX_VLAN_TAG" => 4094,
            "constants.MIN_VLAN_TAG" => 1,
            _ => return None,
        },
    })
}

fn texts<'a>(items: &[&str]) -> Value<'a> {
    Value::tuple(items.iter().map(Value::text).collect())
}
