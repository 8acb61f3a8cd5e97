//! RequestHeaderModifier and ResponseHeaderModifier.

use crate::{problem::Problem, text};
use corten_crds::gateway::{HeaderModifier, HttpHeader};
use corten_snapshot::{HeaderEdit, HeaderPair};

/// Headers that frame messages and manage connections. They are the gateway's own; a route that edits one could make
/// two requests of one.
const FRAMING: &[&str] = &[
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Compiles the edits.
pub(super) fn compile(given: &HeaderModifier, field: &str) -> Result<HeaderEdit, Problem> {
    let mut remove = Vec::with_capacity(given.remove.len());
    for (position, name) in given.remove.iter().enumerate() {
        let name = self::name(name, &format!("{field}.remove[{position}]"))?;
        if !remove.contains(&name) {
            remove.push(name);
        }
    }
    Ok(HeaderEdit {
        set: pairs(&given.set, &format!("{field}.set"))?,
        add: pairs(&given.add, &format!("{field}.add"))?,
        remove,
    })
}

/// Of several entries for one name only the first counts, as the specification has it.
fn pairs(given: &[HttpHeader], field: &str) -> Result<Vec<HeaderPair>, Problem> {
    let mut pairs: Vec<HeaderPair> = Vec::with_capacity(given.len());
    for (position, header) in given.iter().enumerate() {
        let name = name(&header.name, &format!("{field}[{position}].name"))?;
        text::header_value(&header.value).map_err(|message| {
            let field = format!("{field}[{position}].value");
            Problem::new("UnsupportedValue", field, message, "remove the control character")
        })?;
        if !pairs.iter().any(|pair| pair.name == name) {
            pairs.push(HeaderPair { name, value: header.value.clone() });
        }
    }
    Ok(pairs)
}

fn name(given: &str, field: &str) -> Result<String, Problem> {
    let name = text::header_name(given).map_err(|message| {
        Problem::new("UnsupportedValue", field, message, "write a header name such as x-version")
    })?;
    if name == "host" {
        let message = "the Host header is not edited as a header";
        return Err(Problem::new("UnsupportedValue", field, message, "use URLRewrite with `hostname`"));
    }
    if FRAMING.contains(&name.as_str()) {
        let message = format!("`{name}` belongs to the connection and is managed by the gateway");
        return Err(Problem::new("UnsupportedValue", field, message, "remove this header"));
    }
    Ok(name)
}
