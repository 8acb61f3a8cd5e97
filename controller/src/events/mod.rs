//! Events: what a user must see when he looks at an object, in the cluster's own way.

mod told;

use crate::{engine::Pass, metrics::Metrics, watch::AnyStore};
use corten_compile::{Kind, Note, ObjectId, Severity};
use corten_crds::kinds;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{self, Instant, MissedTickBehavior},
};
use told::Told;

/// The longest note that the API takes, in bytes.
const LONGEST: usize = 1024;
/// The longest action that the API takes, in bytes.
const LONGEST_ACTION: usize = 128;

/// Writes Events while this replica leads.
pub struct EventWriter {
    recorder: Recorder,
    passes: watch::Receiver<Option<Arc<Pass>>>,
    leads: watch::Receiver<bool>,
    stores: BTreeMap<Kind, Arc<dyn AnyStore>>,
    metrics: Arc<Metrics>,
}

impl EventWriter {
    /// Events of `controller`, written by the pod `instance`.
    pub fn new(
        client: Client,
        (controller, instance): (String, String),
        passes: watch::Receiver<Option<Arc<Pass>>>,
        leads: watch::Receiver<bool>,
        stores: BTreeMap<Kind, Arc<dyn AnyStore>>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let recorder = Recorder::new(client, Reporter { controller, instance: Some(instance) });
        Self { recorder, passes, leads, stores, metrics }
    }

    /// Runs until the future is dropped.
    pub async fn run(mut self) {
        let mut told = Told::default();
        let mut tick = time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Ok(()) = self.passes.changed() => self.update(&mut told),
                Ok(()) = self.leads.changed() => told.forget(),
                _ = tick.tick() => {}
            }
            if !*self.leads.borrow() {
                continue;
            }
            for note in told.take(Instant::now()) {
                self.tell(&note).await;
            }
        }
    }

    fn update(&mut self, told: &mut Told) {
        let Some(pass) = self.passes.borrow_and_update().clone() else { return };
        let unreadable: Vec<Note> =
            self.stores.iter().flat_map(|(kind, store)| unreadable(*kind, &**store)).collect();
        told.update(pass.notes.iter().chain(&unreadable), Instant::now());
    }

    async fn tell(&self, note: &Note) {
        let Some(regarding) = self.reference(&note.object) else { return };
        let event = Event {
            type_: if note.severity == Severity::Info { EventType::Normal } else { EventType::Warning },
            reason: note.reason.to_string(),
            note: Some(text(note)),
            // Events of one object, reason and action are taken for one.
            action: cut(if note.field.is_empty() { "Compile" } else { &note.field }, LONGEST_ACTION)
                .to_owned(),
            secondary: None,
        };
        match self.recorder.publish(&event, &regarding).await {
            Ok(()) => self.metrics.event(),
            Err(error) => tracing::warn!(object = %note.object, %error, "an Event could not be written"),
        }
    }

    fn reference(&self, object: &ObjectId) -> Option<ObjectReference> {
        let shown = self.stores.get(&object.kind)?.shown(&object.name)?;
        let info = kinds::KINDS
            .iter()
            .find(|info| (info.group, info.kind) == (object.kind.group(), object.kind.as_str()))?;
        let namespace = Some(object.name.namespace.clone()).filter(|namespace| !namespace.is_empty());
        Some(ObjectReference {
            api_version: Some(info.api_version()),
            kind: Some(info.kind.to_owned()),
            namespace,
            name: Some(object.name.name.clone()),
            uid: Some(shown.uid.clone()),
            ..ObjectReference::default()
        })
    }
}

fn unreadable(kind: Kind, store: &dyn AnyStore) -> Vec<Note> {
    let note = |(name, why)| Note {
        object: ObjectId { kind, name },
        field: String::new(),
        severity: Severity::Error,
        reason: "Unreadable".into(),
        message: format!("the object cannot be read and is left out: {why}"),
        remedy: "correct the member that is named".to_owned(),
    };
    store.unreadable().into_iter().map(note).collect()
}

fn text(note: &Note) -> String {
    let field = if note.field.is_empty() { String::new() } else { format!("{}: ", note.field) };
    let remedy = if note.remedy.is_empty() { String::new() } else { format!("; {}", note.remedy) };
    cut(&format!("{field}{}{remedy}", note.message), LONGEST).to_owned()
}

/// At most so many bytes, and whole characters.
fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_compile::ObjectName;

    #[test]
    fn an_event_says_where_what_and_what_to_do() {
        let mut note = Note {
            object: ObjectId { kind: Kind::HttpRoute, name: ObjectName::new("a", "r") },
            field: "spec.rules[0]".to_owned(),
            severity: Severity::Error,
            reason: "BackendNotFound".into(),
            message: "no such Service".to_owned(),
            remedy: "create it".to_owned(),
        };
        assert_eq!(text(&note), "spec.rules[0]: no such Service; create it");
        (note.field, note.remedy) = (String::new(), String::new());
        assert_eq!(text(&note), "no such Service");
        note.message = "ü".repeat(2_000);
        assert_eq!(text(&note).len(), LONGEST);
    }
}
