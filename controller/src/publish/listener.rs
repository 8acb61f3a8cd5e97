//! The socket that dataplanes connect to.
//!
//! Snapshots hold private keys, so the socket is guarded three times: its folder admits its owner only, so does
//! the socket, and the kernel says who connects.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use tokio::net::{UnixListener, UnixStream};

/// A listening socket. Its file is removed when this value is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
    own_uid: u32,
    /// Held as long as the socket is: it says that the file belongs to a living process.
    _lock: File,
}

/// Why a socket cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The system says no.
    #[error("{path}: {error}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Others could reach the socket.
    #[error(
        "the folder {path} is open to others (mode {mode:03o}, owner {owner}): use one of its own with mode 700"
    )]
    OpenFolder {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// Its owner.
        owner: u32,
    },
    /// Another controller has it.
    #[error("another process listens on {0}")]
    InUse(PathBuf),
    /// There is something else.
    #[error("{0} is there and no socket")]
    NotASocket(PathBuf),
}

impl Listener {
    /// Opens the socket at `path` with mode 0600. Its folder is made with mode 0700 if it is missing, and must
    /// not be open to others if it is there. A socket that a dead process left is replaced.
    ///
    /// # Errors
    /// [`ListenError`].
    pub fn bind(path: &Path) -> Result<Self, ListenError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            |error| ListenError::Io { path, error }
        };
        let own_uid = own_uid().map_err(at(path))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        private_folder(folder, own_uid)?;
        let lock = lock(path)?;
        // With the lock held, a socket that is there has no process.
        match fs::symlink_metadata(path) {
            Ok(meta) if meta.file_type().is_socket() => fs::remove_file(path).map_err(at(path))?,
            Ok(_) => return Err(ListenError::NotASocket(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(at(path)(error)),
        }
        let socket = UnixListener::bind(path).map_err(at(path))?;
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(at(path))?;
        Ok(Self { socket, path: path.to_owned(), own_uid, _lock: lock })
    }

    /// The next connection of this user or root, with the peer's process. Others are closed with a warning.
    pub(super) async fn accept(&self) -> io::Result<(UnixStream, Option<i32>)> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            let peer = stream.peer_cred()?;
            if is_trusted(peer.uid(), self.own_uid) {
                return Ok((stream, peer.pid()));
            }
            tracing::warn!(uid = peer.uid(), pid = peer.pid(), "a process of another user was turned away");
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Without it the next controller removes the file; nothing is lost.
        let _ = fs::remove_file(&self.path);
    }
}

fn is_trusted(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

/// Makes the folder if it is missing; its parents must be there.
fn private_folder(path: &Path, own_uid: u32) -> Result<(), ListenError> {
    let at = |error| ListenError::Io { path: path.to_owned(), error };
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(at(error)),
        _ => {}
    }
    let meta = fs::metadata(path).map_err(at)?;
    let (mode, owner) = (meta.mode() & 0o777, meta.uid());
    if mode & 0o077 == 0 && is_trusted(owner, own_uid) {
        Ok(())
    } else {
        Err(ListenError::OpenFolder { path: path.to_owned(), mode, owner })
    }
}

/// Locks a file beside the socket. The kernel gives the lock back when the process ends, however it ends.
fn lock(socket: &Path) -> Result<File, ListenError> {
    let mut name = OsString::from(socket);
    name.push(".lock");
    let path = PathBuf::from(name);
    let at = |error| ListenError::Io { path: path.clone(), error };
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(at)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ListenError::InUse(socket.to_owned())),
        Err(TryLockError::Error(error)) => Err(at(error)),
    }
}

/// The user that this process runs as: what the kernel says about a socket of its own.
fn own_uid() -> io::Result<u32> {
    let (socket, _other) = UnixStream::pair()?;
    Ok(socket.peer_cred()?.uid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net;

    fn private_dir() -> tempfile::TempDir {
        tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[tokio::test]
    async fn folder_and_socket_are_private_and_the_file_goes_with_the_listener() {
        let dir = private_dir();
        let path = dir.path().join("channel/socket");
        let listener = Listener::bind(&path).unwrap();
        assert_eq!((mode(&dir.path().join("channel")), mode(&path)), (0o700, 0o600));
        let _client = UnixStream::connect(&path).await.unwrap();
        let (_, pid) = listener.accept().await.unwrap();
        assert_eq!(pid, Some(std::process::id().cast_signed()));
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_folder_that_is_open_to_others_is_refused() {
        let dir = private_dir();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o750)).unwrap();
        let error = Listener::bind(&dir.path().join("socket")).unwrap_err();
        assert!(matches!(error, ListenError::OpenFolder { mode: 0o750, .. }), "{error}");
        assert_eq!(mode(dir.path()), 0o750, "and left as it is");
    }

    #[tokio::test]
    async fn a_socket_of_a_dead_process_is_replaced() {
        let dir = private_dir();
        let path = dir.path().join("socket");
        drop(net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "its file stays");
        let listener = Listener::bind(&path).unwrap();
        let _client = UnixStream::connect(&path).await.unwrap();
        listener.accept().await.unwrap();
    }

    #[tokio::test]
    async fn a_socket_of_a_living_process_is_left_alone() {
        let dir = private_dir();
        let path = dir.path().join("socket");
        let listener = Listener::bind(&path).unwrap();
        assert!(matches!(Listener::bind(&path), Err(ListenError::InUse(_))));
        UnixStream::connect(&path).await.unwrap();
        drop(listener);
        Listener::bind(&path).unwrap();
    }

    #[tokio::test]
    async fn another_file_is_not_removed() {
        let dir = private_dir();
        let path = dir.path().join("socket");
        fs::write(&path, "important").unwrap();
        assert!(matches!(Listener::bind(&path), Err(ListenError::NotASocket(_))));
        assert_eq!(fs::read(&path).unwrap(), b"important");
    }

    #[tokio::test]
    async fn a_missing_parent_is_named() {
        let error = Listener::bind(Path::new("/nonexistent/channel/socket")).unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/channel: "), "{error}");
    }

    #[test]
    fn only_the_own_user_and_root_are_trusted() {
        assert!(is_trusted(1000, 1000) && is_trusted(0, 1000));
        assert!(!is_trusted(1001, 1000) && !is_trusted(1000, 0));
    }
}
