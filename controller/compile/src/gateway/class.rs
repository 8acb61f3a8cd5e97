//! GatewayClasses.

use super::features::SUPPORTED;
use crate::{
    index::Index,
    note::{Note, Severity},
    object::Object,
    problem::{Problem, summary},
    status::{Condition, GatewayClassStatus, Status, Statuses},
};
use corten_crds::gateway::GatewayClass;
use rustc_hash::FxHashMap;

/// The class that is served without a GatewayClass object when standalone.
const STANDALONE_CLASS: &str = "corten";

/// The classes that are ours, each with the reason why it is not accepted, if it is not.
pub(super) struct Classes<'a>(FxHashMap<&'a str, Option<Problem>>);

impl<'a> Classes<'a> {
    /// Reads all GatewayClasses and writes the statuses of ours.
    pub(super) fn read(index: &Index<'a>, statuses: &mut Statuses, notes: &mut Vec<Note>) -> Self {
        let mut classes = FxHashMap::default();
        let ours = index.gateway_classes.by_name().into_iter();
        for class in ours.filter(|class| class.spec.controller_name == index.options.controller_name) {
            let problem = parameters(index, class);
            if let Some(problem) = &problem {
                notes.push(problem.note(&class.id(), Severity::Error));
            }
            statuses.0.insert(class.id(), Status::GatewayClass(status(class, problem.as_ref())));
            classes.insert(class.name(), problem);
        }
        let defined = index.gateway_classes.get(("", STANDALONE_CLASS)).is_some();
        if index.options.standalone && !defined {
            classes.insert(STANDALONE_CLASS, None);
        }
        Self(classes)
    }

    /// `None`: the class is not ours. Else why it is not accepted, if it is not.
    pub(super) fn get(&self, name: &str) -> Option<Option<&Problem>> {
        self.0.get(name).map(Option::as_ref)
    }

    /// The names of our classes, sorted.
    pub(super) fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<_> = self.0.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

fn parameters(index: &Index<'_>, class: &GatewayClass) -> Option<Problem> {
    let reference = class.spec.parameters_ref.as_ref()?;
    let of = (reference.group.as_str(), reference.kind.as_str());
    super::parameters::check(index, of, (reference.namespace.as_deref(), &reference.name), "parametersRef")
}

fn status(class: &GatewayClass, problem: Option<&Problem>) -> GatewayClassStatus {
    let accepted = match problem {
        Some(problem) => Condition::no("Accepted", problem.reason, summary([problem])),
        None => Condition::yes("Accepted", "Accepted", "Gateways of this class are served by Corten"),
    };
    GatewayClassStatus {
        conditions: vec![accepted.observed(class.generation())],
        supported_features: SUPPORTED.to_vec(),
    }
}
