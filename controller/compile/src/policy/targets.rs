//! Which policy has which target.

use crate::object::{Kind, Name, Object};
use corten_crds::{
    gateway::{BackendTlsPolicy, LocalPolicyTargetReference},
    v1alpha1::{BackendPolicy, ListenerPolicy},
};
use rustc_hash::FxHashMap;

/// A policy that names its targets directly, in its own namespace.
pub(crate) trait Policy: Object {
    fn targets(&self) -> &[LocalPolicyTargetReference];
}

macro_rules! policies {
    ($($type:ty),*) => {
        $(impl Policy for $type {
            fn targets(&self) -> &[LocalPolicyTargetReference] {
                &self.spec.target_refs
            }
        })*
    };
}

policies!(BackendTlsPolicy, BackendPolicy, ListenerPolicy);

/// An object that a policy can have, or a section of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Target<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: Name<'a>,
    /// A port's or listener's name. `None`: all of it.
    pub(crate) section: Option<&'a str>,
}

/// What became of one targetRef.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetState<'a> {
    /// The policy has the target.
    Attached(Target<'a>),
    /// An older policy of this name has it.
    Conflicted(Target<'a>, String),
    /// There is no such object or section.
    NotFound(Target<'a>, String),
    /// Policies of this kind cannot have such a target.
    Unsupported(String),
    /// The target is not ours to treat.
    Foreign,
}

/// A policy with the state of each of its targetRefs.
pub(crate) struct Attachment<'a, P> {
    pub(crate) policy: &'a P,
    pub(crate) targets: Vec<TargetState<'a>>,
}

/// All policies of one kind.
pub(crate) struct Targets<'a, P> {
    pub(crate) policies: Vec<Attachment<'a, P>>,
    by_target: FxHashMap<Target<'a>, usize>,
}

impl<'a, P: Policy> Targets<'a, P> {
    /// Attaches `policies` (the oldest first). `find` says what a targetRef leads to.
    pub(crate) fn attach(
        policies: Vec<&'a P>,
        find: impl Fn(&'a P, &'a LocalPolicyTargetReference) -> TargetState<'a>,
    ) -> Self {
        let mut by_target: FxHashMap<Target<'a>, usize> = FxHashMap::default();
        let mut attachments: Vec<Attachment<'a, P>> = Vec::with_capacity(policies.len());
        for (position, policy) in policies.into_iter().enumerate() {
            let mut targets = Vec::new();
            for reference in policy.targets() {
                let mut state = find(policy, reference);
                if let TargetState::Attached(target) = state {
                    let winner = *by_target.entry(target).or_insert(position);
                    if let (true, Some(winner)) = (winner != position, attachments.get(winner)) {
                        state = TargetState::Conflicted(target, winner.policy.id().name.to_string());
                    }
                }
                targets.push(state);
            }
            attachments.push(Attachment { policy, targets });
        }
        Self { policies: attachments, by_target }
    }

    /// The policies for a section of an object: its own first, then that of the whole object. Each comes with its
    /// place in `policies`.
    pub(crate) fn of(&self, target: Target<'a>) -> impl Iterator<Item = (usize, &'a P)> + use<'a, '_, P> {
        let own = target.section.and_then(|_| self.by_target.get(&target));
        let whole = self.by_target.get(&Target { section: None, ..target });
        own.into_iter().chain(whole).filter_map(|position| {
            self.policies.get(*position).map(|attachment| (*position, attachment.policy))
        })
    }
}
