//! How far a standby is behind the server that it is a copy of.

use std::time::Duration;

/// What a standby could tell of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lag {
    /// It is behind by so much at most; `None`: it cannot tell.
    pub most: Option<Duration>,
    /// What it has received and not replayed.
    pub bytes: Option<u64>,
}

impl Lag {
    /// The larger of two; what one of them could not tell is not known.
    pub fn worst(self, other: Lag) -> Lag {
        Lag {
            most: self.most.zip(other.most).map(|(one, other)| one.max(other)),
            bytes: self.bytes.max(other.bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_look_could_not_tell_is_not_known() {
        let lag = |millis: u64, bytes| Lag {
            most: Some(Duration::from_millis(millis)),
            bytes: Some(bytes),
        };
        assert_eq!(lag(5, 1).worst(lag(3, 9)), lag(5, 9));
        assert_eq!(lag(5, 1).worst(Lag::default()).most, None);
        assert_eq!(lag(5, 1).worst(Lag::default()).bytes, Some(1));
    }
}
