//! CEL rules (`x-kubernetes-validations`), compiled once with their schema and evaluated with the functions that
//! Kubernetes adds to CEL (kube-cel).
//!
//! kube-cel has a validator of its own; this one converts only what a rule needs that [`shortcut`] could not prove, and
//! compiles the regexes of `matches` once, since thousands of objects are checked at a start. A test holds both against
//! each other.

mod convert;
mod functions;
mod shortcut;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kube_cel::cel::{Context, ExecutionError, Program, Value as CelValue};
use serde_json::Value;

use self::shortcut::Node;
use super::{
    SkippedRule,
    place::Place,
    schema::{Additional, Schema},
};

/// A compiled rule.
#[derive(Debug)]
pub(super) struct Rule {
    expression: String,
    /// The reason, if the library cannot compile it.
    program: Result<Program, String>,
    message: Option<String>,
    message_program: Option<Program>,
    /// Relative to the node, for example `.spec.host`.
    field_path: Option<String>,
    /// Needs the previous object, so it says nothing about a new one.
    transition: bool,
    /// The same in the form that proves the usual case.
    shortcut: Node,
}

impl Rule {
    /// Compiles an item of `x-kubernetes-validations`. An expression that does not compile is kept, to be reported as
    /// skipped.
    ///
    /// # Errors
    /// If the item is no rule at all.
    pub(super) fn compile(item: &Value) -> Result<Self, String> {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let expression = text("rule").ok_or_else(|| format!("a validation without a rule: {item}"))?;
        let program = Program::compile(expression).map_err(|e| e.to_string());
        let transition = program.as_ref().is_ok_and(|p| p.references().has_variable("oldSelf"));
        Ok(Self {
            expression: expression.to_owned(),
            message: text("message").map(str::to_owned),
            message_program: text("messageExpression").and_then(|e| Program::compile(e).ok()),
            field_path: text("fieldPath").map(str::to_owned),
            transition,
            shortcut: program.as_ref().map_or(Node::Unknown, |p| Node::of_rule(p.expression())),
            program,
        })
    }

    /// Why the rule cannot be evaluated, if it did not compile.
    #[cfg(test)]
    pub(super) fn compile_error(&self) -> Option<&str> {
        self.program.as_ref().err().map(String::as_str)
    }

    /// The expression, for messages.
    #[cfg(test)]
    pub(super) fn expression(&self) -> &str {
        &self.expression
    }

    fn message(&self, context: &Context<'_>) -> String {
        match self.message_program.as_ref().map(|program| program.execute(context)) {
            Some(Ok(CelValue::String(text))) => text.to_string(),
            _ => self.message.clone().unwrap_or_else(|| format!("failed rule: {}", self.expression)),
        }
    }
}

thread_local! {
    static FUNCTIONS: Context<'static> = functions::context();
}

/// Evaluates every rule of the schema that applies to the object.
pub(super) fn evaluate(schema: &Schema, object: &Value, place: &mut Place) -> Vec<SkippedRule> {
    let mut skipped = Vec::new();
    FUNCTIONS.with(|base| Walk { base, place, skipped: &mut skipped }.node(schema, object));
    skipped
}

struct Walk<'a> {
    base: &'a Context<'static>,
    place: &'a mut Place,
    skipped: &'a mut Vec<SkippedRule>,
}

impl Walk<'_> {
    /// Evaluates the rules at a node and below it.
    fn node(&mut self, schema: &Schema, value: &Value) {
        if !schema.has_rules || value.is_null() {
            return;
        }
        self.rules(schema, value);
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    match (schema.properties.get(name), &schema.additional) {
                        (Some(property), _) => self.at(name, false, property, value),
                        (None, Additional::Values(values)) => self.at(name, true, values, value),
                        (None, _) => {}
                    }
                }
            }
            Value::Array(items) => {
                if let Some(of) = schema.items.as_ref().filter(|of| of.has_rules) {
                    for (index, item) in items.iter().enumerate() {
                        self.at(&index.to_string(), true, of, item);
                    }
                }
            }
            _ => {}
        }
    }

    /// One step deeper. `bracket`: a list's index or a map's key, rather than a field.
    fn at(&mut self, name: &str, bracket: bool, schema: &Schema, value: &Value) {
        let (base, skipped) = (self.base, &mut *self.skipped);
        let step = |place: &mut Place| Walk { base, place, skipped }.node(schema, value);
        if bracket { self.place.key(name, step) } else { self.place.field(name, step) }
    }

    fn rules(&mut self, schema: &Schema, value: &Value) {
        let open = |rule: &&Arc<Rule>| !rule.transition && !rule.shortcut.holds(value);
        let open: Vec<_> = schema.rules.iter().filter(open).collect();
        if open.is_empty() {
            return;
        }
        let mut context = self.base.new_inner_scope();
        context.add_variable_from_value("self", convert::of_schema(schema, value));
        for rule in open {
            self.rule(rule, &context);
        }
    }

    fn rule(&mut self, rule: &Rule, context: &Context<'_>) {
        let result = match &rule.program {
            Ok(program) => program.execute(context),
            Err(reason) => return self.skip(rule, reason.clone()),
        };
        match result {
            Ok(CelValue::Bool(true)) => {}
            Ok(CelValue::Bool(false)) => self.fail(rule, rule.message(context)),
            Ok(other) => self.skip(rule, format!("it evaluates to {:?}, not to a boolean", other.type_of())),
            // What the library does not know: a gap of ours, not a fault of the object.
            Err(ExecutionError::UndeclaredReference(name)) => self.skip(rule, format!("{name} is not known")),
            // The API server refuses what it cannot evaluate, and says the rule's message too.
            Err(error) => match &rule.message {
                Some(message) => self.fail(rule, message.clone()),
                None => self.fail(rule, format!("rule evaluation error: {error}: {}", rule.expression)),
            },
        }
    }

    fn skip(&mut self, rule: &Rule, reason: String) {
        self.skipped.push(SkippedRule {
            path: self.place.path().to_owned(),
            rule: rule.expression.clone(),
            reason,
        });
    }

    fn fail(&mut self, rule: &Rule, message: String) {
        let message = format!("Invalid value: {message}");
        match rule.field_path.as_deref().map(|path| path.trim_start_matches('.')) {
            Some(path) if !path.is_empty() => self.place.field(path, |p| p.error(message, None)),
            _ => self.place.error(message, None),
        }
    }
}
