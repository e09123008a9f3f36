//! Commands that apply one action to each object.

use std::fmt;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::api::ApiRequest;

use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::subject::{Finder, Found, Thing};

/// The action on each object. An error of one object is printed, and the next one follows.
pub(super) trait Action: fmt::Debug + Send {
    /// The request for this object; `None` if there is nothing to do.
    fn request(&mut self, thing: &mut Thing, desk: &mut Desk<'_>) -> Result<Option<ApiRequest>, Failure>;

    /// Takes the answer, prints, and may return a further request.
    fn answered(
        &mut self,
        thing: &mut Thing,
        answer: &Bytes,
        desk: &mut Desk<'_>,
    ) -> Result<Option<ApiRequest>, Failure>;

    /// Takes the server's error.
    fn refused(&mut self, thing: &mut Thing, error: Error) -> Result<Option<ApiRequest>, Failure> {
        let _ = thing;
        Err(error.into())
    }

    /// Called if there are no objects.
    fn nothing(&mut self, desk: &mut Desk<'_>) -> Result<(), Failure>;

    /// The steps after all objects, until [`Next::Done`]. The first call gets [`News::Start`].
    fn afterwards(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let _ = (news, desk);
        Ok(Next::Done)
    }
}

/// The command for an [`Action`].
#[derive(Debug)]
pub(super) struct Each<A> {
    finder: Finder,
    action: A,
    current: Option<Box<Thing>>,
    found: bool,
    over: bool,
}

impl<A: Action> Each<A> {
    pub(super) fn new(finder: Finder, action: A) -> Self {
        Self { finder, action, current: None, found: false, over: false }
    }

    /// Takes the result for the current object; returns its next request.
    fn turn(&mut self, thing: &mut Thing, news: News, desk: &mut Desk<'_>) -> Result<Option<ApiRequest>, Failure> {
        match news {
            News::Answer(answer) => self.action.answered(thing, &answer.value, desk),
            News::Failed(error) => self.action.refused(thing, error),
            _ => Ok(None),
        }
    }
}

impl<A: Action> Command for Each<A> {
    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        if self.over {
            return self.action.afterwards(news, desk);
        }
        match self.current.take() {
            None => self.finder.take(news, desk)?,
            Some(mut thing) => match self.turn(&mut thing, news, desk) {
                Ok(None) => {}
                Ok(Some(request)) => {
                    self.current = Some(thing);
                    return Ok(Next::call(request));
                }
                Err(failure) => desk.fail(failure),
            },
        }
        loop {
            match self.finder.next(desk)? {
                Found::Ask(request) => return Ok(Next::Call(request)),
                Found::Thing(mut thing) => {
                    self.found = true;
                    match self.action.request(&mut thing, desk) {
                        Ok(None) => {}
                        Ok(Some(request)) => {
                            self.current = Some(thing);
                            return Ok(Next::call(request));
                        }
                        Err(failure) => desk.fail(failure),
                    }
                }
                Found::Nothing => {
                    if !self.found && !*desk.failed {
                        self.action.nothing(desk)?;
                    }
                    self.over = true;
                    return self.action.afterwards(News::Start, desk);
                }
            }
        }
    }
}
