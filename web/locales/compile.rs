//! Turns the Fluent files of all languages into one table of patterns a language and one function a message.
//!
//! Fluent's own runtime would cost every reader more than the texts themselves, so what it would do at run time is done
//! here: terms are put in, and every language is held against the first one.
//!
//! A pattern is its text; `{a}` stands for the first value of its message, `{b}` for the second, and
//! `{a?1:one row|many rows}` for a choice by the first, the last of which fits always. The page's `locale/pattern.rs`
//! reads it.

use std::collections::BTreeMap;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey};
use fluent_syntax::parser;

/// A Fluent file: its path and its text.
pub struct Source {
    /// Path, for what is wrong with it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What is made of the files.
pub struct Compiled {
    /// Patterns of each language in the order of their numbers, one a line.
    pub tables: Vec<String>,
    /// A function for each message.
    pub functions: String,
}

/// A message of one language.
struct Message {
    place: String,
    /// Names of its variables in the order in which they come.
    variables: Vec<String>,
    pattern: String,
}

type Messages = BTreeMap<String, Message>;

/// Compiles the files of each language, the one that the others are held against first.
///
/// # Errors
/// All that is wrong, each with its file and line.
pub fn compile(languages: &[Vec<Source>]) -> Result<Compiled, Vec<String>> {
    let mut wrong = Vec::new();
    // Variables have the numbers of the first language in all of them.
    let mut first: Option<Messages> = None;
    let mut tables = Vec::new();
    for sources in languages {
        let messages = read(sources, first.as_ref(), &mut wrong);
        tables.push(messages.values().map(|message| message.pattern.as_str()).collect::<Vec<_>>().join("\n"));
        match &first {
            None => first = Some(messages),
            Some(first) => hold_against(first, &messages, &mut wrong),
        }
    }
    let functions = first.iter().flatten().enumerate().map(|(number, (id, message))| function(number, id, message)).collect();
    if wrong.is_empty() { Ok(Compiled { tables, functions }) } else { Err(wrong) }
}

/// What one language has and the other has not.
fn hold_against(first: &Messages, other: &Messages, wrong: &mut Vec<String>) {
    for (id, message) in first.iter().filter(|(id, _)| !other.contains_key(*id)) {
        wrong.push(format!("{}: {id} is missing in another language", message.place));
    }
    for (id, message) in other {
        match first.get(id) {
            None => wrong.push(format!("{}: {id} is missing in the first language", message.place)),
            Some(own) => {
                let sorted = |message: &Message| {
                    let mut names = message.variables.clone();
                    names.sort();
                    names
                };
                if sorted(own) != sorted(message) {
                    wrong.push(format!(
                        "{}: {id} has the variables {:?}, in the first language {:?}",
                        message.place, message.variables, own.variables
                    ));
                }
            }
        }
    }
}

/// The messages of one language.
fn read(sources: &[Source], first: Option<&Messages>, wrong: &mut Vec<String>) -> Messages {
    let mut messages = Messages::new();
    for source in sources {
        let resource = match parser::parse(source.text.as_str()) {
            Ok(resource) => resource,
            Err((_, errors)) => {
                wrong.extend(errors.iter().map(|error| {
                    // Where the entry begins that cannot be read.
                    let begin = error.slice.as_ref().map_or(error.pos.start, |entry| entry.start);
                    let before = source.text.get(..begin).unwrap_or_default();
                    format!("{}:{}: {}", source.path, before.matches('\n').count() + 1, error.kind)
                }));
                continue;
            }
        };
        let terms: BTreeMap<&str, &Pattern<&str>> = (resource.body.iter())
            .filter_map(|entry| if let Entry::Term(term) = entry { Some((term.id.name, &term.value)) } else { None })
            .collect();
        for entry in &resource.body {
            let Entry::Message(message) = entry else { continue };
            let id = message.id.name;
            let place = format!("{}:{}", source.path, line_of(&source.text, id));
            let variables = first.and_then(|first| first.get(id)).map(|own| own.variables.clone()).unwrap_or_default();
            let mut writer = Writer { terms: &terms, known: variables, used: Vec::new(), out: String::new() };
            let written = match &message.value {
                Some(value) if message.attributes.is_empty() => writer.pattern(value, false),
                Some(_) => Err("attributes are not supported".to_owned()),
                None => Err("a message needs a value".to_owned()),
            };
            if let Err(why) = written {
                wrong.push(format!("{place}: {id}: {why}"));
            }
            let message = Message { place, variables: writer.used, pattern: writer.out };
            if let Some(twice) = messages.insert(id.to_owned(), message) {
                wrong.push(format!("{}: {id} is there twice", twice.place));
            }
        }
    }
    messages
}

/// The syntax tree has no places.
fn line_of(text: &str, id: &str) -> usize {
    let begins = |line: &str| line.strip_prefix(id).is_some_and(|rest| rest.trim_start().starts_with('='));
    text.lines().position(begins).map_or(0, |at| at + 1)
}

/// Writes the pattern of one message.
struct Writer<'a> {
    terms: &'a BTreeMap<&'a str, &'a Pattern<&'a str>>,
    /// Variables of the first language, which give the letters.
    known: Vec<String>,
    used: Vec<String>,
    out: String,
}

impl Writer<'_> {
    fn pattern(&mut self, pattern: &Pattern<&str>, inside: bool) -> Result<(), String> {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => self.text(value)?,
                PatternElement::Placeable { expression: Expression::Inline(inline) } => self.inline(inline)?,
                PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                    if inside {
                        return Err("a choice inside of a choice is not supported".to_owned());
                    }
                    self.choice(selector, variants)?;
                }
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        if text.contains(['{', '}', '|']) {
            return Err("{, } and | are not supported in texts".to_owned());
        }
        // A line break in a file is one in its layout only.
        self.out.push_str(&text.replace("\r\n", "\n").replace('\n', " "));
        Ok(())
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) -> Result<(), String> {
        match inline {
            InlineExpression::StringLiteral { value } => self.text(value),
            InlineExpression::VariableReference { id } => {
                let letter = self.letter(id.name)?;
                self.out.extend(['{', letter, '}']);
                Ok(())
            }
            InlineExpression::TermReference { id, attribute: None, arguments: None } => {
                let value = self.terms.get(id.name).ok_or_else(|| format!("the term -{} is not in this file", id.name))?;
                self.pattern(value, true)
            }
            _ => Err("only variables, texts and terms without arguments are supported".to_owned()),
        }
    }

    fn choice(&mut self, selector: &InlineExpression<&str>, variants: &[Variant<&str>]) -> Result<(), String> {
        let InlineExpression::VariableReference { id } = selector else {
            return Err("only a variable can be chosen by".to_owned());
        };
        let letter = self.letter(id.name)?;
        self.out.extend(['{', letter, '?']);
        for variant in variants.iter().filter(|variant| !variant.default) {
            // Both languages count alike: one is 1 and nothing else.
            let key = match &variant.key {
                VariantKey::Identifier { name: "one" } => "1",
                VariantKey::Identifier { name } | VariantKey::NumberLiteral { value: name } => name,
            };
            self.out.push_str(key);
            self.out.push(':');
            self.pattern(&variant.value, true)?;
            self.out.push('|');
        }
        let default = variants.iter().find(|variant| variant.default).ok_or("a choice needs a default")?;
        self.pattern(&default.value, true)?;
        self.out.push('}');
        Ok(())
    }

    fn letter(&mut self, name: &str) -> Result<char, String> {
        if !self.used.iter().any(|used| used == name) {
            self.used.push(name.to_owned());
        }
        let names = if self.known.is_empty() { &self.used } else { &self.known };
        let at = names.iter().position(|known| known == name);
        // A variable that the first language has not is told where the two are held against each other.
        Ok(at.and_then(|at| ('a'..='z').nth(at)).unwrap_or('z'))
    }
}

/// The function of a message: a text without variables is in the table as it is.
fn function(number: usize, id: &str, message: &Message) -> String {
    let name = id.replace('-', "_");
    let text = message.pattern.as_str();
    let names: Vec<String> = message.variables.iter().map(|name| name.replace('-', "_")).collect();
    if names.is_empty() {
        return format!("/// `{text}`\npub(crate) fn {name}() -> &'static str {{\n    text({number})\n}}\n");
    }
    let parameters: Vec<String> = names.iter().map(|name| format!("{name}: &str")).collect();
    let (parameters, values) = (parameters.join(", "), names.join(", "));
    format!("/// `{text}`\npub(crate) fn {name}({parameters}) -> String {{\n    filled({number}, &[{values}])\n}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(english: &str, german: &str) -> Result<Compiled, Vec<String>> {
        let source = |path: &str, text: &str| vec![Source { path: path.to_owned(), text: text.to_owned() }];
        compile(&[source("en.ftl", english), source("de.ftl", german)])
    }

    fn wrong(english: &str, german: &str) -> String {
        compiled(english, german).err().unwrap_or_default().join("\n")
    }

    #[test]
    fn variables_have_the_letters_of_the_first_language() {
        let english = "-tool = Flightplan\nof = { -tool }: { $at } of { $all }\nrows = { $n ->\n    [one] one row\n   *[other] { $n } rows\n }\n";
        let german = "of = von { $all }: { $at }\nrows = { $n ->\n    [one] eine Zeile\n   *[other] { $n } Zeilen\n }\n";
        let compiled = compiled(english, german).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        assert_eq!(
            compiled.tables,
            ["Flightplan: {a} of {b}\n{a?1:one row|{a} rows}", "von {b}: {a}\n{a?1:eine Zeile|{a} Zeilen}"]
        );
        assert!(compiled.functions.contains("fn of(at: &str, all: &str) -> String"), "{}", compiled.functions);
    }

    #[test]
    fn what_differs_is_told_with_its_place() {
        assert_eq!(wrong("a = A\nb = B\n", "a = A\n"), "en.ftl:2: b is missing in another language");
        assert_eq!(wrong("a = A\n", "a = A\n\nc = C\n"), "de.ftl:3: c is missing in the first language");
        let told = wrong("a = { $x }\n", "a = { $y }\n");
        assert_eq!(told, "de.ftl:1: a has the variables [\"y\"], in the first language [\"x\"]");
    }

    #[test]
    fn what_is_not_supported_is_refused_with_its_place() {
        for (text, why) in [
            ("\na = { NUMBER($x) }\n", "only variables"),
            ("\na = A\n    .title = B\n", "attributes"),
            ("\na = { -none }\n", "the term -none"),
            ("\na = A | B\n", "not supported in texts"),
            ("\na = { $x ->\n   *[other] { $y ->\n       *[other] B\n    }\n }\n", "inside of a choice"),
        ] {
            let told = wrong(text, text);
            assert!(told.starts_with("en.ftl:2: a: ") && told.contains(why), "{told}");
        }
        assert!(wrong("a = {\n", "a = A\n").starts_with("en.ftl:1: "));
    }
}
