//! What a command says beside its data, line by line: to the log as it comes,
//! and its last words into the failure, if it ends in one.

use std::collections::VecDeque;

use memchr::memchr;

use crate::secret::Secret;

/// So many last lines are kept, and so many characters of each are shown.
const KEPT: usize = 5;
const SHOWN: usize = 200;
/// Bytes of a line beyond these are dropped: some programs end no line.
const LONGEST: usize = 8 << 10;
/// Shorter values of `env` are words like any other, and hide too much.
const SHORTEST_SECRET: usize = 4;

/// A stream of text, cut into lines.
pub struct Lines {
    rest: Vec<u8>,
    last: VecDeque<String>,
    hidden: Vec<Secret>,
}

impl Lines {
    /// `hidden` never show.
    pub fn new<'a>(hidden: impl Iterator<Item = &'a Secret>) -> Lines {
        let long = hidden.filter(|secret| secret.expose().len() >= SHORTEST_SECRET);
        Lines {
            rest: Vec::new(),
            last: VecDeque::new(),
            hidden: long.cloned().collect(),
        }
    }

    /// Takes in some bytes and tells each line that ends in them.
    pub fn feed(&mut self, mut bytes: &[u8], mut tell: impl FnMut(&str)) {
        while let Some(end) = memchr(b'\n', bytes) {
            self.grow(&bytes[..end]);
            self.end(&mut tell);
            bytes = &bytes[end + 1..];
        }
        self.grow(bytes);
    }

    /// The text has ended, perhaps within a line.
    pub fn finish(&mut self, mut tell: impl FnMut(&str)) {
        if !self.rest.is_empty() {
            self.end(&mut tell);
        }
    }

    fn grow(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.rest.len());
        self.rest.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end(&mut self, tell: &mut impl FnMut(&str)) {
        let line = std::mem::take(&mut self.rest);
        let line = self.clean(&line);
        if line.trim().is_empty() {
            return;
        }
        tell(&line);
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(cut(&line, SHOWN));
    }

    /// A line as it can be shown: what a carriage return wrote over is gone, no
    /// secret is left, and nothing in it moves a cursor.
    pub fn clean(&self, line: &[u8]) -> String {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches('\r');
        let mut text = text.rsplit('\r').next().unwrap_or("").to_owned();
        for secret in &self.hidden {
            text = text.replace(secret.expose(), "***");
        }
        text.chars().fold(String::new(), |mut clean, char| {
            match char.is_control() && char != '\t' {
                true => clean.extend(char.escape_default()),
                false => clean.push(char),
            }
            clean
        })
    }

    /// The last lines, one below the other, as the end of a sentence.
    pub fn last_words(&self) -> String {
        match self.last.is_empty() {
            true => "; it said nothing on stderr".to_owned(),
            false => {
                let lines: Vec<&str> = self.last.iter().map(String::as_str).collect();
                format!("; its last words on stderr: {}", lines.join("\n  "))
            }
        }
    }
}

/// The beginning of a text.
pub fn cut(text: &str, count: usize) -> String {
    match text.char_indices().nth(count) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &mut Lines, chunks: &[&[u8]]) -> Vec<String> {
        let mut told = Vec::new();
        for chunk in chunks {
            lines.feed(chunk, |line| told.push(line.to_owned()));
        }
        lines.finish(|line| told.push(line.to_owned()));
        told
    }

    #[test]
    fn lines_are_told_whole_and_clean() {
        let secret = Secret::new("hunter2");
        let mut lines = Lines::new([&secret, &Secret::new("in")].into_iter());
        let chunks: [&[u8]; 4] = [
            b"one\r\ntw",
            b"o\n\n 10%\r 20%\rdone\n",
            b"key=hunter2 in \x1b[2Jred\n",
            b"\xe7\xff last",
        ];
        assert_eq!(
            told(&mut lines, &chunks),
            [
                "one",
                "two",
                "done",
                "key=*** in \\u{1b}[2Jred",
                "\u{fffd}\u{fffd} last"
            ]
        );
    }

    #[test]
    fn only_the_last_are_kept_and_long_ones_cut() {
        let mut lines = Lines::new([].into_iter());
        let many: String = (0..100).map(|number| format!("line {number}\n")).collect();
        told(&mut lines, &[many.as_bytes(), "物".repeat(300).as_bytes()]);
        let words = lines.last_words();
        assert!(
            words.starts_with("; its last words on stderr: line 96\n"),
            "{words}"
        );
        assert!(words.ends_with(&format!("\n  {}…", "物".repeat(SHOWN))));
        let endless = vec![b'x'; 1 << 20];
        assert_eq!(told(&mut lines, &[&endless, &endless])[0].len(), LONGEST);
        assert!(Lines::new([].into_iter()).last_words().contains("nothing"));
    }
}
