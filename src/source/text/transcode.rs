//! From a named encoding to UTF-8, strictly: a byte sequence that is not of the
//! encoding ends the read, since a replacement character would make two
//! different cells equal.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding};

use super::Origin;
use super::encoding::shown;
use crate::error::{Code, Failure};

const INPUT: usize = 64 << 10;

pub(super) struct Transcoder {
    encoding: &'static Encoding,
    decoder: Decoder,
    input: Vec<u8>,
    output: Vec<u8>,
    /// How much of the output has been handed out.
    given: usize,
    /// Input bytes decoded, and line ends seen in what became of them.
    offset: u64,
    lines: u64,
    ended: bool,
}

impl Transcoder {
    /// Starts at `offset`, behind a byte order mark.
    pub(super) fn new(encoding: &'static Encoding, offset: u64) -> Self {
        Transcoder {
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            input: vec![0; INPUT],
            output: Vec::new(),
            given: 0,
            offset,
            lines: 0,
            ended: false,
        }
    }

    /// A reader of the text that `bytes` hold.
    pub(super) fn over<'a, R: Read>(
        &'a mut self,
        bytes: &'a mut R,
        origin: &'a Origin,
    ) -> Transcoding<'a, R> {
        Transcoding {
            transcoder: self,
            bytes,
            origin,
        }
    }

    /// Decodes the next piece of input; an empty one is its end.
    fn decode(&mut self, len: usize, origin: &Origin) -> io::Result<()> {
        self.ended = len == 0;
        let room = self
            .decoder
            .max_utf8_buffer_length_without_replacement(len)
            .ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
        self.output.resize(room, 0);
        self.given = 0;
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.input[..len],
            &mut self.output,
            self.ended,
        );
        self.output.truncate(written);
        self.offset += read as u64;
        self.lines += memchr::memchr_iter(b'\n', &self.output).count() as u64;
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::OutputFull => Err(io::Error::other(Failure::new(
                Code::Internal,
                format!("{}: the decoder's output did not fit", origin.name()),
                "report this as a bug",
            ))),
            DecoderResult::Malformed(bad, after) => {
                Err(io::Error::other(self.malformed(bad, after, origin)))
            }
        }
    }

    fn malformed(&self, bad: u8, after: u8, origin: &Origin) -> Failure {
        let byte = self.offset - u64::from(bad) - u64::from(after);
        let line = self.lines + 1;
        Failure::new(
            Code::Malformed,
            format!(
                "{}: line {line}, byte {byte}: what stands here is not {}",
                origin.name(),
                shown(self.encoding)
            ),
            "set encoding to the file's encoding, or repair the file",
        )
    }
}

/// A transcoder with its input.
pub(super) struct Transcoding<'a, R> {
    transcoder: &'a mut Transcoder,
    bytes: &'a mut R,
    origin: &'a Origin,
}

impl<R: Read> Read for Transcoding<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let state = &mut *self.transcoder;
        while state.given == state.output.len() && !state.ended {
            let len = self.bytes.read(&mut state.input)?;
            state.decode(len, self.origin)?;
        }
        let rest = &state.output[state.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        state.given += count;
        Ok(count)
    }
}
