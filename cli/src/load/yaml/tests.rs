use super::*;
use serde_json::json;

fn error(document: &str) -> YamlError {
    parse(document).unwrap_err()
}

#[test]
fn values_as_kubectl_reads_them() {
    let value =
        parse("a: yes\nb: on\nc: 0644\nd: '1'\ne: 8080\nf:\ng: 1.5\nh: 2024-01-01\ni: |\n  x\n").unwrap();
    let expected = json!({"a": true, "b": true, "c": 420, "d": "1", "e": 8080, "f": null, "g": 1.5, "h": "2024-01-01", "i": "x\n"});
    assert_eq!(value, expected);
}

#[test]
fn json_is_yaml_also_with_tabs_and_long_strings() {
    let long = "x".repeat(8000);
    let text = format!("{{\n\t\"a\": [\n\t\t1\n\t],\n\t\"b\": \"{long}\", \"tls.crt\":\"{long}\"}}");
    assert_eq!(parse(&text).unwrap(), json!({"a": [1], "b": long, "tls.crt": long}));
    assert_eq!(parse(&format!("a: {long}\nb: \"{long}\"")).unwrap(), json!({"a": long, "b": long}));
}

#[test]
fn anchors_aliases_and_merge_keys() {
    let value = parse("base: &base {a: 1, b: 2}\nmore:\n  <<: *base\n  b: 3\nsame: *base\n").unwrap();
    assert_eq!(value, json!({"base": {"a": 1, "b": 2}, "more": {"a": 1, "b": 3}, "same": {"a": 1, "b": 2}}));
}

#[test]
fn syntax_errors_name_their_line() {
    assert_eq!(error("a: 1\nb: [1, 2\n").line, 2);
    assert_eq!(error("a: 1\nb: c: d\n").line, 2);
    assert_eq!(
        error("a: 1\na: 2\n"),
        YamlError { line: 2, message: "duplicate mapping key `a` is not allowed here".into() }
    );
    assert!(error("a: *unknown").message.contains("unknown"));
    assert!(error("? [a]\n: b").message.contains("string"), "{:?}", error("? [a]\n: b"));
}

#[test]
fn a_billion_laughs_end_early() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..10 {
        let alias = format!("*a{},", level - 1).repeat(10);
        bomb += &format!("a{level}: &a{level} [{alias}]\n");
    }
    assert!(error(&bomb).message.contains("too large or too complex"), "{:?}", error(&bomb));
}

#[test]
fn nesting_is_limited_without_overflowing_the_stack() {
    for deep in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
        let message = error(&deep).message;
        assert!(message.contains("too large") || message.contains("limit"), "{message}");
    }
    let mut block = String::new();
    (0..70).for_each(|depth| block += &format!("{}a:\n", " ".repeat(depth)));
    assert!(parse(&block).is_err());
    let flow = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    assert!(parse(&flow).is_ok(), "60 levels are fine");
}

#[test]
fn lines_of_keys_and_items() {
    let node = Node::parse("# head\nspec:\n  rules:\n  - matches: []\n    name: x\n  -\n    name: y\n  flow: {a: 1,\n    b: 2}\n").unwrap();
    use Step::{Index, Key};
    assert_eq!(node.line(&[Key("spec")]), 2);
    assert_eq!(node.line(&[Key("spec"), Key("rules")]), 3);
    assert_eq!(node.line(&[Key("spec"), Key("rules"), Index(0), Key("name")]), 5);
    assert_eq!(node.line(&[Key("spec"), Key("rules"), Index(1), Key("name")]), 7);
    assert_eq!(node.line(&[Key("spec"), Key("flow"), Key("b")]), 9);
}

#[test]
fn a_missing_part_has_the_line_of_what_holds_it() {
    let node = Node::parse("spec:\n  rules:\n  - name: x\n  - name: y\n").unwrap();
    use Step::{Index, Key};
    assert_eq!(node.line(&[Key("spec"), Key("rules"), Index(1), Key("matches"), Index(0)]), 4);
    assert_eq!(node.line(&[Key("spec"), Key("rules"), Index(9)]), 2);
    assert_eq!(node.line(&[Key("status")]), 1);
}

#[test]
fn lines_through_aliases_point_to_their_use() {
    let node = Node::parse("a: &x\n  k: 1\nb: *x\n").unwrap();
    assert_eq!(node.line(&[Step::Key("b")]), 3);
    assert!(Node::parse("a: [").is_none());
}
