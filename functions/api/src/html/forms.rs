//! What the handlers of all forms share. That a form comes from a page of ours was seen to before.

use axum::{
    Form,
    extract::rejection::FormRejection,
    response::{IntoResponse, Redirect, Response},
};

use crate::Problem;

/// What a form holds.
pub(super) fn read<T>(form: Result<Form<T>, FormRejection>) -> Result<T, Problem> {
    let unreadable =
        |refusal: FormRejection| Problem::new(refusal.status(), "The form cannot be read: fill it in again.");
    form.map(|Form(form)| form).map_err(unreadable)
}

/// To the page that shows what came of a form, so that loading it again sends nothing again.
pub(super) fn go_to(address: &str) -> Response {
    Redirect::to(address).into_response()
}
