//! What goes wrong, where and how often: plain values that a test can print.

use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The connection is closed, as by a server that ends.
    Cut,
    /// The connection is reset, as by a router that forgot it. What the client has
    /// not read yet is lost too.
    Reset,
    /// Nothing more is passed on, and nothing is closed.
    Stall,
    /// Passing on waits so long, once a connection.
    Delay(Duration),
    /// The client gets this answer; its request is not passed on.
    Answer(Response),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    pub status: u16,
    /// `Content-Length` is added unless they say how long the body is.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    /// Its bytes; the body is left out where it answers `HEAD`.
    pub(super) fn render(&self, request: &str) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Planned\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let says = |wanted: &str| {
            self.headers
                .iter()
                .any(|(it, _)| it.eq_ignore_ascii_case(wanted))
        };
        if !says("content-length") && !says("transfer-encoding") {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        if !request.starts_with("HEAD ") {
            head += &self.body;
        }
        head.into_bytes()
    }
}

/// Where it goes wrong. Bytes are those of the server's answers that were passed on.
#[derive(Clone, Debug, PartialEq)]
pub enum At {
    /// As soon as so many were passed on over one connection.
    Byte(u64),
    /// As soon as so many were passed on over all connections; from then on each
    /// connection meets it at once.
    Total(u64),
    /// At the k-th request (from 1) over all connections, and those after it.
    Request(u64),
}

/// What is to go wrong; by default nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    fault: Fault,
    at: At,
    /// Counts only requests whose first line contains it.
    text: &'static str,
    /// How many of them it has seen.
    seen: u64,
    /// How often it may still happen.
    times: u64,
}

/// How far the answers of one connection have come.
#[derive(Default)]
pub(super) struct Progress {
    sent: u64,
    /// The rules that it has met.
    met: Vec<usize>,
}

impl Plan {
    /// Once, unless `times` or `forever` follows.
    pub fn new(fault: Fault, at: At) -> Plan {
        assert!(
            matches!(at, At::Request(_)) || !matches!(fault, Fault::Answer(_)),
            "only a request can be answered"
        );
        let rule = Rule {
            fault,
            at,
            text: "",
            seen: 0,
            times: 1,
        };
        Plan { rules: vec![rule] }
    }

    /// An answer of our own to the k-th request.
    pub fn answer(k: u64, status: u16, headers: &[(&str, &str)], body: &str) -> Plan {
        let own = |(name, value): &(&str, &str)| (String::from(*name), String::from(*value));
        let response = Response {
            status,
            headers: headers.iter().map(own).collect(),
            body: body.to_owned(),
        };
        Plan::new(Fault::Answer(response), At::Request(k))
    }

    /// Counts only requests whose first line contains this.
    pub fn only(mut self, text: &'static str) -> Plan {
        self.rules.iter_mut().for_each(|rule| rule.text = text);
        self
    }

    pub fn times(mut self, times: u64) -> Plan {
        self.rules.iter_mut().for_each(|rule| rule.times = times);
        self
    }

    pub fn forever(self) -> Plan {
        self.times(u64::MAX)
    }

    /// Both; where they meet, the first.
    pub fn and(mut self, other: Plan) -> Plan {
        self.rules.extend(other.rules);
        self
    }

    /// One fault of the seed's choice, at a byte or request of the seed's choice in
    /// a run that has so many (`Proxy::bytes`, `Proxy::requests` of an undisturbed
    /// one). Without requests it is not HTTP, and none is answered.
    pub fn seeded(seed: u64, bytes: u64, requests: u64) -> Plan {
        let mut random = Random(seed);
        let kinds = if requests == 0 { 4 } else { 6 };
        let fault = match random.below(kinds) {
            0 => Fault::Cut,
            1 => Fault::Reset,
            2 => Fault::Stall,
            3 => Fault::Delay(Duration::from_millis(random.below(300))),
            _ => return Plan::refusal(&mut random, requests),
        };
        Plan::new(fault, At::Total(random.below(bytes.max(1))))
    }

    fn refusal(random: &mut Random, requests: u64) -> Plan {
        const STATUSES: [u16; 4] = [429, 502, 503, 504];
        let status = STATUSES[random.below(4) as usize];
        let k = 1 + random.below(requests);
        let page = "<html><body>a gateway's page</body></html>";
        Plan::answer(k, status, &[("Content-Type", "text/html")], page)
    }

    /// How many of the next `len` bytes of answers pass before something goes wrong,
    /// and what. `total` were passed on over all connections.
    pub(super) fn bytes(
        &mut self,
        total: u64,
        progress: &mut Progress,
        len: u64,
    ) -> (u64, Option<Fault>) {
        let distance = |rule: &Rule| match rule.at {
            At::Byte(at) => at.checked_sub(progress.sent),
            At::Total(at) => Some(at.saturating_sub(total)),
            At::Request(_) => None,
        };
        let rules = self.rules.iter().enumerate();
        let open = rules.filter(|(index, rule)| rule.times > 0 && !progress.met.contains(index));
        let next = open.filter_map(|(index, rule)| Some((distance(rule)?, index)));
        let Some((distance, index)) = next.min().filter(|(distance, _)| *distance <= len) else {
            progress.sent += len;
            return (len, None);
        };
        progress.sent += distance;
        progress.met.push(index);
        (distance, Some(self.fire(index)))
    }

    /// What goes wrong at the next request.
    pub(super) fn request(&mut self, line: &str) -> Option<Fault> {
        let mut due = None;
        for (index, rule) in self.rules.iter_mut().enumerate() {
            let At::Request(k) = rule.at else { continue };
            rule.seen += u64::from(line.contains(rule.text));
            let counts = line.contains(rule.text) && rule.seen >= k && rule.times > 0;
            due = due.or(counts.then_some(index));
        }
        due.map(|index| self.fire(index))
    }

    fn fire(&mut self, index: usize) -> Fault {
        let rule = &mut self.rules[index];
        rule.times -= 1;
        rule.fault.clone()
    }
}

/// SplitMix64: from the same seed the same numbers, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
