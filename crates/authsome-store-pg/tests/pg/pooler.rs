//! Behind PgBouncer.

use std::fs::{Permissions, set_permissions};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use authsome_core::entity::Entity;
use authsome_core::store::{Store, Transactions};
use authsome_store_pg::PgStore;
use tempfile::TempDir;

use crate::common::{Item, Scratch, in_server, item, migrate, scope, server};

/// A PgBouncer of a test's own.
struct Pooler {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    fn start(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PgBouncer refuses to run as root.
        set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let server = server();
        let (host, server_port) = server.split('@').nth(1).unwrap().split('/').next().unwrap().split_once(':').unwrap();
        let users = folder.path().join("users.txt");
        std::fs::write(&users, "\"postgres\" \"\"\n").unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={host} port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\n{settings}\n",
            users.display()
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "pgbouncer", "-q"]).arg(&file);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "PgBouncer does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { process, port, _folder: folder }
    }

    fn url(&self, scratch: &Scratch) -> String {
        in_server(&format!("postgres://postgres@127.0.0.1:{}/", self.port), &scratch.name)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Several stores that migrate, read, write and keep transactions open at once.
async fn works(url: &str) {
    let mut stores = Vec::new();
    for _ in 0..3 {
        stores.push(PgStore::builder(url).max_connections(3).connect().await.unwrap());
    }
    let mut runs = Vec::new();
    for (number, store) in stores.into_iter().enumerate() {
        runs.push(tokio::spawn(async move {
            migrate(&store).await;
            for turn in 0..20 {
                let row = item(&format!("{number}-{turn}"));
                row.insert(&scope(), &store).await.unwrap();
                let again = row.insert(&scope(), &store).await.unwrap_err();
                assert!(again.is_conflict_on("test_items_pkey"), "{again:?}");
                let id = row.id.as_str();
                let changed = store.transaction(|tx| async move {
                    let found = Item::find(&scope()).filter(Item::ID.eq(id)).one(&*tx).await?;
                    Item::update(&scope()).filter(Item::ID.eq(id)).set(Item::COUNT, 7).one(&*tx).await?;
                    Ok::<_, authsome_core::error::StoreError>(found)
                });
                assert_eq!(changed.await.unwrap(), Some(row.clone()));
                let found = Item::find(&scope()).filter(Item::ID.eq(id)).one(&store).await.unwrap();
                assert_eq!(found.map(|found| found.count), Some(7));
            }
            store.ping().await.unwrap();
        }));
    }
    for run in runs {
        run.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the program pgbouncer, and root"]
async fn a_store_works_behind_a_pooler_of_sessions() {
    let scratch = Scratch::new().await;
    let pooler = Pooler::start("pool_mode = session\ndefault_pool_size = 20");
    works(&pooler.url(&scratch)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the program pgbouncer of 1.21 or later, and root"]
async fn a_store_works_behind_a_pooler_of_transactions() {
    let scratch = Scratch::new().await;
    let settings = "pool_mode = transaction\ndefault_pool_size = 5\nmax_prepared_statements = 300";
    let pooler = Pooler::start(settings);
    works(&pooler.url(&scratch)).await;
}
