//! The data folder, and the secrets that are made in it.

use std::fs::DirBuilder;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use authsome::core::entropy::{EntropyError, OsEntropy};
use authsome::core::secret::{MasterKey, SecretString, Token};

use crate::failure::Failure;

/// The program's data folder, with mode 0700; secrets in it have mode 0600.
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// The folder at this path; it is made if it is missing.
    ///
    /// # Errors
    /// It cannot be made or written to.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        make_writable(path).map_err(|error| unusable(path, &error))?;
        let path = std::path::absolute(path).map_err(|error| unusable(path, &error))?;
        Ok(Self(path))
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The file of the master key.
    pub(crate) fn master_key_file(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// The file of the administrator's token.
    pub(crate) fn admin_token_file(&self) -> PathBuf {
        self.0.join("admin.token")
    }

    /// The master key in the folder, if it exists.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub(crate) fn master_key(&self) -> Result<Option<MasterKey>, Failure> {
        let file = self.master_key_file();
        let text = existing(&file).map_err(|error| unusable(&file, &error))?;
        text.map(|text| understood(&text, &file)).transpose()
    }

    /// The master key in the folder; it is made if it is missing.
    ///
    /// # Errors
    /// The file cannot be read or made, or holds something else.
    pub(crate) fn make_master_key(&self) -> Result<MasterKey, Failure> {
        let file = self.master_key_file();
        let make = || MasterKey::generate(&OsEntropy).map(|key| key.to_base64());
        understood(&self.secret(&file, make)?, &file)
    }

    /// The file with a copy of the administrator's token of a shared database.
    pub(crate) fn shared_admin_token_file(&self) -> PathBuf {
        self.0.join("shared-admin.token")
    }

    /// Writes the copy of the administrator's token of a shared database, in place of another one.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn keep_shared_admin_token(&self, token: &SecretString) -> Result<(), Failure> {
        let file = self.shared_admin_token_file();
        if read(&file).is_ok_and(|kept| kept.expose() == token.expose()) {
            return Ok(());
        }
        let placed = self.draft(token).and_then(|draft| Ok(draft.persist(&file)?));
        placed.map(drop).map_err(|error| unusable(&file, &error))
    }

    /// The administrator's token in the folder; it is made if it is missing.
    ///
    /// # Errors
    /// The file cannot be read or made.
    pub(crate) fn admin_token(&self) -> Result<SecretString, Failure> {
        let file = self.admin_token_file();
        let make = || Token::generate("aadm_", &OsEntropy).map(|token| SecretString::new(token.expose().to_owned()));
        let token = self.secret(&file, make)?;
        if token.expose().len() < 32 {
            return Err(Failure::config(
                format!("{} does not hold an administrator's token", file.display()),
                "remove the file and start again: a new token is made",
            ));
        }
        Ok(token)
    }

    /// The secret in a file; it is made if it is missing. Of programs that start at once, one makes it and all read it:
    /// it appears under its name only when it is whole.
    fn secret(&self, file: &Path, make: fn() -> Result<SecretString, EntropyError>) -> Result<SecretString, Failure> {
        if let Some(secret) = existing(file).map_err(|error| unusable(file, &error))? {
            return Ok(secret);
        }
        let secret = make().map_err(|error| Failure::run(error, "look into the operating system's log"))?;
        self.place(file, &secret).map_err(|error| unusable(file, &error))?;
        read(file).map_err(|error| unusable(file, &error))
    }

    fn place(&self, file: &Path, secret: &SecretString) -> std::io::Result<()> {
        match self.draft(secret)?.persist_noclobber(file) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error.error),
        }
    }

    /// A file of mode 0600 with a secret, whole and on the disk, without a name yet.
    fn draft(&self, secret: &SecretString) -> std::io::Result<tempfile::NamedTempFile> {
        let mut draft = tempfile::NamedTempFile::new_in(&self.0)?;
        writeln!(draft, "{}", secret.expose())?;
        draft.as_file().sync_all()?;
        Ok(draft)
    }
}

/// Makes a missing folder for its owner alone, and checks that files can be made in it.
pub(crate) fn make_writable(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    tempfile::NamedTempFile::new_in(folder).map(drop)
}

/// Whether others than the owner may read or write a path. Always false on platforms without such modes.
pub(crate) fn open_to_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

fn read(file: &Path) -> std::io::Result<SecretString> {
    std::fs::read_to_string(file).map(|text| SecretString::new(text.trim().to_owned()))
}

/// The content of a file, if it exists.
fn existing(file: &Path) -> std::io::Result<Option<SecretString>> {
    match read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn understood(text: &SecretString, file: &Path) -> Result<MasterKey, Failure> {
    MasterKey::from_base64(text.expose()).map_err(|_| {
        Failure::config(
            format!("{} does not hold a master key", file.display()),
            "restore the file from a backup; a new key cannot open secrets that were stored under the old one",
        )
    })
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::config(
        format!("cannot use {}: {error}", path.display()),
        "name a folder that this user can write to with --data-dir",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_programs_that_start_at_once_all_get_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let keys: Vec<String> = std::thread::scope(|scope| {
            let start = || DataDir::open(&path).unwrap().make_master_key().unwrap().to_base64().expose().to_owned();
            let threads: Vec<_> = (0..10).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1, "no draft is left behind");
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_and_its_secrets_are_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("data")).unwrap();
        data.make_master_key().unwrap();
        data.admin_token().unwrap();
        for path in [data.path().to_path_buf(), data.master_key_file(), data.admin_token_file()] {
            assert!(!open_to_others(&path), "{}", path.display());
        }
        assert!(open_to_others(Path::new("/")));
    }

    #[test]
    fn a_damaged_key_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        std::fs::write(data.master_key_file(), "not a key\n").unwrap();
        assert_eq!(data.master_key().unwrap_err().exit(), 2);
        assert_eq!(data.make_master_key().unwrap_err().exit(), 2);
        assert_eq!(std::fs::read_to_string(data.master_key_file()).unwrap(), "not a key\n");
    }
}
