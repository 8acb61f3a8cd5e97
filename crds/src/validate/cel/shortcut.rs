//! Proves the usual case, a rule that holds, on the JSON itself.
//!
//! The interpreter copies values at every step: a list to measure it, an object to look into it. At a start with thousands
//! of routes that was most of the time. So each rule is also translated into this small form, which borrows; it knows the
//! operators and macros that the rules of the Gateway API are made of, and nothing else. **It only ever says that a rule
//! holds.** Whenever it would say anything else, or does not know an operand, the interpreter evaluates the rule: what
//! fails, and with what message, is always the library's word. A test holds that it never accepts what the library
//! refuses, over every rule and thousands of values.

mod eval;

use kube_cel::cel::{
    IdedExpr,
    common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, SelectExpr, operators},
};
use serde_json::Value;

use self::eval::Known;
use super::convert::unescape;

/// A translated expression.
#[derive(Debug)]
pub(super) enum Node {
    /// What this form does not know. `unknown || true` holds all the same.
    Unknown,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Node>),
    /// By position: 0 is `self`, above it the variables of macros.
    Variable(usize),
    Field(Box<Node>, String),
    Has(Box<Node>, String),
    Not(Box<Node>),
    NotStrictlyFalse(Box<Node>),
    If(Box<[Node; 3]>),
    Two(Operator, Box<[Node; 2]>),
    Size(Box<Node>),
    Fold(Box<Fold>),
}

/// What takes two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    In,
    Index,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
}

/// `all`, `exists`, `exists_one`, `filter` and `map`, which CEL's parser makes loops of.
#[derive(Debug)]
pub(super) struct Fold {
    range: Node,
    init: Node,
    condition: Node,
    step: Node,
    result: Node,
}

const OPERATORS: &[(&str, Operator)] = &[
    (operators::LOGICAL_AND, Operator::And),
    (operators::LOGICAL_OR, Operator::Or),
    (operators::EQUALS, Operator::Equal),
    (operators::NOT_EQUALS, Operator::NotEqual),
    (operators::LESS, Operator::Less),
    (operators::LESS_EQUALS, Operator::LessOrEqual),
    (operators::GREATER, Operator::Greater),
    (operators::GREATER_EQUALS, Operator::GreaterOrEqual),
    (operators::ADD, Operator::Add),
    (operators::IN, Operator::In),
    (operators::INDEX, Operator::Index),
    ("startsWith", Operator::StartsWith),
    ("endsWith", Operator::EndsWith),
    ("contains", Operator::Contains),
    ("matches", Operator::Matches),
];

impl Node {
    /// Translates a rule.
    pub(super) fn of_rule(expression: &IdedExpr) -> Self {
        node(expression, &mut vec!["self".to_owned()])
    }

    /// Whether the rule certainly holds for `value`.
    pub(super) fn holds(&self, value: &Value) -> bool {
        let mut scope = vec![eval::of_json(value)];
        matches!(self.eval(&mut scope), Some(Known::Bool(true)))
    }
}

fn node(expression: &IdedExpr, scope: &mut Vec<String>) -> Node {
    match &expression.expr {
        Expr::Literal(LiteralValue::Boolean(b)) => Node::Bool(*b.inner()),
        Expr::Literal(LiteralValue::Int(i)) => Node::Int(*i.inner()),
        Expr::Literal(LiteralValue::String(s)) => Node::Text(s.inner().to_owned()),
        Expr::Ident(name) => scope.iter().rposition(|v| v == name).map_or(Node::Unknown, Node::Variable),
        Expr::List(list) if list.optional_indices.is_empty() => {
            Node::List(list.elements.iter().map(|e| node(e, scope)).collect())
        }
        Expr::Select(select) => field(select, scope),
        Expr::Call(call) => function(call, scope),
        Expr::Comprehension(fold) if fold.iter_var2.is_none() => comprehension(fold, scope),
        _ => Node::Unknown,
    }
}

fn field(select: &SelectExpr, scope: &mut Vec<String>) -> Node {
    let Some(name) = unescape(&select.field) else { return Node::Unknown };
    let operand = Box::new(node(&select.operand, scope));
    if select.test { Node::Has(operand, name.to_owned()) } else { Node::Field(operand, name.to_owned()) }
}

fn function(call: &CallExpr, scope: &mut Vec<String>) -> Node {
    let mut operands: Vec<Node> = call.target.iter().map(|t| node(t, scope)).collect();
    operands.extend(call.args.iter().map(|a| node(a, scope)));
    let operator = OPERATORS.iter().find(|(name, _)| *name == call.func_name).map(|(_, operator)| *operator);
    let mut operands = operands.into_iter();
    let taken = (operands.next(), operands.next(), operands.next(), operands.next());
    match (call.func_name.as_str(), operator, taken) {
        (_, Some(operator), (Some(a), Some(b), None, None)) => Node::Two(operator, Box::new([a, b])),
        (operators::LOGICAL_NOT, _, (Some(a), None, None, None)) => Node::Not(Box::new(a)),
        (operators::NOT_STRICTLY_FALSE, _, (Some(a), None, None, None)) => {
            Node::NotStrictlyFalse(Box::new(a))
        }
        ("size", _, (Some(a), None, None, None)) => Node::Size(Box::new(a)),
        (operators::CONDITIONAL, _, (Some(a), Some(b), Some(c), None)) => Node::If(Box::new([a, b, c])),
        _ => Node::Unknown,
    }
}

/// The accumulator and the item are two more variables, the accumulator alone remains for the result.
fn comprehension(fold: &ComprehensionExpr, scope: &mut Vec<String>) -> Node {
    let range = node(&fold.iter_range, scope);
    let init = node(&fold.accu_init, scope);
    scope.push(fold.accu_var.clone());
    scope.push(fold.iter_var.clone());
    let condition = node(&fold.loop_cond, scope);
    let step = node(&fold.loop_step, scope);
    scope.pop();
    let result = node(&fold.result, scope);
    scope.pop();
    Node::Fold(Box::new(Fold { range, init, condition, step, result }))
}
