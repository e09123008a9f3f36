//! Questions to the server: one review each.

use std::fmt;

use super::action::{Access, Action};
use super::rules::RuleTable;
use crate::api::Api;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::op::single_flight::SingleFlight;
use crate::op::unary::Unary;
use crate::request::WriteParams;
use crate::resource::review::{
    LocalSubjectAccessReview, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SelfSubjectReview,
    SelfSubjectRulesReview, SelfSubjectRulesReviewSpec, SubjectAccessReview, SubjectAccessReviewSpec, TokenReview,
    TokenReviewSpec, UserInfo,
};
use crate::resource::{Object, Resource};

/// Whether this client may do this. The operation yields an [`Access`]; it fails only if the server does not answer.
///
/// ```
/// use kube_proto::Error;
/// use kube_proto::access::{Action, can_i};
/// use kube_proto::client::AsyncClient;
///
/// async fn may_scale<C: AsyncClient>(client: &C) -> Result<bool, Error> {
///     let scale = Action::new("patch", "deployments.apps/scale").within("shop").named("web");
///     Ok(client.call(can_i(scale)).await?.is_allowed())
/// }
/// ```
pub fn can_i(action: impl Into<Action>) -> Answer<SelfSubjectAccessReview, Access> {
    let (resource_attributes, non_resource_attributes) = action.into().attributes();
    let spec = SelfSubjectAccessReviewSpec { resource_attributes, non_resource_attributes };
    let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
    Answer::of(&Api::all(), &review, |review| Access::of(review.status))
}

/// Whether this user may do this: a SubjectAccessReview. A program that may create only those of a namespace asks with [`can_here`].
///
/// ```
/// use kube_proto::access::{Action, can};
/// use kube_proto::resource::UserInfo;
///
/// let jane = UserInfo { username: "jane".into(), groups: vec!["devs".into()], ..UserInfo::default() };
/// let question = can(&jane, Action::new("delete", "pods").within("shop"));
/// # let _ = question;
/// ```
pub fn can(user: &UserInfo, action: impl Into<Action>) -> Answer<SubjectAccessReview, Access> {
    let review = SubjectAccessReview { spec: spec(user, action.into()), ..SubjectAccessReview::default() };
    Answer::of(&Api::all(), &review, |review| Access::of(review.status))
}

/// Whether this user may do this in the namespace of the action: a LocalSubjectAccessReview, which needs a permission in that
/// namespace alone.
pub fn can_here(user: &UserInfo, action: impl Into<Action>) -> Answer<LocalSubjectAccessReview, Access> {
    let spec = spec(user, action.into());
    let namespace = spec.resource_attributes.as_ref().map(|asked| asked.namespace.clone()).unwrap_or_default();
    let review = LocalSubjectAccessReview { spec, ..LocalSubjectAccessReview::default() };
    Answer::of(&Api::namespaced(namespace), &review, |review| Access::of(review.status))
}

/// What this client may do in this namespace, as a [`RuleTable`]. It is for people: a server may have more rules than it shows, and
/// then the table is [incomplete](RuleTable::incomplete).
pub fn rules(namespace: impl Into<String>) -> Answer<SelfSubjectRulesReview, RuleTable> {
    let spec = SelfSubjectRulesReviewSpec { namespace: namespace.into() };
    let review = SelfSubjectRulesReview { spec, ..SelfSubjectRulesReview::default() };
    Answer::of(&Api::all(), &review, |review| RuleTable::of(&review.status))
}

/// Who this client is to the server.
pub fn who_am_i() -> Answer<SelfSubjectReview, UserInfo> {
    Answer::of(&Api::all(), &SelfSubjectReview::default(), |review| review.status.user_info)
}

/// Whose token this is. It counts only for one of these audiences; without any, for the API server itself.
///
/// ```
/// use kube_proto::Error;
/// use kube_proto::access::whose_token;
/// use kube_proto::client::AsyncClient;
///
/// async fn user<C: AsyncClient>(client: &C, bearer: String) -> Result<Option<String>, Error> {
///     let token = client.call(whose_token(bearer, ["my-webhook"])).await?;
///     Ok(token.user.map(|user| user.username))
/// }
/// ```
pub fn whose_token(
    token: impl Into<String>,
    audiences: impl IntoIterator<Item = impl Into<String>>,
) -> Answer<TokenReview, Authenticated> {
    let audiences: Vec<String> = audiences.into_iter().map(Into::into).collect();
    let wanted = audiences.clone();
    let spec = TokenReviewSpec { token: token.into(), audiences };
    let review = TokenReview { spec, ..TokenReview::default() };
    Answer::of(&Api::all(), &review, move |review| Authenticated::of(review, &wanted))
}

/// The question about a user.
pub(super) fn spec(user: &UserInfo, action: Action) -> SubjectAccessReviewSpec {
    let (resource_attributes, non_resource_attributes) = action.attributes();
    SubjectAccessReviewSpec {
        resource_attributes,
        non_resource_attributes,
        user: user.username.clone(),
        groups: user.groups.clone(),
        extra: user.extra.clone(),
        uid: user.uid.clone(),
    }
}

/// The user of a token, from [`whose_token`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The user; `None` if the token is not valid, or not for one of the audiences.
    pub user: Option<UserInfo>,
    /// The audiences that were asked for and for which the token is valid.
    pub audiences: Vec<String>,
    /// Why the token was not accepted; may be empty.
    pub error: String,
}

impl Authenticated {
    fn of(review: TokenReview, wanted: &[String]) -> Self {
        let status = review.status;
        let refused = |error: String| Self { user: None, audiences: Vec::new(), error };
        if !status.authenticated {
            return refused(status.error);
        }
        let audiences: Vec<_> = status.audiences.into_iter().filter(|one| wanted.contains(one)).collect();
        // A server that does not know audiences has looked at the token as one for itself.
        if !wanted.is_empty() && audiences.is_empty() {
            return refused("the server does not say that the token is for one of the audiences".into());
        }
        Self { user: Some(status.user), audiences, error: status.error }
    }
}

/// The operation of a question: creates a review `R`, which the server does not store, and yields what `T` says of it.
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Answer<R, T> {
    call: Call<R>,
    read: Box<dyn Fn(R) -> T + Send>,
}

enum Call<R> {
    Own(Box<Unary<R>>),
    /// Equal questions that are under way at the same time share one exchange.
    Shared(Box<SingleFlight<R>>),
}

impl<R: Object + Resource + serde::Serialize, T> Answer<R, T> {
    fn of(api: &Api<R>, review: &R, read: impl Fn(R) -> T + Send + 'static) -> Self {
        Self { call: Call::Own(Box::new(api.create(review, &WriteParams::default()))), read: Box::new(read) }
    }
}

impl<R, T> Answer<R, T> {
    /// Shares the exchange with equal questions of this session that are under way.
    pub(super) fn shared(self) -> Self {
        let call = match self.call {
            Call::Own(unary) => Call::Shared(Box::new(unary.single_review())),
            shared @ Call::Shared(_) => shared,
        };
        Self { call, ..self }
    }
}

impl<R, T> OneResult for Answer<R, T> {}

impl<R, T> Operation for Answer<R, T> {
    type Item = T;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<T> {
        match &mut self.call {
            Call::Own(unary) => unary.resume(input, cx).map(&self.read),
            Call::Shared(flight) => flight.resume(input, cx).map(&self.read),
        }
    }
}

impl<R, T> fmt::Debug for Answer<R, T> {
    /// Leaves out the question: it may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::review::TokenReviewStatus;

    #[test]
    fn a_token_counts_for_an_audience_only_if_the_server_says_so() {
        let review = |authenticated: bool, audiences: &[&str]| TokenReview {
            status: TokenReviewStatus {
                authenticated,
                audiences: audiences.iter().map(|one| (*one).to_owned()).collect(),
                error: if authenticated { String::new() } else { "expired".into() },
                ..TokenReviewStatus::default()
            },
            ..TokenReview::default()
        };
        let wanted = ["a".to_owned(), "b".to_owned()];
        for (review, wanted, user, audiences) in [
            (review(true, &["b", "c"]), &wanted[..], true, &["b"][..]),
            (review(true, &[]), &wanted, false, &[]),
            (review(true, &["c"]), &wanted, false, &[]),
            (review(false, &["a"]), &wanted, false, &[]),
            (review(true, &["https://kubernetes.default.svc"]), &[], true, &[]),
        ] {
            let found = Authenticated::of(review, wanted);
            assert_eq!((found.user.is_some(), found.audiences.as_slice().len()), (user, audiences.len()));
            assert_eq!(found.error.is_empty(), user, "{found:?}");
        }
    }
}
