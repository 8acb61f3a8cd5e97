//! `cargo run -p corten-crds --features generate --bin crdgen`: rewrites what is generated in this crate.

mod crd;
mod emit;
mod ident;
mod names;
mod output;
mod registry;
mod shape;

fn main() -> Result<(), String> {
    for (path, text) in output::all()? {
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}
