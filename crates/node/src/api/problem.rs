//! Errors as problem documents (RFC 9457).

use super::query::MAX_LIMIT;
use crate::error::Error;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::fmt::Display;
use utoipa::ToSchema;

/// Why a request is not answered. Its content type is `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What kind of problem it is, as a URN.
    #[serde(rename = "type")]
    #[schema(example = "urn:bondstone:problem:bad-parameter")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The status code of the answer.
    status: u16,
    /// What was wrong with this request.
    detail: String,
    /// The parameter that was wrong, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    parameter: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, name: &str, title: &'static str, detail: String) -> Self {
        let kind = format!("urn:bondstone:problem:{name}");
        Self { kind, title, status: status.as_u16(), detail, parameter: None }
    }

    fn of(self, parameter: &str) -> Self {
        Self { parameter: Some(parameter.to_owned()), ..self }
    }

    /// A parameter that does not fit.
    pub(crate) fn parameter(name: &str, detail: String) -> Self {
        let title = "A parameter does not fit";
        Self::new(StatusCode::BAD_REQUEST, "bad-parameter", title, detail).of(name)
    }

    /// A page size that nobody gets.
    pub(crate) fn limit(text: &str) -> Self {
        let detail = format!("`{text}` is not a number from 1 to {MAX_LIMIT}");
        Self::parameter("limit", detail)
    }

    /// Something that does not exist at this address.
    pub(crate) fn unknown(what: &str, address: impl Display) -> Self {
        let detail = format!("there is no {what} {address} at this block");
        Self::missing(detail).of("address")
    }

    /// A programme of which no distribution is there.
    pub(crate) fn programme(id: &str) -> Self {
        Self::missing(format!("there is no distribution of a programme `{id}`")).of("id")
    }

    fn missing(detail: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "It does not exist", detail)
    }

    /// A block that is not in the chain.
    pub(crate) fn block(parameter: &str, error: &Error) -> Self {
        let title = "The block does not exist";
        Self::new(StatusCode::NOT_FOUND, "unknown-block", title, error.to_string()).of(parameter)
    }

    /// A path that the API does not have.
    pub(crate) fn no_path(path: &str) -> Self {
        let detail = format!("there is nothing at {path}; /v1/openapi.json tells what there is");
        Self::missing(detail)
    }

    /// Another method than GET.
    pub(crate) fn method() -> Self {
        let detail = "the paths under /v1 answer GET and HEAD".to_owned();
        let title = "The method is not allowed";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", title, detail)
    }

    /// More streams of events than the node keeps up.
    pub(crate) fn busy(limit: usize) -> Self {
        let detail = format!("{limit} streams of events are open already");
        let title = "The node is busy";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title, detail)
    }

    /// An answer that took too long.
    pub(crate) fn late(seconds: f64) -> Self {
        let detail = format!("the answer was not ready after {seconds} seconds");
        let title = "The answer takes too long";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", title, detail)
    }

    /// A fault of the node.
    pub(crate) fn internal(error: &dyn Display) -> Self {
        tracing::error!("the API cannot answer: {error}");
        let title = "The node is at fault";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", title, error.to_string())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
        let text = serde_json::to_string(&self).unwrap_or_else(|_| self.detail.clone());
        (status, headers, text).into_response()
    }
}
