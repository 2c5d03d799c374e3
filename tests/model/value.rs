//! What a cell means, said again and simply: from a cell as a source holds it,
//! through a column's steps, to something that can be compared with `==`.

/// A cell as the generator thinks of it, before a format writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Absent,
    Null,
    Text(&'static str),
    /// A JSON token that is no string; bare text or an integer elsewhere.
    Token(&'static str),
    /// Bytes in SQLite; text elsewhere.
    Blob(&'static str),
}

/// A cell as a source of one kind gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Absent,
    Null,
    Text(String),
    JsonString(String),
    JsonToken(String),
    Integer(i64),
    Blob(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Bigint,
    Numeric,
    Bool,
    Jsonb,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Trim,
    Lowercase,
    EmptyAsNull,
    AbsentAsNull,
    NullToken(&'static str),
    Strip(char),
    Map(&'static str, &'static str),
    Round(i32),
}

/// `units` times ten to the power of `-scale`, without zeros at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    pub units: i128,
    pub scale: i32,
}

/// What a cell is compared as.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Canon {
    Absent,
    Null,
    Text(String),
    Number(Number),
    NotANumber,
    Bool(bool),
    JsonString(String),
    JsonBool(bool),
    JsonNumber(Number),
    /// One of the classes of [`OBJECTS`].
    JsonObject(usize),
    Bytes(Vec<u8>),
    Unreadable(Vec<u8>),
}

/// Objects, and the class of equal ones that each is of.
pub const OBJECTS: [(&str, usize); 4] = [
    ("{\"a\":1.0,\"b\":[1,null]}", 0),
    ("{ \"b\" : [1e0,null], \"a\":10e-1 }", 0),
    ("{\"a\":\"1\",\"b\":[1,null]}", 1),
    ("{\"a\":1,\"b\":[null,1]}", 2),
];

impl Number {
    pub fn new(mut units: i128, mut scale: i32) -> Number {
        while units != 0 && units % 10 == 0 {
            (units, scale) = (units / 10, scale - 1);
        }
        Number {
            units,
            scale: if units == 0 { 0 } else { scale },
        }
    }

    /// Digits with a point and an exponent, as both PostgreSQL and JSON have them.
    pub fn parse(text: &str) -> Option<Number> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.as_bytes().first()? {
            b'-' => (true, &mantissa[1..]),
            b'+' => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let units: i128 = all.parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()? - exponent;
        Some(Number::new(if negative { -units } else { units }, scale))
    }

    /// Half away from zero.
    fn round(self, places: i32) -> Number {
        if self.scale <= places {
            return self;
        }
        let unit = 10i128.pow((self.scale - places) as u32);
        let half = unit / 2 * self.units.signum();
        Number::new((self.units + half) / unit, places)
    }

    /// Both as so many units of one scale, which is returned last.
    pub fn aligned(self, other: Number) -> (i128, i128, i32) {
        let scale = self.scale.max(other.scale);
        let units = |number: Number| number.units * 10i128.pow((scale - number.scale) as u32);
        (units(self), units(other), scale)
    }
}

impl Cell {
    /// The cell's canonical form in a column of `ty` with these steps.
    pub fn canon(&self, ty: Type, steps: &[Step]) -> Canon {
        let moved = self.stepped(ty, steps);
        let canon = match moved.parse(ty) {
            Some(canon) => canon,
            None => return Canon::Unreadable(self.bytes()),
        };
        steps.iter().fold(canon, |canon, step| match (canon, step) {
            (Canon::Number(number), Step::Round(places)) => Canon::Number(number.round(*places)),
            (canon, _) => canon,
        })
    }

    fn stepped(&self, ty: Type, steps: &[Step]) -> Cell {
        match self {
            Cell::Null => Cell::Null,
            Cell::Absent if steps.contains(&Step::AbsentAsNull) => Cell::Null,
            Cell::Absent => Cell::Absent,
            Cell::Text(text) => stepped_text(text, steps).map_or(Cell::Null, Cell::Text),
            Cell::JsonString(text) => {
                stepped_text(text, steps).map_or(Cell::Null, Cell::JsonString)
            }
            typed => typed.mapped(ty, steps),
        }
    }

    /// A typed cell, which only a map sees, as its canonical text.
    fn mapped(&self, ty: Type, steps: &[Step]) -> Cell {
        let shown = match (self, self.parse(ty)) {
            (Cell::JsonToken(token), _) => token.clone(),
            (Cell::Integer(value), _) => value.to_string(),
            _ => return self.clone(),
        };
        let mut text = shown.clone();
        for step in steps {
            if let Step::Map(from, to) = step
                && text == *from
            {
                text = (*to).to_owned();
            }
        }
        if text == shown {
            self.clone()
        } else {
            Cell::Text(text)
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Cell::Absent | Cell::Null => Vec::new(),
            Cell::Text(text) | Cell::JsonString(text) | Cell::JsonToken(text) => {
                text.clone().into_bytes()
            }
            Cell::Integer(value) => value.to_string().into_bytes(),
            Cell::Blob(bytes) => bytes.clone(),
        }
    }

    fn parse(&self, ty: Type) -> Option<Canon> {
        match self {
            Cell::Absent => return Some(Canon::Absent),
            Cell::Null => return Some(Canon::Null),
            Cell::Blob(bytes) => {
                return (ty == Type::Text).then(|| Canon::Bytes(bytes.clone()));
            }
            _ => {}
        }
        let text = String::from_utf8(self.bytes()).ok()?;
        let token = matches!(self, Cell::JsonToken(_));
        match ty {
            Type::Text => Some(Canon::Text(text)),
            Type::Jsonb => json(&text, token),
            // Under every number type a number is read by value.
            Type::Numeric if !token && text.trim().eq_ignore_ascii_case("nan") => {
                Some(Canon::NotANumber)
            }
            Type::Numeric | Type::Bigint => {
                Number::parse(if token { &text } else { text.trim() }).map(Canon::Number)
            }
            Type::Bool => boolean(&text, self),
        }
    }
}

fn json(text: &str, token: bool) -> Option<Canon> {
    if !token {
        return Some(Canon::JsonString(text.to_owned()));
    }
    let object = OBJECTS.iter().find(|(object, _)| *object == text);
    if let Some((_, class)) = object {
        return Some(Canon::JsonObject(*class));
    }
    match text {
        "true" => Some(Canon::JsonBool(true)),
        "false" => Some(Canon::JsonBool(false)),
        _ => Number::parse(text).map(Canon::JsonNumber),
    }
}

fn boolean(text: &str, cell: &Cell) -> Option<Canon> {
    if matches!(cell, Cell::JsonToken(_) | Cell::Integer(_)) {
        return match text {
            "true" | "1" => Some(Canon::Bool(true)),
            "false" | "0" => Some(Canon::Bool(false)),
            _ => None,
        };
    }
    match text.trim().to_ascii_lowercase().as_str() {
        "t" | "true" | "1" => Some(Canon::Bool(true)),
        "f" | "false" | "0" => Some(Canon::Bool(false)),
        _ => None,
    }
}

/// `None`: the text is NULL now.
fn stepped_text(text: &str, steps: &[Step]) -> Option<String> {
    let mut text = text.to_owned();
    for step in steps {
        text = match step {
            Step::Trim => text.trim().to_owned(),
            Step::Lowercase => text.to_lowercase(),
            Step::EmptyAsNull if text.is_empty() => return None,
            Step::NullToken(token) if text == *token => return None,
            Step::Strip(out) => text.replace(*out, ""),
            Step::Map(from, to) if text == *from => (*to).to_owned(),
            _ => text,
        };
    }
    Some(text)
}
