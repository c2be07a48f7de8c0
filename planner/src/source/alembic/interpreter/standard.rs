//! Functions of Python's standard library, as far as revisions take values from them.

use std::fmt::Write as _;
use std::rc::Rc;

use ruff_text_size::TextRange;
use sha2::{Digest, Sha256};

use super::value::{Arguments, Value};
use super::{Halt, Interpreter, LONGEST};

impl<'a> Interpreter<'a, '_> {
    /// `None`: not one that is followed.
    pub(super) fn call_standard(
        &mut self,
        path: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Result<Option<Value<'a>>, Halt> {
        if arguments.unknown.is_some() {
            return Ok(None);
        }
        let plain = arguments.keywords.is_empty();
        Ok(Some(match (path, arguments.positional.first()) {
            ("textwrap.dedent" | "inspect.cleandoc", Some(Value::Text(text))) => Value::text(super::format::dedent(text)),
            ("importlib.import_module" | "builtins.__import__", Some(Value::Text(module))) => {
                let module = self.absolute(usize::from(module.starts_with('.')), module.trim_start_matches('.'));
                Value::Symbol(Rc::from(module))
            }
            ("importlib.import_module" | "builtins.__import__", _) => Value::unknown("which module is imported is not known"),
            ("os.environ.get" | "os.getenv", Some(Value::Text(variable))) => {
                self.assume(format!("the environment variable `{variable}` is not set"));
                arguments.get(1, "default").cloned().unwrap_or(Value::None)
            }
            ("itertools.chain", _) => {
                let lists: Result<Vec<_>, _> = arguments.positional.iter().map(Value::items).collect();
                lists.map_or_else(Value::Unknown, |lists| Value::list(lists.into_iter().flatten().collect()))
            }
            ("itertools.product", _) if plain => {
                let lists: Result<Vec<_>, _> = arguments.positional.iter().map(Value::items).collect();
                lists.map_or_else(Value::Unknown, |lists| product(&lists))
            }
            ("json.dumps", Some(value)) if plain && arguments.positional.len() == 1 => match json(value) {
                Ok(text) => Value::text(text),
                Err(reason) => Value::Unknown(reason),
            },
            ("datetime.datetime" | "datetime.date", Some(_)) if plain => match moment(path, &arguments.positional) {
                Some(text) => self.construct("moment".to_owned(), vec![Value::text(text)], Vec::new()),
                None => return Ok(None),
            },
            ("datetime.datetime.now" | "datetime.datetime.utcnow" | "datetime.date.today", zone) if plain => {
                match self.time_of_making(path, zone) {
                    Some(moment) => moment,
                    None => return Ok(None),
                }
            }
            ("uuid.uuid4", None) => self.drawn_uuid(),
            ("uuid.UUID", Some(Value::Text(text))) if plain => match uuid_text(text) {
                Some(text) => self.construct("uuid".to_owned(), vec![Value::text(text)], Vec::new()),
                None => return Ok(None),
            },
            ("lazy_object_proxy.Proxy", Some(Value::Function(function))) => {
                let function = function.clone();
                self.call_function(&function, Arguments::default(), range)?
            }
            ("builtins.globals", None) => {
                let names = self.module.scope.names.borrow();
                Value::dict(names.iter().map(|(name, value)| (Value::text(name), value.clone())).collect())
            }
            _ => return Ok(None),
        }))
    }

    /// What the clock gives: the time the file was made, so that a plan stays what it is.
    fn time_of_making(&mut self, path: &str, zone: Option<&Value<'a>>) -> Option<Value<'a>> {
        const SHAPE: &str = "0000-00-00 00:00:00";
        let aware = match zone {
            None => "",
            Some(Value::Symbol(zone)) if matches!(zone.as_ref(), "datetime.timezone.utc" | "datetime.UTC") => "+00:00",
            Some(_) => return None,
        };
        let (_, made) = self.revision.code.text.split_once("Create Date: ")?;
        let made = made.get(..SHAPE.len())?;
        let alike = |(own, shape): (u8, u8)| if shape == b'0' { own.is_ascii_digit() } else { own == shape };
        if !made.bytes().zip(SHAPE.bytes()).all(alike) {
            return None;
        }
        let text = if path.ends_with("today") { made.get(..10)?.to_owned() } else { format!("{made}{aware}") };
        self.assume(format!("the clock shows {made}, when the file was made (`Create Date`)"));
        Some(self.construct("moment".to_owned(), vec![Value::text(text)], Vec::new()))
    }

    /// `uuid.uuid4()`: drawn from the revision and the place in it, so that a plan stays what it is.
    fn drawn_uuid(&mut self) -> Value<'a> {
        self.drawn += 1;
        let mut hash = Sha256::new();
        hash.update(self.script.script.as_bytes());
        hash.update([0]);
        hash.update(self.drawn.to_be_bytes());
        let mut bytes = hash.finalize();
        // The bits that say: version 4, RFC 4122.
        if let Some(byte) = bytes.get_mut(6) {
            *byte = (*byte & 0x0f) | 0x40;
        }
        if let Some(byte) = bytes.get_mut(8) {
            *byte = (*byte & 0x3f) | 0x80;
        }
        let mut digits = String::new();
        for byte in bytes.iter().take(16) {
            let _ = write!(digits, "{byte:02x}");
        }
        self.assume("`uuid.uuid4()` gives identifiers made from the file's name, the same in every database".to_owned());
        match uuid_text(&digits) {
            Some(text) => self.construct("uuid".to_owned(), vec![Value::text(text)], Vec::new()),
            None => Value::None,
        }
    }
}

/// `itertools.product(…)`.
fn product<'a>(lists: &[Vec<Value<'a>>]) -> Value<'a> {
    let count = lists.iter().map(Vec::len).fold(1_usize, usize::saturating_mul);
    if count.saturating_mul(lists.len()) > LONGEST / 64 {
        return Value::unknown("a product that is too large to follow");
    }
    let mut rows: Vec<Vec<Value<'a>>> = vec![Vec::new()];
    for list in lists {
        let longer = |row: &Vec<Value<'a>>| -> Vec<Vec<Value<'a>>> {
            list.iter().map(|item| row.iter().cloned().chain([item.clone()]).collect()).collect()
        };
        rows = rows.iter().flat_map(longer).collect();
    }
    Value::list(rows.into_iter().map(Value::tuple).collect())
}

/// Eight, four, four, four and twelve digits, as `str(uuid)` has them.
fn uuid_text(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect::<String>().to_lowercase();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    Some(parts.join("-"))
}

/// `str(datetime(…))` or `str(date(…))`.
fn moment(path: &str, parts: &[Value<'_>]) -> Option<String> {
    let number = |at: usize| match parts.get(at) {
        Some(Value::Int(number)) => u32::try_from(*number).ok().map(Some),
        None => Some(None),
        _ => None,
    };
    let (year, month, day) = (number(0)??, number(1)??, number(2)??);
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if path.ends_with("date") {
        return (parts.len() == 3).then_some(date);
    }
    let clock = [number(3)?, number(4)?, number(5)?].map(Option::unwrap_or_default);
    let [hour, minute, second] = clock;
    let fraction = match number(6)? {
        Some(micro) if micro > 0 => format!(".{micro:06}"),
        _ => String::new(),
    };
    let right = hour < 24 && minute < 60 && second < 60 && parts.len() <= 7;
    right.then(|| format!("{date} {hour:02}:{minute:02}:{second:02}{fraction}"))
}

/// `json.dumps(value)` with Python's own spacing, everything beyond ASCII escaped.
fn json(value: &Value<'_>) -> Result<String, Rc<str>> {
    let several = |items: Vec<Value<'_>>| items.iter().map(json).collect::<Result<Vec<_>, _>>();
    Ok(match value {
        Value::None => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Float(_) => super::format::repr(value)?,
        Value::Text(text) => json_text(text),
        Value::List(_) | Value::Tuple(_) => format!("[{}]", several(value.items()?)?.join(", ")),
        Value::Dict(items) => {
            let mut parts = Vec::new();
            for (key, value) in items.borrow().iter() {
                let Value::Text(key) = key else { return Err(Rc::from("a key of the JSON object is no text")) };
                parts.push(format!("{}: {}", json_text(key), json(value)?));
            }
            format!("{{{}}}", parts.join(", "))
        }
        Value::Unknown(reason) => return Err(reason.clone()),
        other => return Err(Rc::from(format!("`json.dumps` of {} is not followed", other.noun()))),
    })
}

fn json_text(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}
