//! Chunks, headers and trailers without a server.

use super::*;

/// Keeps what it is given, up to a number of chunks.
#[derive(Default)]
struct Kept {
    chunks: Vec<Chunk>,
    limit: Option<usize>,
}

impl Sink for Kept {
    fn buffer(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn push(&mut self, chunk: Chunk) -> ControlFlow<()> {
        self.chunks.push(chunk);
        match self.limit == Some(self.chunks.len()) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

fn header() -> Vec<u8> {
    [SIGNATURE, &[0; 8]].concat()
}

#[test]
fn takes_rows_between_header_and_trailer() {
    let mut kept = Kept::default();
    let mut feed = Feed::new(&mut kept);
    feed.accept(&[header(), vec![0, 1, 9]].concat())
        .expect("header and row");
    feed.accept(&[0, 1, 8]).expect("row");
    feed.accept(TRAILER).expect("trailer");
    let left = feed.finish("here").expect("whole");
    let receipt = feed.receipt(&left);
    assert_eq!((receipt.rows, receipt.bytes), (Some(2), 27));
    assert_eq!(kept.chunks.len(), 1);
    assert_eq!(kept.chunks[0].bytes, [0, 1, 9, 0, 1, 8]);
}

/// A server may send the header long before it has a row.
#[test]
fn a_header_is_no_first_row() {
    let mut kept = Kept::default();
    let mut feed = Feed::new(&mut kept);
    feed.accept(&header()).expect("a header alone");
    assert_eq!(feed.first_row, None);
    feed.accept(&[0, 1, 9]).expect("row");
    let first = feed.first_row.expect("a row came");
    feed.accept(&[0, 1, 8]).expect("row");
    assert_eq!(feed.first_row, Some(first));
}

#[test]
fn an_empty_table_has_no_chunk() {
    let mut kept = Kept::default();
    let mut feed = Feed::new(&mut kept);
    feed.accept(&[&header(), TRAILER].concat()).expect("both");
    assert!(feed.finish("here").is_ok());
    assert_eq!(feed.first_row, None);
    assert_eq!(feed.rows, 0);
    assert!(kept.chunks.is_empty());
}

#[test]
fn no_trailer_is_a_cut_stream() {
    let mut kept = Kept::default();
    let mut feed = Feed::new(&mut kept);
    let nothing = feed.finish("here").expect_err("cut");
    assert_eq!((nothing.code, nothing.transient), (Code::SourceCut, true));
    feed.accept(&[header(), vec![0, 1, 9]].concat())
        .expect("header and row");
    assert_eq!(feed.finish("here").expect_err("cut").code, Code::SourceCut);
}

#[test]
fn refuses_another_format() {
    let header = header();
    let mut oids = header.clone();
    oids[12] = 1;
    let mut extended = header.clone();
    extended[18] = 4;
    for message in [&b""[..], b"1\tone\n", &header[..18], &oids, &extended] {
        let mut kept = Kept::default();
        assert!(Feed::new(&mut kept).accept(message).is_err());
    }
    let mut kept = Kept::default();
    let mut feed = Feed::new(&mut kept);
    feed.accept(&[&header[..], TRAILER].concat())
        .expect("empty");
    assert!(feed.accept(&[0, 1]).is_err(), "bytes after the trailer");
    let mut kept = Kept::default();
    assert!(
        Feed::new(&mut kept)
            .accept(&[&header[..], TRAILER, &[0]].concat())
            .is_err()
    );
}

#[test]
fn skips_an_extension_and_bases_chunks_on_rows() {
    let mut kept = Kept::default();
    let mut feed = Feed::new(&mut kept);
    let mut extended = header();
    extended[18] = 2;
    feed.accept(&[extended, vec![7, 7, 0, 1, 9]].concat())
        .expect("extension");
    assert_eq!(feed.flush(), ControlFlow::Continue(()));
    feed.accept(&[0, 1, 8]).expect("row");
    feed.accept(TRAILER).expect("trailer");
    assert!(feed.finish("here").is_ok());
    assert_eq!(kept.chunks[0].bytes, [0, 1, 9]);
    assert_eq!((kept.chunks[0].base, kept.chunks[1].base), (0, 1));
}
