//! Asks all sides at once, each on a thread of its own and each for so long and
//! no longer: whoever does not answer in time is left behind, and that is told.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::error::{Code, Failure, Result, Side};
use crate::plan::DatasetSpec;
use crate::source::facts::Facts;
use crate::source::location::Spec;
use crate::source::{self, Context, Identity, Limits, Location, Schema, Want};
use crate::stop::Stop;

/// For each of the two steps of a side: opening it, and asking for the rest.
const LIMIT: Duration = Duration::from_secs(4);
/// So that what is late is told as such by the source, which knows why.
const MARGIN: Duration = Duration::from_millis(500);
/// How often a wait looks up.
const GLANCE: Duration = Duration::from_millis(50);
/// About how many requests a step of a PostgREST side takes.
const REQUESTS: u32 = 3;

/// What came of asking one side.
pub struct Probed {
    pub location: Location,
    pub identity: Identity,
    pub schema: Result<Schema>,
    pub facts: Facts,
    /// How many columns a verification would read.
    pub wanted: usize,
    /// Rows can be read again one by one, so that they need not be kept.
    pub locates: bool,
    /// Some facts did not come in time.
    pub late: bool,
}

struct Opened {
    identity: Identity,
    schema: Result<Schema>,
    /// Nothing more is to be heard of it.
    gone: bool,
}

struct Told {
    identity: Identity,
    facts: Facts,
    locates: bool,
}

enum Answer {
    Opened(Box<Opened>),
    Told(Box<Told>),
}

/// A side that is being asked.
pub struct Probe {
    location: Location,
    answers: Receiver<Answer>,
    wants: Sender<Vec<Want>>,
    opened: Option<Opened>,
    stop: Stop,
}

/// How long each of the two steps may take. A rate limit is kept, and takes the
/// time that it takes.
pub fn limit(specs: &[DatasetSpec], limits: &Limits) -> Duration {
    let sides = specs.iter().flat_map(|spec| &spec.sides);
    let rest = sides.filter(|side| matches!(side.source.location, Location::Rest(_)));
    let requests = rest.count() as u32 * REQUESTS;
    let turns = limits
        .rate
        .map(|rate| rate.per * requests / rate.count.max(1));
    LIMIT + turns.unwrap_or_default()
}

impl Probe {
    /// Begins to open a side.
    pub fn start(spec: &DatasetSpec, side: Side, context: &Context, limit: Duration) -> Probe {
        let spec = hurried(&spec.sides[side.index()].source);
        let context = patient_only(context, limit * 2 - MARGIN);
        let (answer, answers) = channel();
        let (wants, wanted) = channel();
        let location = spec.location.clone();
        let stop = context.stop.clone();
        std::thread::spawn(move || ask(&spec, &context, &answer, &wanted));
        Probe {
            location,
            answers,
            wants,
            opened: None,
            stop,
        }
    }

    /// Waits until then for the side to open.
    pub fn open(&mut self, until: Instant, limit: Duration) -> &Result<Schema> {
        let opened = match self.wait(until) {
            Ok(Answer::Opened(opened)) => *opened,
            other => Opened {
                identity: self.described(),
                schema: Err(no_answer(other.err(), limit)),
                gone: true,
            },
        };
        &self.opened.insert(opened).schema
    }

    /// Asks for what else there is to tell, in view of the columns to read.
    pub fn ask(&self, wants: Vec<Want>) {
        // Where nobody listens any more, nothing will be told: that shows then.
        let _ = self.wants.send(wants);
    }

    /// Waits until then for what there is to tell.
    pub fn told(mut self, until: Instant, wanted: usize) -> Probed {
        let opened = self.opened.take().unwrap_or_else(|| Opened {
            identity: self.described(),
            schema: Err(Failure::new(Code::Internal, "it was not opened first", "")),
            gone: true,
        });
        let Opened {
            identity,
            schema,
            gone,
        } = opened;
        let until = if gone { Instant::now() } else { until };
        let told = match self.wait(until) {
            Ok(Answer::Told(told)) => Some(*told),
            _ => None,
        };
        let late = told.is_none();
        let told = told.unwrap_or(Told {
            identity,
            facts: Facts::default(),
            locates: false,
        });
        Probed {
            location: self.location,
            identity: told.identity,
            schema,
            facts: told.facts,
            wanted,
            locates: told.locates,
            late,
        }
    }

    /// The next answer, unless it comes too late or the run is told to stop.
    fn wait(&self, until: Instant) -> Result<Answer, RecvTimeoutError> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let answer = self.answers.recv_timeout(left.min(GLANCE));
            let waits = matches!(answer, Err(RecvTimeoutError::Timeout));
            if !waits || left <= GLANCE || self.stop.cause().is_some() {
                return answer;
            }
        }
    }

    fn described(&self) -> Identity {
        described(&self.location)
    }
}

fn described(location: &Location) -> Identity {
    Identity {
        location: location.to_string(),
        ..Identity::default()
    }
}

/// What runs on the side's thread. Whoever waited may be gone by then.
fn ask(spec: &Spec, context: &Context, answer: &Sender<Answer>, wanted: &Receiver<Vec<Want>>) {
    let unopened = source::not_to_be_opened(spec);
    let mut source = match unopened.map_or_else(|| source::open(spec, context), Err) {
        Ok(source) => source,
        Err(failure) => {
            let opened = Opened {
                identity: described(&spec.location),
                schema: Err(failure),
                gone: false,
            };
            let told = Told {
                identity: described(&spec.location),
                facts: Facts::default(),
                locates: false,
            };
            let _ = answer.send(Answer::Opened(Box::new(opened)));
            let _ = answer.send(Answer::Told(Box::new(told)));
            return;
        }
    };
    let schema = source.schema();
    let opened = Opened {
        identity: source.identity(),
        schema,
        gone: false,
    };
    if answer.send(Answer::Opened(Box::new(opened))).is_err() {
        return;
    }
    if let Ok(wants) = wanted.recv() {
        let facts = source.facts(&wants);
        let told = Told {
            identity: source.identity(),
            facts,
            locates: source.locates(),
        };
        let _ = answer.send(Answer::Told(Box::new(told)));
    }
}

/// The same side with less patience: a check-up waits for nobody.
fn hurried(spec: &Spec) -> Spec {
    let most = LIMIT - MARGIN;
    // Zero stands for no limit.
    let cut = |limit: Duration| match limit.is_zero() {
        true => most,
        false => limit.min(most),
    };
    Spec {
        connect_timeout: cut(spec.connect_timeout),
        statement_timeout: cut(spec.statement_timeout),
        lock_timeout: cut(spec.lock_timeout),
        ..spec.clone()
    }
}

/// The run's own rate limit; nothing is asked twice, and all ends in time.
fn patient_only(context: &Context, time: Duration) -> Context {
    let limits = Limits {
        retries: 0,
        breaker_threshold: 0,
        request_timeout: context.limits.request_timeout.min(LIMIT - MARGIN),
        ..context.limits.clone()
    };
    let own = Context::new(context.stop.sooner(Instant::now() + time), limits);
    Context {
        throttle: context.throttle.clone(),
        ..own
    }
}

fn no_answer(error: Option<RecvTimeoutError>, limit: Duration) -> Failure {
    match error {
        Some(RecvTimeoutError::Timeout) => Failure::new(
            Code::Timeout,
            format!("no answer within {:.0} s", limit.as_secs_f64()),
            "check the network, and what keeps the server busy",
        )
        .transient(),
        _ => Failure::new(
            Code::Internal,
            "looking at this side stopped by a mistake in shadowgate",
            "report this with what stands above",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Rate;

    fn spec(location: &str) -> Spec {
        Spec::new(Location::parse(location).expect("a location"))
    }

    #[test]
    fn a_check_up_has_less_patience_and_never_more() {
        let mut side = spec("postgres://u@h/d");
        side.connect_timeout = Duration::ZERO;
        side.lock_timeout = Duration::from_millis(10);
        let hurried = hurried(&side);
        assert!(hurried.connect_timeout < LIMIT && !hurried.connect_timeout.is_zero());
        assert!(hurried.statement_timeout < LIMIT);
        assert_eq!(hurried.lock_timeout, side.lock_timeout);
    }

    #[test]
    fn the_rate_limit_takes_its_time() {
        let side = |location| crate::plan::SideSpec {
            source: spec(location),
            rename: Default::default(),
            sync: None,
        };
        let dataset = DatasetSpec {
            sides: [side("old.csv"), side("https://x.example/rest/v1")],
            ..super::super::testing::dataset()
        };
        let slow = Limits {
            rate: Some(Rate {
                count: 1,
                per: Duration::from_secs(2),
            }),
            ..Limits::default()
        };
        let specs = [dataset];
        assert_eq!(limit(&specs, &Limits::default()), LIMIT);
        assert_eq!(limit(&specs, &slow), LIMIT + Duration::from_secs(6));
    }

    #[test]
    fn who_does_not_answer_is_left_behind() {
        let (_answer, answers) = channel();
        let (wants, _wanted) = channel();
        let mut probe = Probe {
            location: Location::parse("old.csv").expect("a file"),
            answers,
            wants,
            opened: None,
            stop: Stop::default(),
        };
        let soon = || Instant::now() + Duration::from_millis(20);
        let failure = probe.open(soon(), LIMIT).clone().unwrap_err();
        assert_eq!(failure.code, Code::Timeout);
        assert!(failure.why.contains("no answer within 4 s"), "{failure}");
        let probed = probe.told(soon(), 0);
        assert!(probed.late && probed.schema.is_err());
    }

    #[test]
    fn a_signal_ends_the_waiting() {
        let (_answer, answers) = channel();
        let (wants, _wanted) = channel();
        let stop = Stop::default();
        stop.tell(crate::stop::Cause::Interrupted);
        let mut probe = Probe {
            location: Location::parse("old.csv").expect("a file"),
            answers,
            wants,
            opened: None,
            stop,
        };
        let far = Instant::now() + Duration::from_secs(3600);
        assert!(probe.open(far, LIMIT).is_err());
        assert!(probe.told(far, 0).late);
    }
}
