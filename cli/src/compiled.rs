//! Files, compiled: the same for every command.

use crate::{
    diagnostic::{Diagnostic, Place, Severity},
    load::{Loader, identity::ObjectId, places::Places},
};
use corten_compile::{Addresses, Note, Options, Output, Ports};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// What files amount to.
#[derive(Debug)]
pub struct Compiled {
    /// Snapshot and statuses.
    pub output: Output,
    /// What the compiler says about the objects, see [`diagnostics`].
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles what `loader` has read.
pub fn compile(loader: &Loader, options: &Options) -> Compiled {
    let output = corten_compile::compile(&loader.inventory().inputs(), options);
    let diagnostics = diagnostics(&output, loader);
    Compiled { output, diagnostics }
}

/// What the compiler says about the objects, each at its object's line; [`Places::refine`] brings it to the field.
/// What is wrong with the files is [`Loader::diagnostics`].
pub fn diagnostics(output: &Output, loader: &Loader) -> Vec<Diagnostic> {
    output.notes.iter().map(|note| diagnostic(loader, note)).collect()
}

/// Reads and compiles files, with everything that is wrong, each at its field's line and sorted by place.
pub fn once(loader: &mut Loader, options: &Options) -> (Output, Vec<Diagnostic>) {
    loader.load();
    let compiled = compile(loader, options);
    let mut all = loader.diagnostics().to_vec();
    all.extend(compiled.diagnostics);
    let mut places = Places::new(loader);
    all.iter_mut().for_each(|diagnostic| places.refine(diagnostic));
    all.sort();
    (compiled.output, all)
}

/// How files are compiled: without a cluster, with listener ports mapped, served at `bind`.
pub fn options(port_map: &[PortPair], bind: IpAddr) -> Options {
    let map: BTreeMap<u16, u16> = port_map.iter().map(|pair| (pair.listener, pair.bound)).collect();
    // Every address is none that a client can be told.
    let address = match bind {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let addresses = Addresses { default: vec![address.to_string()], ..Addresses::default() };
    Options { standalone: true, ports: Ports::Mapped(map), addresses, ..Options::default() }
}

/// The address that is served by default.
pub const EVERY_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

fn diagnostic(loader: &Loader, note: &Note) -> Diagnostic {
    let severity = match note.severity {
        corten_compile::Severity::Error => Severity::Error,
        corten_compile::Severity::Warning => Severity::Warning,
        corten_compile::Severity::Info => Severity::Note,
    };
    let id = ObjectId {
        group: note.object.kind.group(),
        kind: note.object.kind.as_str(),
        namespace: note.object.name.namespace.as_str().into(),
        name: note.object.name.name.as_str().into(),
    };
    let mut diagnostic = Diagnostic::new(severity, note.reason.clone(), note.message.clone())
        .of(id.display())
        .field(note.field.clone());
    diagnostic.place =
        loader.inventory().get(&id).map(|entry| Place { file: entry.file.clone(), line: entry.line });
    diagnostic.remedy = Some(note.remedy.clone()).filter(|remedy| !remedy.is_empty());
    diagnostic
}

/// One `LISTENER=BOUND` of `--port-map`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortPair {
    /// The port that the listener declares.
    pub listener: u16,
    /// The port that is bound for it.
    pub bound: u16,
}

impl FromStr for PortPair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = |part: &str| part.trim().parse::<u16>().ok().filter(|port| *port > 0);
        let (listener, bound) = text.split_once('=').ok_or("write LISTENER=BOUND, such as 80=8080")?;
        match (port(listener), port(bound)) {
            (Some(listener), Some(bound)) => Ok(Self { listener, bound }),
            _ => Err("ports are numbers from 1 to 65535".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_pairs() {
        assert_eq!("80=8080".parse(), Ok(PortPair { listener: 80, bound: 8080 }));
        assert_eq!(" 443 = 8443".parse(), Ok(PortPair { listener: 443, bound: 8443 }));
        for wrong in ["80", "80=0", "=8080", "80=70000", "a=b", "80:8080"] {
            assert!(wrong.parse::<PortPair>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn ports_are_mapped() {
        let options = options(&[PortPair { listener: 80, bound: 8080 }], EVERY_ADDRESS);
        assert!(options.standalone);
        assert_eq!(options.ports.bind_port(("default", "gw"), 80), Some(8080));
        assert_eq!(options.ports.bind_port(("default", "gw"), 9000), Some(9000));
    }
}
