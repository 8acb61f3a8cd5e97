//! Field paths as messages write them: `spec.rules[0].backendRefs[1].name`, and
//! `metadata.annotations["example.com/x"]` for keys that are no identifiers.

use super::yaml::Step;

/// The steps of `path`. Text that is no path ends it.
pub fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while let Some((step, after)) = step(rest) {
        steps.push(step);
        rest = after;
    }
    steps
}

fn step(rest: &str) -> Option<(Step<'_>, &str)> {
    if let Some(quoted) = rest.strip_prefix("[\"") {
        let (key, after) = quoted.split_once("\"]")?;
        return Some((Step::Key(key), after));
    }
    if let Some(bracket) = rest.strip_prefix('[') {
        let (index, after) = bracket.split_once(']')?;
        return Some((index.parse().map_or(Step::Key(index), Step::Index), after));
    }
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (key, after) = rest.split_at(end);
    (!key.is_empty()).then_some((Step::Key(key), after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Step::{Index, Key};

    #[test]
    fn keys_and_indices() {
        assert_eq!(
            steps("spec.rules[0].backendRefs[12].name"),
            [Key("spec"), Key("rules"), Index(0), Key("backendRefs"), Index(12), Key("name")]
        );
        assert_eq!(steps("spec.matrix[1][2]"), [Key("spec"), Key("matrix"), Index(1), Index(2)]);
        assert_eq!(steps(""), []);
    }

    #[test]
    fn quoted_keys() {
        assert_eq!(
            steps("metadata.annotations[\"example.com/x.y\"].z"),
            [Key("metadata"), Key("annotations"), Key("example.com/x.y"), Key("z")]
        );
        assert_eq!(steps("data[tls.crt]"), [Key("data"), Key("tls.crt")], "without quotes too");
    }

    #[test]
    fn what_is_no_path_ends_it() {
        assert_eq!(steps("spec.rules[0"), [Key("spec"), Key("rules")]);
        assert_eq!(steps("spec..name"), [Key("spec")]);
    }
}
