//! What the old side is asked before it is compared, in the order in which an
//! engineer would: each answer is told as soon as it is there, and one that
//! cannot be had stops no other.

use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Hears;
use super::scan::{self, Scanned};
use crate::error::{Code, Failure, Result, Side};
use crate::plan::{DatasetSpec, SideSpec, TypedTime};
use crate::report::rollback::{Check, CheckName};
use crate::source::ask::{Answer, Moment, Question};
use crate::source::{self, Context, Location, Schema, Source};
use crate::stop::Cause;

/// The questions of a dataset to its old side.
pub struct Questions<'a> {
    spec: &'a DatasetSpec,
    context: &'a Context,
    /// `None` before it is opened, and after an answer that took it along.
    source: Option<(Box<dyn Source>, Schema)>,
    /// What reading all rows told, where the source itself tells nothing.
    scanned: Option<Result<Scanned>>,
    since: Option<(TypedTime, Moment)>,
}

/// A question, and what is told of it.
struct Asked {
    name: CheckName,
    of: Option<String>,
    question: Question,
}

impl<'a> Questions<'a> {
    pub fn new(spec: &'a DatasetSpec, context: &'a Context) -> Self {
        Questions {
            spec,
            context,
            source: None,
            scanned: None,
            since: since(spec),
        }
    }

    /// Asks everything. Without the source there is nothing to ask, and why not
    /// is the comparison's to tell.
    pub fn ask(mut self, hears: &dyn Hears) -> Vec<Check> {
        // A command is run for the comparison alone.
        if matches!(self.side().source.location, Location::Command(..)) {
            return Vec::new();
        }
        if let Err(failure) = self.open() {
            tracing::debug!(%failure, "the old side cannot be asked");
            return Vec::new();
        }
        let mut checks = Vec::new();
        for asked in self.all() {
            let begun = Instant::now();
            let answer = self.answer(&asked.question);
            let answer = answer.map_err(|failure| self.out_of_time().unwrap_or(failure));
            let check = told(asked, answer, begun);
            hears.check(&self.spec.name, &check);
            checks.push(check);
        }
        checks
    }

    fn open(&mut self) -> Result<&mut (Box<dyn Source>, Schema)> {
        if self.source.is_none() {
            self.context.stop.check()?;
            let mut source = source::open(&self.side().source, self.context)?;
            let schema = source.schema()?;
            self.source = Some((source, schema));
        }
        self.source.as_mut().ok_or_else(|| {
            let why = "the old side was opened and is not there";
            Failure::new(Code::Internal, why, "")
        })
    }

    fn side(&self) -> &'a SideSpec {
        &self.spec.sides[Side::Old.index()]
    }

    fn all(&self) -> Vec<Asked> {
        let rollback = &self.spec.rollback;
        let own = |name: &String| own_name(self.side(), name);
        let group = rollback.group_by.as_ref().map(|name| Asked {
            name: CheckName::RowsByGroup,
            of: Some(name.clone()),
            question: Question::CountBy(own(name)),
        });
        let query = |name, what: &str, text: &Option<String>| {
            let text = text.clone()?;
            Some(Asked {
                name,
                of: None,
                question: Question::Rows {
                    text,
                    name: format!("rollback.{what}"),
                },
            })
        };
        let [state, stop] = [
            query(CheckName::SyncState, "sync_state", &rollback.sync_state),
            query(
                CheckName::EmergencyStop,
                "emergency_stop",
                &rollback.emergency_stop,
            ),
        ];
        let rows = Asked {
            name: CheckName::Rows,
            of: None,
            question: Question::Count,
        };
        let asked = [
            Some(rows),
            self.repeated(),
            group,
            state,
            stop,
            self.changed(),
        ];
        asked.into_iter().flatten().collect()
    }

    /// By the dataset's key, else the source's own.
    fn repeated(&self) -> Option<Asked> {
        let declared = || self.source.as_ref()?.1.key.clone();
        let named = self.spec.key.as_ref().map(|key| {
            let own = key.iter().map(|name| own_name(self.side(), name));
            own.collect()
        });
        Some(Asked {
            name: CheckName::DuplicateKeys,
            of: None,
            question: Question::Repeated(named.or_else(declared)?),
        })
    }

    fn changed(&self) -> Option<Asked> {
        let (since, moment) = self.since.as_ref()?;
        let name = self.spec.rollback.updated_at.as_ref()?;
        Some(Asked {
            name: CheckName::ChangedSince,
            of: Some(super::local(since.instant)),
            question: Question::Since {
                column: own_name(self.side(), name),
                moment: moment.clone(),
            },
        })
    }

    fn answer(&mut self, question: &Question) -> Result<Answer> {
        let (source, _) = self.open()?;
        match source.ask(question) {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => self.scan(question),
            Err(failure) => {
                // A server may have ended the session with its error.
                self.source = None;
                Err(failure)
            }
        }
    }

    /// Questions have a part of the time only: the rest is for the comparison.
    fn out_of_time(&self) -> Option<Failure> {
        let over = self.context.stop.cause() == Some(Cause::Deadline);
        let why = "there was no more time for questions";
        over.then(|| Failure::new(Code::Timeout, why, "give a longer --deadline"))
    }

    /// A file answers nothing: its rows are read, once for all questions.
    fn scan(&mut self, question: &Question) -> Result<Answer> {
        if self.scanned.is_none() {
            self.scanned = Some(self.scanned());
        }
        match &self.scanned {
            Some(Ok(scanned)) => scanned.answer(question),
            Some(Err(failure)) => Err(failure.clone()),
            None => Err(Failure::new(Code::Internal, "nothing was read", "")),
        }
    }

    fn scanned(&mut self) -> Result<Scanned> {
        let spec = self.spec;
        let since = self.since.as_ref().map(|(_, moment)| moment.clone());
        let stop = &self.context.stop;
        let (source, schema) = self.open()?;
        scan::scan(spec, source.as_mut(), schema, since.as_ref(), stop)
    }
}

/// When changed rows are counted from. It was read before, when the run was planned.
fn since(spec: &DatasetSpec) -> Option<(TypedTime, Moment)> {
    let rollback = &spec.rollback;
    let (text, name) = (rollback.since.as_ref()?, rollback.updated_at.as_ref()?);
    let since = TypedTime::parse(text, Timestamp::now(), &TimeZone::system()).ok()?;
    let rules = spec.rules.get(name).or_else(|| spec.rules.get("*"));
    let moment = since.moment(rules);
    Some((since, moment))
}

/// What a column of the report is called in its source.
fn own_name(side: &SideSpec, name: &str) -> String {
    let mut renames = side.rename.iter();
    let own = renames.find(|(_, report)| *report == name);
    own.map_or(name, |(own, _)| own).to_owned()
}

fn told(asked: Asked, answer: Result<Answer>, begun: Instant) -> Check {
    let failed = answer.as_ref().err().map(|failure| failure.why.clone());
    let answer = answer.unwrap_or_default();
    let rows = matches!(asked.question, Question::CountBy(_) | Question::Rows { .. });
    Check {
        name: asked.name,
        of: asked.of,
        seconds: begun.elapsed().as_secs_f64(),
        number: answer.as_number().filter(|_| !rows),
        columns: if rows { answer.columns } else { Vec::new() },
        rows: if rows { answer.rows } else { Vec::new() },
        cut: answer.cut,
        failed,
    }
}
