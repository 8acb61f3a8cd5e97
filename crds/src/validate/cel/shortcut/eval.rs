//! Evaluation. `None` is "not known here": an operator or type that the form does not have, or an error in CEL.

use serde_json::Value;

use super::{Fold, Node, Operator};
use crate::validate::cel::functions::is_match;

/// A value that is known.
#[derive(Clone, Debug)]
pub(super) enum Known<'a> {
    Bool(bool),
    Int(i64),
    Text(&'a str),
    List(Vec<Known<'a>>),
    /// A list or an object.
    Json(&'a Value),
}

/// The variables: `self`, and those of the macros around.
type Scope<'a> = Vec<Option<Known<'a>>>;

/// Null and fractions are left to the library.
pub(super) fn of_json(value: &Value) -> Option<Known<'_>> {
    match value {
        Value::Null => None,
        Value::Bool(b) => Some(Known::Bool(*b)),
        Value::Number(n) => n.as_i64().map(Known::Int),
        Value::String(s) => Some(Known::Text(s)),
        Value::Array(_) | Value::Object(_) => Some(Known::Json(value)),
    }
}

impl Node {
    pub(super) fn eval<'a>(&'a self, scope: &mut Scope<'a>) -> Option<Known<'a>> {
        match self {
            Self::Unknown => None,
            Self::Bool(b) => Some(Known::Bool(*b)),
            Self::Int(i) => Some(Known::Int(*i)),
            Self::Text(s) => Some(Known::Text(s)),
            Self::List(items) => items.iter().map(|i| i.eval(scope)).collect::<Option<_>>().map(Known::List),
            Self::Variable(index) => scope.get(*index).cloned().flatten(),
            Self::Field(operand, name) => match operand.eval(scope)? {
                Known::Json(Value::Object(map)) => of_json(map.get(name)?),
                _ => None,
            },
            Self::Has(operand, name) => match operand.eval(scope)? {
                Known::Json(Value::Object(map)) => has(map.get(name)),
                _ => None,
            },
            Self::Not(operand) => operand.truth(scope).map(|b| Known::Bool(!b)),
            Self::NotStrictlyFalse(operand) => Some(Known::Bool(operand.truth(scope) != Some(false))),
            Self::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                if condition.truth(scope)? { yes.eval(scope) } else { no.eval(scope) }
            }
            Self::Two(operator, operands) => two(*operator, operands, scope),
            Self::Size(operand) => size(&operand.eval(scope)?),
            Self::Fold(fold) => fold.eval(scope),
        }
    }

    fn truth<'a>(&'a self, scope: &mut Scope<'a>) -> Option<bool> {
        match self.eval(scope)? {
            Known::Bool(b) => Some(b),
            _ => None,
        }
    }
}

fn has<'a>(field: Option<&Value>) -> Option<Known<'a>> {
    match field {
        Some(Value::Null) => None,
        field => Some(Known::Bool(field.is_some())),
    }
}

fn two<'a>(operator: Operator, operands: &'a [Node; 2], scope: &mut Scope<'a>) -> Option<Known<'a>> {
    let [a, b] = operands;
    match operator {
        // CEL absorbs an error, and we what is not known, if the other operand decides.
        Operator::And => either(a, b, false, scope),
        Operator::Or => either(a, b, true, scope),
        _ => apply(operator, a.eval(scope)?, b.eval(scope)?),
    }
}

/// `decisive` if one operand is that, its opposite if both are.
fn either<'a>(a: &'a Node, b: &'a Node, decisive: bool, scope: &mut Scope<'a>) -> Option<Known<'a>> {
    let first = a.truth(scope);
    if first == Some(decisive) {
        return Some(Known::Bool(decisive));
    }
    match (first, b.truth(scope)) {
        (_, Some(second)) if second == decisive => Some(Known::Bool(decisive)),
        (Some(_), Some(_)) => Some(Known::Bool(!decisive)),
        _ => None,
    }
}

fn apply<'a>(operator: Operator, a: Known<'a>, b: Known<'a>) -> Option<Known<'a>> {
    match (operator, a, b) {
        (Operator::Equal, a, b) => equal(&a, &b).map(Known::Bool),
        (Operator::NotEqual, a, b) => equal(&a, &b).map(|e| Known::Bool(!e)),
        (Operator::In, a, b) => contains(&b, &a).map(Known::Bool),
        (Operator::Index, Known::Json(Value::Array(items)), Known::Int(i)) => {
            of_json(items.get(usize::try_from(i).ok()?)?)
        }
        (Operator::Add, Known::List(mut a), Known::List(b)) => {
            a.extend(b);
            Some(Known::List(a))
        }
        (operator, Known::Int(a), Known::Int(b)) => integers(operator, a, b),
        (operator, Known::Text(a), Known::Text(b)) => text(operator, a, b).map(Known::Bool),
        _ => None,
    }
}

fn equal(a: &Known<'_>, b: &Known<'_>) -> Option<bool> {
    match (a, b) {
        (Known::Bool(a), Known::Bool(b)) => Some(a == b),
        (Known::Int(a), Known::Int(b)) => Some(a == b),
        (Known::Text(a), Known::Text(b)) => Some(a == b),
        _ => None,
    }
}

fn contains(list: &Known<'_>, item: &Known<'_>) -> Option<bool> {
    let equal: Vec<Option<bool>> = match list {
        Known::List(items) => items.iter().map(|i| equal(i, item)).collect(),
        Known::Json(Value::Array(items)) => items.iter().map(|i| equal(&of_json(i)?, item)).collect(),
        _ => return None,
    };
    if equal.contains(&Some(true)) {
        return Some(true);
    }
    if equal.contains(&None) { None } else { Some(false) }
}

fn integers<'a>(operator: Operator, a: i64, b: i64) -> Option<Known<'a>> {
    match operator {
        Operator::Less => Some(Known::Bool(a < b)),
        Operator::LessOrEqual => Some(Known::Bool(a <= b)),
        Operator::Greater => Some(Known::Bool(a > b)),
        Operator::GreaterOrEqual => Some(Known::Bool(a >= b)),
        Operator::Add => a.checked_add(b).map(Known::Int),
        _ => None,
    }
}

fn text(operator: Operator, text: &str, other: &str) -> Option<bool> {
    match operator {
        Operator::StartsWith => Some(text.starts_with(other)),
        Operator::EndsWith => Some(text.ends_with(other)),
        Operator::Contains => Some(text.contains(other)),
        Operator::Matches => is_match(other, text).ok(),
        _ => None,
    }
}

fn size<'a>(value: &Known<'_>) -> Option<Known<'a>> {
    let size = match value {
        Known::Text(text) => text.chars().count(),
        Known::List(items) => items.len(),
        Known::Json(Value::Array(items)) => items.len(),
        Known::Json(Value::Object(map)) => map.len(),
        _ => return None,
    };
    i64::try_from(size).ok().map(Known::Int)
}

impl Fold {
    fn eval<'a>(&'a self, scope: &mut Scope<'a>) -> Option<Known<'a>> {
        let items: Vec<Option<Known<'a>>> = match self.range.eval(scope)? {
            Known::Json(Value::Array(items)) => items.iter().map(of_json).collect(),
            Known::List(items) => items.into_iter().map(Some).collect(),
            _ => return None,
        };
        let accumulator = scope.len();
        let init = self.init.eval(scope);
        scope.push(init);
        let finished = items.into_iter().try_for_each(|item| self.turn(item, accumulator, scope));
        let result = match finished {
            Ok(()) | Err(Stop::Enough) => self.result.eval(scope),
            Err(Stop::Unknown) => None,
        };
        scope.truncate(accumulator);
        result
    }

    fn turn<'a>(
        &'a self,
        item: Option<Known<'a>>,
        accumulator: usize,
        scope: &mut Scope<'a>,
    ) -> Result<(), Stop> {
        scope.push(item);
        let go_on = self.condition.truth(scope).ok_or(Stop::Unknown);
        let next = if go_on == Ok(true) { self.step.eval(scope) } else { None };
        scope.pop();
        if !go_on? {
            return Err(Stop::Enough);
        }
        if let Some(slot) = scope.get_mut(accumulator) {
            *slot = next;
        }
        Ok(())
    }
}

/// Why a loop ends early.
#[derive(Debug, PartialEq, Eq)]
enum Stop {
    /// Its condition is false: the result is decided.
    Enough,
    /// Its condition is not known.
    Unknown,
}
