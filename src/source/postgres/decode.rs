//! From chunks of COPY's binary tuples to rows of cells. Nothing is copied: a
//! cell is a place in the chunk.

use std::sync::Arc;

use crate::error::{Code, Failure, Result};

use super::super::{Cell, Chunk, Decode, Kind, Rows};
use super::catalog::Field;
use super::locator::Locator;

/// The tuples of one COPY.
#[derive(Clone)]
pub struct Tuples {
    /// What the cells of each column are, where not NULL.
    kinds: Vec<Kind>,
    /// So many of them are given out.
    width: usize,
    locator: Locator,
    form: String,
}

/// What is wrong with a tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bad {
    NotWhole,
    NotUtf8,
}

impl Tuples {
    pub fn new(fields: &[Field], locator: Locator) -> Self {
        let kind = |field: &Field| match field.as_text {
            true => Kind::Text,
            false => Kind::Wire,
        };
        let form = |field: &Field| match field.as_text {
            true => "as text".to_owned(),
            false => format!("{:?}", field.ty),
        };
        let forms: Vec<_> = fields.iter().map(form).collect();
        Tuples {
            kinds: fields.iter().map(kind).collect(),
            width: fields.len(),
            locator,
            form: format!("pg-binary:v1:{}", forms.join(",")),
        }
    }

    /// Appends one row's cells.
    fn tuple(&self, tuple: &mut Reader<'_>, rows: &mut Rows) -> Result<(), Bad> {
        let ctid = self.locator == Locator::Ctid;
        if usize::from(tuple.u16()?) != self.kinds.len() + usize::from(ctid) {
            return Err(Bad::NotWhole);
        }
        if ctid {
            rows.locators.push(tuple.ctid()?);
        }
        let start = tuple.at;
        for (place, &kind) in self.kinds.iter().enumerate() {
            let cell = tuple.cell(kind)?;
            if self.locator == Locator::Key(place) {
                rows.locators.push(tuple.integer(cell)?);
            }
            if place < self.width {
                rows.cells.push(cell);
            }
        }
        rows.spans.push((place(start)?, place(tuple.at)?));
        Ok(())
    }
}

impl Decode for Tuples {
    fn decode(&self, chunk: &mut Chunk, rows: &mut Rows) -> Result<()> {
        rows.clear(self.width);
        let mut reader = Reader {
            bytes: &chunk.bytes,
            at: 0,
        };
        let mut row = chunk.base;
        while reader.at < reader.bytes.len() {
            row += 1;
            self.tuple(&mut reader, rows)
                .map_err(|bad| failure(bad, row))?;
        }
        Ok(())
    }

    fn raw_form(&self) -> Option<String> {
        Some(self.form.clone())
    }

    fn first_cells(&self, count: usize) -> Option<Arc<dyn Decode>> {
        let mut few = self.clone();
        few.width = count.min(self.width);
        Some(Arc::new(few))
    }
}

fn failure(bad: Bad, row: u64) -> Failure {
    let (why, next) = match bad {
        Bad::NotWhole => (
            "is not a whole tuple of the columns asked for",
            "check what stands between shadowgate and the server (a pooler, a proxy)",
        ),
        Bad::NotUtf8 => (
            "holds a text that is not UTF-8",
            "mend the database's texts, or leave the column out (ignore)",
        ),
    };
    Failure::new(
        Code::Malformed,
        format!("row {row} of the stream {why}"),
        next,
    )
}

/// Places are 32 bits; no chunk is larger, for no row is.
fn place(at: usize) -> Result<u32, Bad> {
    u32::try_from(at).map_err(|_| Bad::NotWhole)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Bad> {
        let end = self.at.checked_add(len).ok_or(Bad::NotWhole)?;
        let taken = self.bytes.get(self.at..end).ok_or(Bad::NotWhole)?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Bad> {
        self.take(N)?.try_into().map_err(|_| Bad::NotWhole)
    }

    fn u16(&mut self) -> Result<u16, Bad> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, Bad> {
        self.array().map(u32::from_be_bytes)
    }

    /// A ctid: block (u32) and line (u16), as `block << 16 | line`.
    fn ctid(&mut self) -> Result<u64, Bad> {
        if self.u32()? != 6 {
            return Err(Bad::NotWhole);
        }
        let block = u64::from(self.u32()?);
        Ok((block << 16) | u64::from(self.u16()?))
    }

    /// The value of a key's cell, as the bits of an i64. A key is never NULL.
    fn integer(&self, cell: Cell) -> Result<u64, Bad> {
        let bytes = self.bytes.get(cell.start as usize..cell.end as usize);
        let value = match *bytes.ok_or(Bad::NotWhole)? {
            [a, b] => i64::from(i16::from_be_bytes([a, b])),
            [a, b, c, d] => i64::from(i32::from_be_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => i64::from_be_bytes([a, b, c, d, e, f, g, h]),
            _ => return Err(Bad::NotWhole),
        };
        Ok(value.cast_unsigned())
    }

    fn cell(&mut self, kind: Kind) -> Result<Cell, Bad> {
        let len = self.u32()?;
        if len == u32::MAX {
            return Ok(Cell::NULL);
        }
        let start = place(self.at)?;
        let bytes = self.take(usize::try_from(len).map_err(|_| Bad::NotWhole)?)?;
        if kind == Kind::Text && std::str::from_utf8(bytes).is_err() {
            return Err(Bad::NotUtf8);
        }
        let end = place(self.at)?;
        Ok(Cell { start, end, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    fn fields(kinds: &[bool]) -> Vec<Field> {
        let field = |&as_text: &bool| Field {
            name: "c".to_owned(),
            ty: Type::Int4,
            cast: None,
            as_text,
        };
        kinds.iter().map(field).collect()
    }

    fn tuple(cells: &[Option<&[u8]>]) -> Vec<u8> {
        let mut out = (cells.len() as u16).to_be_bytes().to_vec();
        for cell in cells {
            match cell {
                None => out.extend_from_slice(&(-1_i32).to_be_bytes()),
                Some(bytes) => {
                    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
                    out.extend_from_slice(bytes);
                }
            }
        }
        out
    }

    fn decode(decoder: &Tuples, bytes: Vec<u8>) -> Result<(Chunk, Rows)> {
        let mut chunk = Chunk {
            bytes,
            base: 40,
            line: 0,
        };
        let mut rows = Rows::default();
        decoder.decode(&mut chunk, &mut rows)?;
        Ok((chunk, rows))
    }

    #[test]
    fn cuts_cells_and_strips_the_locator() {
        let decoder = Tuples::new(&fields(&[false, true]), Locator::Ctid);
        let ctid: &[u8] = &[0, 0, 0, 2, 0, 7];
        let mut bytes = tuple(&[Some(ctid), Some(b"\0\0\0\x01"), Some("物".as_bytes())]);
        bytes.extend(tuple(&[Some(ctid), None, Some(b"")]));
        let (chunk, rows) = decode(&decoder, bytes).expect("whole");
        assert_eq!((rows.len(), rows.width), (2, 2));
        assert_eq!(rows.locators, [(2 << 16) | 7; 2]);
        let first = rows.row(0);
        assert_eq!(first[0].kind, Kind::Wire);
        assert_eq!(
            &chunk.bytes[first[1].start as usize..first[1].end as usize],
            "物".as_bytes()
        );
        assert_eq!(rows.row(1)[0], Cell::NULL);
        assert_eq!(rows.row(1)[1].start, rows.row(1)[1].end);
        let (start, end) = rows.spans[0];
        assert_eq!(start, 12);
        assert_eq!(end - start, 4 + 4 + 4 + 3);
    }

    #[test]
    fn a_key_is_its_rows_locator_even_where_it_is_not_given_out() {
        let fields = fields(&[true, false]);
        let decoder = Tuples::new(&fields, Locator::Key(1));
        let few = decoder.first_cells(1).expect("few");
        let mut chunk = Chunk {
            bytes: [
                tuple(&[Some(b"a"), Some(&(-2_i32).to_be_bytes())]),
                tuple(&[Some(b"b"), Some(&7_i32.to_be_bytes())]),
            ]
            .concat(),
            ..Chunk::default()
        };
        let mut rows = Rows::default();
        few.decode(&mut chunk, &mut rows).expect("whole");
        assert_eq!((rows.len(), rows.width), (2, 1));
        assert_eq!(rows.locators, [(-2_i64).cast_unsigned(), 7]);
        let (_, all) = decode(&decoder, chunk.bytes).expect("whole");
        assert_eq!((all.locators, all.spans), (rows.locators, rows.spans));
        let null = tuple(&[Some(b"a"), None]);
        assert!(decode(&decoder, null).is_err());
    }

    #[test]
    fn refuses_what_is_not_whole() {
        let decoder = Tuples::new(&fields(&[true]), Locator::None);
        let whole = tuple(&[Some(b"abc")]);
        for bytes in [
            whole[..whole.len() - 1].to_vec(),
            [&whole[..], &[0]].concat(),
            tuple(&[Some(b"a"), Some(b"b")]),
            tuple(&[]),
            tuple(&[Some(b"\xff")]),
            [0, 1, 0xff, 0xff, 0xff, 0xfe].to_vec(),
        ] {
            let failure = decode(&decoder, bytes).expect_err("not whole");
            assert_eq!(failure.code, Code::Malformed);
        }
        let failure = decode(&decoder, [whole.clone(), vec![9]].concat()).expect_err("cut");
        assert!(failure.why.contains("row 42"), "{failure}");
    }

    #[test]
    fn the_raw_form_names_types_and_how_they_come() {
        let form = |kinds: &[bool]| Tuples::new(&fields(kinds), Locator::None).raw_form();
        assert_eq!(
            form(&[false, true]).as_deref(),
            Some("pg-binary:v1:Int4,as text")
        );
        assert_ne!(form(&[false]), form(&[true]));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80), place in 0..3_usize) {
            let locator = [Locator::None, Locator::Ctid, Locator::Key(0)][place];
            let decoder = Tuples::new(&fields(&[false, true]), locator);
            if let Ok((chunk, rows)) = decode(&decoder, bytes) {
                let bytes = crate::source::Bytes::of(&chunk, &rows.cells);
                for cell in &rows.cells {
                    cell.raw(bytes);
                }
            }
        }
    }
}
