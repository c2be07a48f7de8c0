//! Reads JSON into the types of messages, in little code.
//!
//! serde_json reads each type in two shapes, an object and a list of its fields, and repeats its way through the text for
//! every type. All of it would be in the page's download; here a structure is an object, and the way through the text is
//! compiled once.

use serde::de::{DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use self::text::{Number, Reader};

mod text;

/// Reads a value.
///
/// # Errors
/// Why it is none, and where.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    let mut reader = Reader::new(json);
    let read = T::deserialize(&mut reader).and_then(|value| match reader.peek() {
        0 => Ok(value),
        _ => Err(Error::custom("trailing characters")),
    });
    read.map_err(|Error(why)| place(&why, json.get(..reader.at).unwrap_or(json)))
}

fn place(why: &str, before: &[u8]) -> String {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
    format!("{why} at line {line} column {column}")
}

/// Why a text is not what was to be read.
#[derive(Debug)]
pub(super) struct Error(Box<str>);

impl std::fmt::Display for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: std::fmt::Display>(why: T) -> Self {
        Self(why.to_string().into())
    }
}

/// Numbers of each width; the visitor sees whether it fits.
macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.number()? {
                Number::Whole(value) => visitor.visit_u64(value),
                Number::Negative(value) => visitor.visit_i64(value),
                Number::Float(value) => visitor.visit_f64(value),
            }
        })*
    };
}

/// Texts, however they are wanted.
macro_rules! texts {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.string()? {
                Some(text) => visitor.visit_str(text),
                None => visitor.visit_str(&self.word),
            }
        })*
    };
}

impl<'de> serde::Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b'"' => self.deserialize_str(visitor),
            b'n' => self.deserialize_unit(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            _ => self.deserialize_u64(visitor),
        }
    }

    numbers! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_i8 deserialize_i16 deserialize_i32
    deserialize_i64 deserialize_f32 deserialize_f64 }

    texts! { deserialize_str deserialize_string deserialize_char deserialize_identifier }

    forward_to_deserialize_any! { bytes byte_buf i128 u128 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.null()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is("null") { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.enter(b'[', "a list")?;
        let mut items = Items { reader: self, first: true, ended: false };
        let value = visitor.visit_seq(&mut items)?;
        // A tuple is full before the end is seen.
        if !items.ended && items.another(b']')? {
            return self.unexpected("the end of a list");
        }
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.enter(b'{', "an object")?;
        visitor.visit_map(&mut Items { reader: self, first: true, ended: false })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.peek() == b'"' {
            return visitor.visit_enum(Variant { reader: self, bare: true });
        }
        self.enter(b'{', "a text or an object")?;
        let value = visitor.visit_enum(Variant { reader: &mut *self, bare: false })?;
        if self.another(b'}', false)? { self.unexpected("the end of an object") } else { Ok(value) }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }
}

/// The items of a list or an object.
struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    first: bool,
    ended: bool,
}

impl Items<'_, '_> {
    fn another(&mut self, end: u8) -> Result<bool, Error> {
        let another = self.reader.another(end, self.first)?;
        (self.first, self.ended) = (false, !another);
        Ok(another)
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.another(b']')? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.another(b'}')? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.reader.take(b':', "a colon")?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant: its name alone, or before what it holds.
struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    bare: bool,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name = seed.deserialize(&mut *self.reader)?;
        if !self.bare {
            self.reader.take(b':', "a colon")?;
        }
        Ok((name, self))
    }
}

impl Variant<'_, '_> {
    /// One that holds something.
    fn full(&self) -> Result<(), Error> {
        if self.bare { Err(Error("a variant without its value".into())) } else { Ok(()) }
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.bare { Ok(()) } else { self.reader.null() }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.full()?;
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.full()?;
        serde::Deserializer::deserialize_seq(self.reader, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.full()?;
        serde::Deserializer::deserialize_map(self.reader, visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What serde_json says of the same text.
    fn both(text: &str) -> (Result<Value, String>, Option<Value>) {
        (read(text.as_bytes()), serde_json::from_str(text).ok())
    }

    #[test]
    fn it_reads_what_serde_json_reads() {
        let texts = [
            r#" {"a": [1, -2, 3.25, 1e3, 0.1, 18446744073709551615, 1.5E-7, -0.5], "b": {"c": null, "d": [true, false]}, "e": []}"#,
            r#""é \" \\ \/ \b\f\n\r\t \u00e9 \ud83d\ude00""#,
            "[[[[]]]]",
            "12345678901234567890123",
            "{}",
            "-7",
            r#"{"a":{"b":[{"c":"}]"}]}}"#,
        ];
        for text in texts {
            let (own, theirs) = both(text);
            assert_eq!(own.ok(), theirs, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for text in [
            "",
            "{",
            "[1,]",
            "[1 2]",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            "\"a",
            "\"\\x\"",
            "nul",
            "1 2",
            "\"\u{1}\"",
            r#""\ud800""#,
            "--",
        ] {
            let (own, theirs) = both(text);
            assert!(own.is_err() && theirs.is_none(), "{text}: {own:?}");
        }
        assert_eq!(read::<Vec<u8>>(b"[1,\n \"x\"]").unwrap_err(), "expected a number at line 2 column 1");
        assert!(read::<Value>("[".repeat(100_000).as_bytes()).unwrap_err().starts_with("it is nested too deep"));
        assert!(read::<u8>(b"300").is_err() && read::<u8>(b"-1").is_err());
    }

    #[test]
    fn what_nobody_asks_for_is_passed_over() {
        #[derive(serde::Deserialize, PartialEq, Debug)]
        enum Kind {
            Bare,
            One(u8),
            Two(u8, String),
            Named { a: Option<bool> },
        }
        #[derive(serde::Deserialize, PartialEq, Debug)]
        struct Wanted {
            kinds: Vec<Kind>,
            pair: (u8, f64),
        }
        let text = r#"{"x":[{"y":"]"},[1,"\""],null,true],"kinds":["Bare",{"One":1},{"Two":[1,"b"]},{"Named":{"z":{},"a":true}}],"pair":[1,2.5]}"#;
        let kinds = vec![Kind::Bare, Kind::One(1), Kind::Two(1, "b".to_owned()), Kind::Named { a: Some(true) }];
        assert_eq!(read::<Wanted>(text.as_bytes()), Ok(Wanted { kinds, pair: (1, 2.5) }));
        assert!(read::<Wanted>(br#"{"kinds":[]}"#).unwrap_err().starts_with("missing field `pair`"));
        assert!(read::<Value>(json!({"a": "b"}).to_string().as_bytes()).is_ok());
    }
}
