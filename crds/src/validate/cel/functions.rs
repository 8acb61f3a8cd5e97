//! The functions that rules may call: CEL's, Kubernetes' (kube-cel), and a `matches` that compiles each regex once.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use kube_cel::{
    KubeCelExt,
    cel::{Context, ExecutionError, ResolveResult, Value, extractors::This},
};
use regex::Regex;

/// The context that rules are evaluated in.
pub(super) fn context() -> Context<'static> {
    let mut context = Context::default().with_all();
    context.add_function("matches", matches);
    context
}

/// Patterns stand in the rules, so there are few; the limit only guards against rules that build them from objects.
const REGEXES: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
}

/// Whether the pattern is found in the text.
///
/// # Errors
/// If the pattern is no regex.
pub(super) fn is_match(pattern: &str, text: &str) -> Result<bool, regex::Error> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(pattern) {
            return Ok(regex.is_match(text));
        }
        let regex = Regex::new(pattern)?;
        let matched = regex.is_match(text);
        if compiled.len() >= REGEXES {
            compiled.clear();
        }
        compiled.insert(pattern.to_owned(), regex);
        Ok(matched)
    })
}

/// `<string>.matches(<pattern>) -> bool`
fn matches(This(text): This<Arc<String>>, pattern: Arc<String>) -> ResolveResult {
    is_match(&pattern, &text).map(Value::Bool).map_err(|e| ExecutionError::function_error("matches", e))
}

#[cfg(test)]
mod tests {
    use kube_cel::cel::Program;

    use super::*;

    fn eval(expression: &str) -> Result<Value, ExecutionError> {
        Program::compile(expression).unwrap().execute(&context())
    }

    #[test]
    fn matches_searches_and_remembers() {
        for _ in 0..2 {
            assert_eq!(eval("'foobar'.matches('o+b')"), Ok(Value::Bool(true)));
            assert_eq!(eval("'foobar'.matches('^o')"), Ok(Value::Bool(false)));
        }
        assert_eq!(COMPILED.with_borrow(HashMap::len), 2);
    }

    #[test]
    fn a_bad_regex_is_an_error() {
        assert!(eval("'x'.matches('(')").is_err());
    }

    #[test]
    fn the_memory_is_bounded() {
        for i in 0..=REGEXES {
            eval(&format!("'x'.matches('{i}')")).unwrap();
        }
        assert!(COMPILED.with_borrow(HashMap::len) <= REGEXES);
    }

    #[test]
    fn kubernetes_functions_are_there() {
        assert_eq!(eval("isIP('::1') && isCIDR('10.0.0.0/8') && !isIP('x')"), Ok(Value::Bool(true)));
    }
}
