//! `ca.json`, letter for letter: every member of the top level, in the order in which upstream judges them.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{
    Config, IssuingKey, Password,
    address::{self, Address},
    admin, audit,
    authority::{self, AuthorityConfig},
    document::Node,
    error::Problems,
    generation::Generation,
    key, logger, metrics,
    policies::{self, Names},
    policy_limits,
    problem::{Notice, Problem},
    reader::{Field, Object},
    revocation,
    tls::{self, TlsConfig},
};

/// Reads a whole configuration; `None` goes with at least one error in `problems`.
pub(super) fn read(tree: &Node<'_>, file: &Path, problems: &mut Problems) -> Option<Config> {
    let mut top = Field::root(tree).object(problems)?;
    let address = match top.take("address") {
        Some(field) => Address::read(&field, problems),
        None => top.refuse("address", address::EMPTY, problems),
    };
    let roots = roots(&mut top, problems);
    let federated_roots = top.take("federatedRoots").map_or(Some(Vec::new()), |field| paths(&field, problems));
    let certificate = path(&mut top, "crt", problems);
    let key = key::read(&mut top, problems);
    let dns_names = match top.take("dnsNames") {
        Some(field) => address::dns_names(&field, problems),
        None => top.refuse("dnsNames", address::NO_NAMES, problems),
    };
    let tls = top.take("tls").map_or_else(|| Some(TlsConfig::default()), |field| tls::read(&field, problems));
    let logger = top.take("logger").map(|field| logger::read(&field, problems));
    if let Some(field) = top.take("monitoring") {
        logger::monitoring(&field, problems);
    }
    let policies_field = top.take("policies");
    let mut names = Names::new(policies_field.as_ref());
    let trusted_keys =
        policies_field.as_ref().map_or_else(|| Some(Vec::new()), |field| policies::trusted_keys(field, problems));
    let policies = policies_field.map_or_else(|| Some(Default::default()), |field| policies::read(&field, problems));
    let authority = match top.take("authority") {
        Some(field) => authority::read(&field, &mut names, problems),
        None => top.refuse("authority", Problem::UndefinedAuthority, problems),
    };
    names.finish(problems);
    let password = top.take("password").map(|field| field.string(problems));
    let common_name = top.take("commonName").map(|field| field.string(problems));
    let grace = authority.as_ref().map_or(Duration::ZERO, AuthorityConfig::longest_renewal_grace);
    let store = Store::read(&mut top, file, grace, problems);
    let watch = top.take("watch").map_or(Some(false), |field| field.bool(problems));
    let crl = top.take("crl").map_or(Some(None), |field| revocation::crl(&field, problems));
    let audit = top.take("audit").map_or_else(|| Some(Default::default()), |field| audit::read(&field, file, problems));
    let information = top.take("authorityInfoAccess");
    let authority_information = information
        .map_or_else(|| Some(Default::default()), |field| revocation::authority_information(&field, problems));
    let ocsp = top.take("ocsp").map_or(Some(None), |field| revocation::ocsp(&field, problems));
    let metrics = metrics::read(&mut top, problems);
    let admin = top.take("admin").map(|field| admin::read(&field, problems));
    members_of_upstream(&mut top, matches!(key, Some(IssuingKey::Token(_))), problems);
    top.finish(problems);
    if !problems.errors.is_empty() {
        return None;
    }
    let Store { database, head, retention } = store?;
    Some(Config {
        file: file.to_owned(),
        roots: roots?,
        federated_roots: federated_roots?,
        certificate: certificate?,
        key: key?,
        password: password
            .flatten()
            .filter(|text| !text.is_empty())
            .map(|text| Password(Zeroizing::new(text.to_owned()))),
        address: address?,
        dns_names: dns_names?,
        common_name: common_name.flatten().filter(|name| !name.is_empty()).unwrap_or(COMMON_NAME).to_owned(),
        logger: logger.flatten(),
        authority: authority?,
        tls: tls?,
        policies: policies?,
        trusted_keys: trusted_keys?,
        store: database,
        store_head: head,
        retention,
        crl: crl?,
        ocsp: ocsp?,
        authority_information: authority_information?,
        audit: audit?,
        generation: Generation::of(tree),
        metrics: metrics?,
        admin: admin.flatten(),
        watch: watch?,
    })
}

const COMMON_NAME: &str = "Step Online CA";

const ROOT: Problem = Problem::Empty { what: "root", right: "write the path of the root certificate" };

/// One path, or a list of them.
fn roots(top: &mut Object<'_>, problems: &mut Problems) -> Option<Vec<PathBuf>> {
    let Some(field) = top.take("root") else { return top.refuse("root", ROOT, problems) };
    if field.is_string() {
        return field.path("root", problems).map(|path| vec![path]);
    }
    let paths = paths(&field, problems)?;
    if paths.is_empty() {
        return field.refuse(ROOT, problems);
    }
    Some(paths)
}

fn paths(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<PathBuf>> {
    let what = if field.path == "root" { "root" } else { "a path" };
    let fields = field.array(problems)?;
    fields.iter().map(|field| field.path(what, problems)).collect::<Vec<_>>().into_iter().collect()
}

fn path(top: &mut Object<'_>, name: &'static str, problems: &mut Problems) -> Option<PathBuf> {
    match top.take(name) {
        Some(field) => field.path(name, problems),
        None => top.refuse(name, Problem::Empty { what: name, right: "write the path of a file" }, problems),
    }
}

/// Where records are kept.
struct Store {
    database: PathBuf,
    head: Option<PathBuf>,
    retention: Option<Duration>,
}

impl Store {
    /// `db.dataSource` and `db.head` when `db.type` is `sqlite`, else beside the folder of `ca.json`. Certificates may be
    /// renewed for `grace` after their end.
    fn read(top: &mut Object<'_>, file: &Path, grace: Duration, problems: &mut Problems) -> Option<Self> {
        let beside = || Self { database: beside(file), head: None, retention: None };
        let Some(field) = top.take("db") else { return Some(beside()) };
        let mut db = field.object(problems)?;
        let kind = db.take("type").map_or(Some(""), |field| field.string(problems))?;
        if kind != "sqlite" {
            field.warn(
                Notice::NoEffect("records are kept in a store of our own; set type \"sqlite\" to place it"),
                problems,
            );
            return Some(beside());
        }
        let database = match db.take("dataSource") {
            Some(field) => field.path("dataSource", problems),
            None => Some(beside().database),
        };
        let head = db.take("head").map_or(Some(None), |field| field.path("head", problems).map(Some));
        let retention = db.take("retention").map_or(Some(None), |field| {
            let retention = policy_limits::time(&field, SHORTEST_RETENTION, LONGEST_RETENTION, problems)?;
            // Whoever renews shows a certificate that is compared with the one on record.
            match retention < grace {
                true => field.refuse(Problem::retention(retention, grace), problems),
                false => Some(Some(retention)),
            }
        });
        db.finish(problems);
        Some(Self { database: database?, head: head?, retention: retention? })
    }
}

/// A certificate that has just ended may still be asked about, and renewed where that is allowed.
const SHORTEST_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
const LONGEST_RETENTION: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// `$STEPPATH/config/ca.json` keeps its records in `$STEPPATH/db`, as upstream does.
fn beside(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    let base = if folder.ends_with("config") { folder.parent().unwrap_or(folder) } else { folder };
    base.join("db").join("step-ca.sqlite")
}

/// Members that versions of upstream write.
fn members_of_upstream(top: &mut Object<'_>, has_token: bool, problems: &mut Problems) {
    for (name, why) in [
        ("insecureAddress", "only HTTPS is served"),
        ("kms", "the key is read from the file `key` names"),
        ("ssh", "no SSH certificates are issued"),
        ("templates", "no SSH configuration is rendered"),
    ] {
        // `step ca init` writes some of them although they are empty.
        let field = top.take(name).filter(|_| name != "kms" || !has_token);
        if let Some(field) = field.filter(|field| field.node.text != "\"\"") {
            field.warn(Notice::NoEffect(why), problems);
        }
    }
}
