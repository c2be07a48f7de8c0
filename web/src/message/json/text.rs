//! The way through a text of JSON, compiled once for all types.

use super::Error;

/// How deep lists and objects may stand in each other: what was given by hand must not exhaust the stack.
const DEEPEST: u8 = 127;

/// A number, as narrow as it can be.
pub(super) enum Number {
    Whole(u64),
    Negative(i64),
    Float(f64),
}

/// The way through a text.
pub(super) struct Reader<'de> {
    text: &'de [u8],
    /// Where it is.
    pub(super) at: usize,
    depth: u8,
    /// The text that was read last, where something in it was escaped.
    pub(super) word: String,
}

impl<'de> Reader<'de> {
    /// Begins at the beginning.
    pub(super) const fn new(text: &'de [u8]) -> Self {
        Self { text, at: 0, depth: 0, word: String::new() }
    }

    /// The next byte that is no space; 0 at the end.
    pub(super) fn peek(&mut self) -> u8 {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                byte => return byte.copied().unwrap_or_default(),
            }
        }
    }

    /// Refuses what stands here.
    pub(super) fn unexpected<T>(&self, wanted: &str) -> Result<T, Error> {
        let what = if self.at < self.text.len() { "" } else { "the text ends, " };
        Err(Error([what, "expected ", wanted].concat().into()))
    }

    /// Takes one byte.
    pub(super) fn take(&mut self, byte: u8, wanted: &str) -> Result<(), Error> {
        if self.peek() != byte {
            return self.unexpected(wanted);
        }
        self.at += 1;
        Ok(())
    }

    /// Begins a list or an object.
    pub(super) fn enter(&mut self, begin: u8, wanted: &str) -> Result<(), Error> {
        self.take(begin, wanted)?;
        self.depth += 1;
        if self.depth > DEEPEST { Err(Error("it is nested too deep".into())) } else { Ok(()) }
    }

    /// Whether another item stands before the end, which is taken.
    pub(super) fn another(&mut self, end: u8, first: bool) -> Result<bool, Error> {
        match self.peek() {
            byte if byte == end => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            b',' if !first => {
                self.at += 1;
                Ok(true)
            }
            _ if first => Ok(true),
            _ => self.unexpected("a comma or the end"),
        }
    }

    /// Whether a word stands here, which is taken.
    pub(super) fn is(&mut self, word: &str) -> bool {
        self.peek();
        let is = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at += if is { word.len() } else { 0 };
        is
    }

    /// Takes `null`.
    pub(super) fn null(&mut self) -> Result<(), Error> {
        if self.is("null") { Ok(()) } else { self.unexpected("null") }
    }

    /// Takes a truth.
    pub(super) fn boolean(&mut self) -> Result<bool, Error> {
        if self.is("true") {
            return Ok(true);
        }
        if self.is("false") { Ok(false) } else { self.unexpected("true or false") }
    }

    /// Reads a text: as it stands there, or into `word` where something in it is escaped.
    pub(super) fn string(&mut self) -> Result<Option<&'de str>, Error> {
        self.take(b'"', "a text")?;
        self.word.clear();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) else {
                self.at = self.text.len();
                return self.unexpected("the end of a text");
            };
            let piece = std::str::from_utf8(rest.get(..length).unwrap_or_default());
            let piece = piece.map_err(|_| Error("a text is not UTF-8".into()))?;
            self.at += length + 1;
            match rest.get(length) {
                Some(b'"') if self.word.is_empty() => return Ok(Some(piece)),
                Some(b'"') => {
                    self.word.push_str(piece);
                    return Ok(None);
                }
                Some(b'\\') => {
                    self.word.push_str(piece);
                    self.escape()?;
                }
                _ => return self.unexpected("no control character in a text"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Error> {
        let letter = self.text.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        let character = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut code = self.four()?;
                // Two of them are one character.
                if (0xd800..0xdc00).contains(&code) && self.text.get(self.at..self.at + 2) == Some(b"\\u") {
                    self.at += 2;
                    let low = self.four()?.checked_sub(0xdc00).filter(|low| *low < 0x400);
                    code = low.map_or(0xd800, |low| 0x1_0000 + ((code - 0xd800) << 10) + low);
                }
                char::from_u32(code).ok_or_else(|| Error("half a character is escaped".into()))?
            }
            _ => return self.unexpected("a letter that can be escaped"),
        };
        self.word.push(character);
        Ok(())
    }

    fn four(&mut self) -> Result<u32, Error> {
        let digits = self.text.get(self.at..self.at + 4).and_then(|digits| std::str::from_utf8(digits).ok());
        self.at += 4;
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        code.map_or_else(|| self.unexpected("four hexadecimal digits"), Ok)
    }

    /// Takes a number.
    pub(super) fn number(&mut self) -> Result<Number, Error> {
        self.peek();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        let digits = rest.get(..length.unwrap_or(rest.len())).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.unwrap_or_default();
        let number = match (digits.parse(), digits.parse()) {
            (Ok(whole), _) => Some(Number::Whole(whole)),
            (_, Ok(negative)) if negative < 0 => Some(Number::Negative(negative)),
            _ => float(digits).map(Number::Float),
        };
        let Some(number) = number else { return self.unexpected("a number") };
        self.at += digits.len();
        Ok(number)
    }

    /// Passes over a value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        let mut open = 0_usize;
        loop {
            match self.peek() {
                b'"' => {
                    self.string()?;
                }
                b'[' | b'{' => {
                    open += 1;
                    self.at += 1;
                    continue;
                }
                b']' | b'}' | b',' | b':' if open > 0 => {
                    open -= usize::from(matches!(self.peek(), b']' | b'}'));
                    self.at += 1;
                }
                b'n' => self.null()?,
                b't' | b'f' => {
                    self.boolean()?;
                }
                _ => {
                    self.number()?;
                }
            }
            if open == 0 {
                return Ok(());
            }
        }
    }
}

/// A number with a point or an exponent: exact as long as its digits and the power of ten are, which holds for what is
/// written for people. The standard library's way, exact for all, costs four kilobytes.
#[allow(clippy::cast_precision_loss)]
fn float(digits: &str) -> Option<f64> {
    let (digits, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let negative = whole.starts_with('-');
    let (mut value, mut power) = (0_u64, exponent.parse::<i32>().ok()?);
    let mut any = false;
    let digits = whole.trim_start_matches('-').bytes().map(|digit| (digit, 0));
    for (digit, place) in digits.chain(places.bytes().map(|digit| (digit, 1))) {
        any = true;
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        match value.checked_mul(10).and_then(|value| value.checked_add(digit)) {
            Some(more) => (value, power) = (more, power.saturating_sub(place)),
            // What does not fit any more only moves the point.
            None => power = power.saturating_add(1 - place),
        }
    }
    let scale = 10_f64.powi(power.saturating_abs().min(400));
    let value = if power < 0 { value as f64 / scale } else { value as f64 * scale };
    any.then_some(if negative { -value } else { value })
}
