//! The lines that the demo prints, to be copied into another terminal.

use std::path::Path;

/// One thing to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it shows.
    pub title: &'static str,
    /// Commands for a shell, one a line.
    pub commands: Vec<String>,
    /// What is to be seen.
    pub expect: &'static str,
}

/// All steps, for a gateway on `port` and files in `folder`.
pub fn steps(port: u16, folder: &Path) -> Vec<Step> {
    let place = Place { port, folder };
    let mut steps = place.routing();
    steps.extend(place.filters());
    steps.extend(place.upstreams());
    steps.extend(place.edits());
    steps
}

struct Place<'a> {
    port: u16,
    folder: &'a Path,
}

fn step(title: &'static str, commands: impl Into<Vec<String>>, expect: &'static str) -> Step {
    Step { title, commands: commands.into(), expect }
}

impl Place<'_> {
    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn file(&self, name: &str) -> String {
        quoted(&self.folder.join(name))
    }

    /// Twenty requests, which curl makes of one line.
    fn twenty(&self) -> String {
        format!("curl -s '{}'", self.url("/split?[1-20]"))
    }

    fn statuses(&self, path: &str) -> String {
        format!("curl -s -o /dev/null -w '%{{http_code}}\\n' '{}'", self.url(path))
    }

    fn routing(&self) -> Vec<Step> {
        let hello = self.url("/hello");
        vec![
            step("Routing by path", [format!("curl -s {hello}")], "v1 answers and shows what it got"),
            step("A header match", [format!("curl -s -H 'x-version: v2' {hello}")], "the header leads to v2"),
            step("Traffic split by weight", [self.twenty()], "of 20 answers, about half come from v2"),
        ]
    }

    fn filters(&self) -> Vec<Step> {
        let head = |path| format!("curl -s -o /dev/null -D - {}", self.url(path));
        let rewrite = format!("curl -s '{}'", self.url("/old/page?a=1"));
        vec![
            step("A header added to the response", [head("/hello")], "x-served-through: corten"),
            step("A path rewrite", [rewrite], "the service sees /new/page?a=1"),
            step("A redirect", [head("/docs")], "301 to https://docs.example.com/docs"),
            step(
                "Mirrored traffic",
                [format!("curl -s {}", self.url("/mirrored")), format!("curl -s {}", self.url("/copies"))],
                "v1 answers, and v2 has received a copy",
            ),
        ]
    }

    fn upstreams(&self) -> Vec<Step> {
        let stream = format!("curl -sN {}", self.url("/events"));
        vec![
            step(
                "A service that fails two of three times",
                [self.statuses("/flaky?[1-6]")],
                "four of six are 503",
            ),
            step("The same service with retries", [self.statuses("/retried?[1-6]")], "six times 200"),
            step("A stream of server-sent events", [stream], "five events, each as it comes"),
        ]
    }

    fn edits(&self) -> Vec<Step> {
        let (split, hello) = (self.file("split.yaml"), self.file("hello.yaml"));
        vec![
            step(
                "A live edit: no more v2",
                [format!("sed -i.bak '/v2/s/weight: 50/weight: 0/' {split}"), self.twenty()],
                "only v1 answers, milliseconds after the edit",
            ),
            step(
                "A mistake: the last good state stays, and the gateway says where the mistake is",
                [
                    format!("sed -i.bak 's/PathPrefix/PathPrefixx/' {hello}"),
                    format!("curl -s {}", self.url("/hello")),
                    format!("mv {} {hello}", self.file("hello.yaml.bak")),
                ],
                "v1 answers as before",
            ),
        ]
    }
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_word() {
        assert_eq!(quoted(Path::new("/tmp/demo-1/a.yaml")), "/tmp/demo-1/a.yaml");
        assert_eq!(quoted(Path::new("/tmp/it's mine")), "'/tmp/it'\\''s mine'");
    }

    #[test]
    fn every_step_has_commands_for_the_port() {
        for step in steps(4711, Path::new("/tmp/demo")) {
            assert!(step.commands.iter().any(|command| command.contains("127.0.0.1:4711")), "{step:?}");
        }
    }
}
