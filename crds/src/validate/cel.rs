//! CEL rules (`x-kubernetes-validations`), compiled once with their schema and evaluated with the functions that
//! Kubernetes adds to CEL (kube-cel).
//!
//! kube-cel has a validator of its own; this one walks the object once, converts it once, and compiles the regexes of
//! `matches` once, since thousands of objects are checked at a start. A test holds both against each other.

mod convert;
mod functions;

use kube_cel::cel::{Context, ExecutionError, Program, Value as CelValue};
use serde_json::Value;

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
    /// Whether [`SIZE`] stands in the program.
    wants_size: bool,
}

/// The variable that holds `self.size()`. The interpreter copies a list to measure it, and the rule that bounds an
/// HTTPRoute's matches asks 16 times: half the cost of validating a route.
const SIZE: &str = "self_size";

/// The expression with its `self.size()` as a variable, if it has any, and no string literal in which that could stand.
fn with_bound_size(expression: &str) -> Option<String> {
    let bound = expression.contains("self.size()") && !expression.contains(['\'', '"']);
    bound.then(|| expression.replace("self.size()", SIZE))
}

/// What `size()` is of a list, a map, or a string.
fn size(value: &CelValue) -> Option<i64> {
    let size = match value {
        CelValue::List(items) => items.len(),
        CelValue::Map(map) => map.map.len(),
        CelValue::String(text) => text.chars().count(),
        _ => return None,
    };
    i64::try_from(size).ok()
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
        let bound = with_bound_size(expression);
        let program = Program::compile(bound.as_deref().unwrap_or(expression)).map_err(|e| e.to_string());
        let transition = program.as_ref().is_ok_and(|p| p.references().has_variable("oldSelf"));
        Ok(Self {
            expression: expression.to_owned(),
            program,
            message: text("message").map(str::to_owned),
            message_program: text("messageExpression").and_then(|e| Program::compile(e).ok()),
            field_path: text("fieldPath").map(str::to_owned),
            transition,
            wants_size: bound.is_some(),
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
    FUNCTIONS.with(|base| Walk { base, place, skipped: &mut skipped }.node(schema, object, false));
    skipped
}

struct Walk<'a> {
    base: &'a Context<'static>,
    place: &'a mut Place,
    skipped: &'a mut Vec<SkippedRule>,
}

impl Walk<'_> {
    /// Evaluates the rules at and below a node, and gives the node's CEL value if it has rules or `wanted` says that
    /// a node above has.
    fn node(&mut self, schema: &Schema, value: &Value, wanted: bool) -> Option<CelValue> {
        if !wanted && !schema.has_rules {
            return None;
        }
        let wanted = wanted || !schema.rules.is_empty();
        let cel = match value {
            Value::Object(map) => self.object(schema, map, wanted),
            Value::Array(items) => self.list(schema, items, wanted),
            scalar => wanted.then(|| convert::scalar(scalar)),
        };
        if let Some(cel) = &cel
            && !schema.rules.is_empty()
            && !value.is_null()
        {
            self.rules(schema, cel);
        }
        cel
    }

    fn object(
        &mut self,
        schema: &Schema,
        map: &serde_json::Map<String, Value>,
        wanted: bool,
    ) -> Option<CelValue> {
        let mut out = convert::Fields::with_capacity(if wanted { map.len() } else { 0 });
        for (name, value) in map {
            let child = match (schema.properties.get(name), &schema.additional) {
                (Some(property), _) => self.at(name, false, property, value, wanted),
                (None, Additional::Values(values)) => self.at(name, true, values, value, wanted),
                (None, _) => wanted.then(|| convert::any(value)),
            };
            if let Some(child) = child {
                let declared = schema.properties.contains_key(name);
                convert::insert(&mut out, name, declared, child);
            }
        }
        wanted.then(|| convert::map(out))
    }

    fn list(&mut self, schema: &Schema, items: &[Value], wanted: bool) -> Option<CelValue> {
        let Some(of) = &schema.items else {
            return wanted.then(|| convert::list(items.iter().map(convert::any)));
        };
        let mut out = Vec::with_capacity(if wanted { items.len() } else { 0 });
        for (index, item) in items.iter().enumerate() {
            out.extend(self.at(&index.to_string(), true, of, item, wanted));
        }
        wanted.then(|| convert::list(out))
    }

    /// One step deeper. `bracket`: a list's index or a map's key, rather than a field.
    fn at(
        &mut self,
        name: &str,
        bracket: bool,
        schema: &Schema,
        value: &Value,
        wanted: bool,
    ) -> Option<CelValue> {
        if !schema.has_rules {
            return wanted.then(|| self.plain(schema, value));
        }
        let (base, skipped) = (self.base, &mut *self.skipped);
        let step = |place: &mut Place| Walk { base, place, skipped }.node(schema, value, wanted);
        if bracket { self.place.key(name, step) } else { self.place.field(name, step) }
    }

    /// Conversion alone, where no rules are below.
    fn plain(&self, schema: &Schema, value: &Value) -> CelValue {
        match value {
            Value::Object(map) => {
                let mut out = convert::Fields::with_capacity(map.len());
                for (name, value) in map {
                    let (declared, child) = match (schema.properties.get(name), &schema.additional) {
                        (Some(property), _) => (true, self.plain(property, value)),
                        (None, Additional::Values(values)) => (false, self.plain(values, value)),
                        (None, _) => (false, convert::any(value)),
                    };
                    convert::insert(&mut out, name, declared, child);
                }
                convert::map(out)
            }
            Value::Array(items) => match &schema.items {
                Some(of) => convert::list(items.iter().map(|item| self.plain(of, item))),
                None => convert::any(value),
            },
            scalar => convert::scalar(scalar),
        }
    }

    fn rules(&mut self, schema: &Schema, cel: &CelValue) {
        let mut context = self.base.new_inner_scope();
        context.add_variable_from_value("self", cel.clone());
        if let Some(size) = size(cel).filter(|_| schema.rules.iter().any(|rule| rule.wants_size)) {
            context.add_variable_from_value(SIZE, size);
        }
        for rule in schema.rules.iter().filter(|rule| !rule.transition) {
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
