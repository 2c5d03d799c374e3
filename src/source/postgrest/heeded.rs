//! Whether the server looks at who asks. A gateway may take the token away, and
//! PostgREST itself knows no `sb_secret_` key: then its anonymous role answers, which
//! may see fewer rows, and its count holds no others.

use reqwest::header::AUTHORIZATION;

use super::Postgrest;
use super::access::Role;
use super::answer::Refusal;
use super::client::Request;
use super::columns;
use crate::error::{Code, Failure, Result};

/// Where a token is sent that does nothing, declaring a role is not enough.
const NO_TOKEN: &str = "look for what takes the token away between shadowgate and PostgREST; where \
    anybody may see every row, leave the token out and say so: role = \"NAME\" for this side";

impl Postgrest {
    /// What speaks against the rows being those that the role sees, which the keys
    /// stand for. Only a refusal of another key shows that somebody looked at ours (a
    /// gateway that looks at it and then takes it away is not to be seen from here).
    pub(super) async fn unheeded(&self) -> Result<Option<Failure>> {
        let has_token = self.access.headers.contains_key(AUTHORIZATION);
        let stands_for = has_token || matches!(self.access.role, Role::Named(_));
        if !stands_for || !self.answers_anybody(has_token).await? {
            return Ok(None);
        }
        let mut access = self.access.clone();
        access.role = Role::Unheeded;
        // Who sends a token has said more than that anybody sees every row.
        let declared = self.options.role.as_deref().filter(|_| !has_token);
        let doubt = access.may_hide_rows(declared);
        Ok(doubt.map(|failure| match has_token {
            true => Failure {
                next: NO_TOKEN.to_owned(),
                ..failure
            },
            false => failure,
        }))
    }

    async fn answers_anybody(&self, has_token: bool) -> Result<bool> {
        let request = Request {
            table: Some(&self.table),
            query: columns::no_rows(&self.select),
            stranger: Some(match has_token {
                true => ("authorization", "Bearer unknown"),
                false => ("apikey", "unknown"),
            }),
            ..Request::default()
        };
        match self.client.ask(&request).await {
            Ok(_) => Ok(true),
            Err(Refusal::Final(failure)) if failure.code == Code::Unauthorised => Ok(false),
            Err(refusal) => Err(refusal.failure()),
        }
    }
}
