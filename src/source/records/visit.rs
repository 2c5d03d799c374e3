//! Who goes through records: the scanner says what stands where, and its visitor what
//! that is to mean. One walk serves reading cells, finding columns and paging by key.

use std::borrow::Cow;

use super::string::{Span, Text};

/// Why the text is not JSON, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub at: usize,
    pub why: Cow<'static, str>,
    /// The text ended too early: with more of it there might be no fault.
    pub cut: bool,
}

impl Fault {
    pub fn new(at: usize, why: impl Into<Cow<'static, str>>) -> Fault {
        Fault {
            at,
            why: why.into(),
            cut: false,
        }
    }

    pub fn cut(at: usize) -> Fault {
        Fault {
            cut: true,
            ..Fault::new(at, "the text ends within a record")
        }
    }
}

/// What comes of looking for something.
pub type Scan<T = ()> = Result<T, Fault>;

/// One value of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Null,
    String(Text),
    /// A number, true, false, an array or an object.
    Token(Span),
}

/// Whoever goes through records, member by member.
pub trait Visit {
    /// The number by which a name is to be told, from now on: it is not asked for again
    /// while records name the same members.
    fn number(&mut self, name: &[u8]) -> usize;

    /// A member, by its name's number.
    fn member(&mut self, number: usize, name: Text, value: Value) -> Scan;

    /// The end of a record that stands there.
    fn record(&mut self, _: Span) {}
}

/// A visit by a function that looks at each name itself.
pub struct Each<F>(pub F);

impl<F: FnMut(Text, Value) -> Scan> Visit for Each<F> {
    fn number(&mut self, _: &[u8]) -> usize {
        0
    }

    fn member(&mut self, _: usize, name: Text, value: Value) -> Scan {
        (self.0)(name, value)
    }
}
