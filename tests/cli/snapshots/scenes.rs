//! What each command is made to say.

use super::workshop::Workshop;

/// The lines that show a command. `{}` is the folder of the workshop; where files are written, `--force` is said, since
/// each line is run once for people and once for programs.
pub(super) struct Scene {
    pub(super) command: &'static str,
    pub(super) answers: &'static [&'static str],
    pub(super) errors: &'static [&'static str],
    /// Whether it answers in JSON at all; where not, the program's own list says why.
    pub(super) has_json: bool,
    /// Whether its JSON is a document with a format of its own, of which the manual does not list every member.
    pub(super) answers_with_a_document: bool,
}

impl Scene {
    /// Whether the program has the command.
    pub(super) fn is_there(&self, workshop: &Workshop) -> bool {
        workshop.visitor.step(&format!("help {}", self.command)).status == step_cli::ExitStatus::Success
    }
}

const fn scene(command: &'static str, answers: &'static [&'static str], errors: &'static [&'static str]) -> Scene {
    Scene { command, answers, errors, has_json: true, answers_with_a_document: false }
}

/// A command whose answer is a document.
const fn document(command: &'static str, answers: &'static [&'static str], errors: &'static [&'static str]) -> Scene {
    Scene { answers_with_a_document: true, ..scene(command, answers, errors) }
}

/// A command that is only made to fail here, because what it does is seen elsewhere.
const fn elsewhere(command: &'static str, errors: &'static [&'static str]) -> Scene {
    scene(command, &[], errors)
}

/// A command without `--json`; the list of those in the program says why.
const fn for_people(command: &'static str, answers: &'static [&'static str], errors: &'static [&'static str]) -> Scene {
    Scene { has_json: false, ..scene(command, answers, errors) }
}

pub(super) const SCENES: &[Scene] = &[
    scene(
        "ca audit verify",
        &["ca audit verify {}/audit.log --without-head"],
        &["ca audit verify {}/audit.log --certificate {}/ca.crt"],
    ),
    scene(
        "ca bootstrap",
        &["ca bootstrap --ca-url {url} --fingerprint {fingerprint} --force"],
        &[
            "ca bootstrap --ca-url {url} --fingerprint {fingerprint}",
            "ca bootstrap --ca-url {url} --fingerprint 12 --force",
        ],
    ),
    scene(
        "ca certificate",
        &["ca certificate c.example.com {}/c.crt {}/c.key --password-file {}/password --force"],
        &[
            "ca certificate c.example.com {}/leaf.crt {}/c.key --password-file {}/password",
            "ca certificate c.example.com {}/c.crt {}/c.key --password-file {}/password --force --not-after 9000h",
        ],
    ),
    scene(
        "ca certs export",
        &["ca certs export {}/list.csv --force --name ops.example.com --cert {}/ops.crt --key {}/ops.key"],
        &["ca certs export {}/list.csv --cert {}/leaf.crt --key {}/leaf.key --force"],
    ),
    document(
        "ca certs list",
        &["ca certs list --name ops.example.com --format csv --cert {}/ops.crt --key {}/ops.key"],
        &["ca certs list --cert {}/ops.crt --key {}/none.key"],
    ),
    document(
        "ca certs show",
        &["ca certs show {serial} --cert {}/ops.crt --key {}/ops.key"],
        &[
            "ca certs show 7 --cert {}/ops.crt --key {}/ops.key",
            "ca certs show seven --cert {}/ops.crt --key {}/ops.key",
        ],
    ),
    scene(
        "ca federation",
        &["ca federation", "ca federation {}/federation.pem --force"],
        &["ca federation {}/root.crt"],
    ),
    scene("ca health", &["ca health"], &["ca health --ca-url http://ca", "ca health --root {}/root.crt"]),
    scene(
        "ca init",
        &[
            "ca init --name Example --dns ca.example.com --address :443 --provisioner me@example.com --password-file {}/new-password --force",
        ],
        &["ca init --name Example --pki --password-file {}/new-password", "ca init --root {}/root.crt"],
    ),
    scene(
        "ca provisioner add",
        &["ca provisioner add me --create --password-file {}/new-password --ca-config {}/ca.json"],
        &["ca provisioner add me --create", "ca provisioner add me --ca-config {}/ca.json"],
    ),
    scene(
        "ca provisioner get-encrypted-key",
        // A name in base64url may begin with a hyphen.
        &["ca provisioner get-encrypted-key -- {kid}"],
        &["ca provisioner get-encrypted-key nobody"],
    ),
    document("ca provisioner list", &["ca provisioner list"], &["ca provisioner list --root {}/none.crt"]),
    scene(
        "ca provisioner remove",
        &["ca provisioner remove gone{n} --all --ca-config {}/ca.json"],
        &["ca provisioner remove nobody --all --ca-config {}/ca.json"],
    ),
    scene(
        "ca provisioner update",
        &[
            "ca provisioner update one --x509-max-dur 1h --ca-config {}/ca.json",
            "ca provisioner update one --create --password-file {}/new-password --ca-config {}/ca.json",
        ],
        &["ca provisioner update one --ca-config {}/ca.json"],
    ),
    // What it changes when it is asked to is seen in tests/lifecycle/recall.rs.
    document(
        "ca recall",
        &["ca recall {module} --cert {}/ops.crt --key {}/ops.key"],
        &["ca recall 12 --cert {}/ops.crt --key {}/ops.key"],
    ),
    scene(
        "ca rekey",
        &["ca rekey {}/ops.crt {}/ops.key --out-cert {}/rekeyed.crt --out-key {}/rekeyed.key --force"],
        &["ca rekey {}/ops.crt {}/ops.key", "ca rekey {}/leaf.crt {}/leaf.key --force"],
    ),
    scene(
        "ca renew",
        &[
            "ca renew {}/ops.crt {}/ops.key --out {}/renewed.crt --force",
            "ca renew {}/ops.crt {}/ops.key --expires-in 1h --force",
        ],
        &["ca renew {}/ops.crt {}/ops.key", "ca renew {}/leaf.crt {}/leaf.key --force"],
    ),
    scene(
        "ca revoke",
        &["ca revoke --cert {}/ended{n}.crt --key {}/ended{n}.key"],
        &["ca revoke", "ca revoke --cert {}/ended{n}.crt --key {}/ended{n}.key"],
    ),
    scene(
        "ca root",
        &[
            "ca root --ca-url {url} --fingerprint {fingerprint}",
            "ca root {}/downloaded.crt --ca-url {url} --fingerprint {fingerprint} --force",
        ],
        &["ca root --ca-url {url} --fingerprint 5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d"],
    ),
    scene("ca roots", &["ca roots", "ca roots {}/roots.pem --force"], &["ca roots {}/root.crt"]),
    scene(
        "ca sign",
        &["ca sign {}/leaf.csr {}/signed.crt --password-file {}/password --force"],
        &["ca sign {}/leaf.crt {}/signed.crt --force", "ca sign {}/none.csr {}/signed.crt --force"],
    ),
    scene(
        "ca token",
        &[
            "ca token c.example.com --password-file {}/password",
            "ca token c.example.com --password-file {}/password --output-file {}/token --force",
        ],
        &["ca token c.example.com", "ca token c.example.com --password-file {}/new-password"],
    ),
    scene(
        "certificate bundle",
        &["certificate bundle {}/leaf.crt {}/ca.crt {}/bundle.crt --force"],
        &["certificate bundle {}/leaf.crt {}/ca.crt {}/root.crt", "certificate bundle {}/leaf.crt"],
    ),
    scene(
        "certificate create",
        &[
            "certificate create d {}/d.crt {}/d.key --profile self-signed --no-password --insecure --force",
            "certificate create d {}/d.csr {}/d.key --csr --password-file {}/new-password --force",
        ],
        &[
            "certificate create d {}/d.crt {}/d.key",
            "certificate create d {}/d.crt {}/d.key --profile root-ca --no-password",
            "certificate create d {}/x.crt {}/x.key --profile self-signed",
        ],
    ),
    scene(
        "certificate fingerprint",
        &["certificate fingerprint {}/leaf.crt --bundle"],
        &["certificate fingerprint {}/leaf.key"],
    ),
    scene(
        "certificate format",
        &["certificate format {}/leaf.crt --out {}/leaf.der --force", "certificate format {}/leaf.der"],
        &["certificate format {}/message.txt"],
    ),
    document(
        "certificate inspect",
        &["certificate inspect {}/leaf.crt --short"],
        &["certificate inspect {}/message.txt", "certificate inspect {}/leaf.crt --format xml"],
    ),
    // See cli/src/trust_store.rs: it changes what the machine trusts.
    elsewhere("certificate install", &["certificate install {}/root.key"]),
    scene("certificate key", &["certificate key {}/leaf.crt"], &["certificate key {}/leaf.key"]),
    document(
        "certificate lint",
        &["certificate lint {}/leaf.crt", "certificate lint {url} --roots {}/step/certs/root_ca.crt"],
        &["certificate lint {}/message.txt", "certificate lint {url} --roots {}/root.crt"],
    ),
    scene(
        "certificate needs-renewal",
        &["certificate needs-renewal {}/leaf.crt --expires-in 100h --verbose"],
        &["certificate needs-renewal {}/leaf.crt", "certificate needs-renewal {}/none.crt"],
    ),
    scene(
        "certificate p12",
        &["certificate p12 {}/leaf.p12 {}/leaf.crt {}/leaf.key --password-file {}/new-password --force"],
        &["certificate p12 {}/leaf.p12 {}/leaf.crt {}/ca.key --password-file {}/new-password --force"],
    ),
    scene(
        "certificate sign",
        &["certificate sign {}/leaf.csr {}/ca.crt {}/ca.key"],
        &["certificate sign {}/leaf.csr {}/ca.crt {}/root.key", "certificate sign {}/leaf.crt {}/ca.crt {}/ca.key"],
    ),
    // See cli/src/trust_store.rs: it changes what the machine trusts.
    elsewhere("certificate uninstall", &["certificate uninstall {}/root.key"]),
    scene(
        "certificate verify",
        &["certificate verify {}/leaf.crt --roots {}/root.crt --host a.example.com --verbose"],
        &["certificate verify {}/leaf.crt --roots {}/root.crt --host b.example.com"],
    ),
    for_people(
        "completion",
        &["completion bash | head", "completion zsh | head", "completion fish | head"],
        &["completion csh"],
    ),
    scene(
        "crypto change-pass",
        &["crypto change-pass {}/leaf.key --out {}/closed.key --new-password-file {}/new-password --force"],
        &[
            "crypto change-pass {}/leaf.key",
            "crypto change-pass {}/leaf.crt --out {}/x --new-password-file {}/new-password",
        ],
    ),
    scene(
        "crypto hash compare",
        &["crypto hash compare e695449dff919341411d56beff666cad8f9c045c7cea52ccd535446a77aa0635 {}/message.txt"],
        &["crypto hash compare x {}/message.txt"],
    ),
    scene("crypto hash digest", &["crypto hash digest {}/message.txt"], &["crypto hash digest {}/none"]),
    document(
        "crypto jose format",
        &["crypto jose format < {}/token.jwt", "crypto jose format < {}/message.jwe"],
        &["crypto jose format < {}/message.txt"],
    ),
    scene(
        "crypto jwe decrypt",
        &["crypto jwe decrypt --key {}/enc.json < {}/message.jwe"],
        &[
            "crypto jwe decrypt --key {}/jwk.json < {}/message.jwe",
            "crypto jwe decrypt --key {}/enc.json < {}/token.jwt",
        ],
    ),
    document(
        "crypto jwe encrypt",
        &["crypto jwe encrypt --key {}/enc.pub < {}/message.txt"],
        &["crypto jwe encrypt --key {}/jwk.pub < {}/message.txt"],
    ),
    scene(
        "crypto jwk create",
        &[
            "crypto jwk create {}/e.pub {}/e.json --no-password --insecure --force",
            "crypto jwk create {}/e.pub {}/e.json --kty oct --no-password --insecure --force",
        ],
        &["crypto jwk create {}/x.pub {}/x.json", "crypto jwk create {}/x.pub {}/x.json --alg none"],
    ),
    scene(
        "crypto jwk keyset add",
        &["crypto jwk keyset add {}/set{n}.json < {}/jwk.pub"],
        &["crypto jwk keyset add {}/set{n}.json < {}/message.txt"],
    ),
    scene(
        "crypto jwk keyset find",
        &["crypto jwk keyset find {}/jwks.json --kid alice"],
        &["crypto jwk keyset find {}/none.json --kid alice"],
    ),
    scene(
        "crypto jwk keyset list",
        &["crypto jwk keyset list {}/jwks.json"],
        &["crypto jwk keyset list {}/message.txt"],
    ),
    scene(
        "crypto jwk keyset remove",
        &["crypto jwk keyset remove {}/jwks.json --kid nobody"],
        &["crypto jwk keyset remove {}/none.json --kid alice"],
    ),
    document("crypto jwk public", &["crypto jwk public < {}/jwk.json"], &["crypto jwk public < {}/message.txt"]),
    scene("crypto jwk thumbprint", &["crypto jwk thumbprint < {}/jwk.pub"], &["crypto jwk thumbprint < {}/empty"]),
    scene(
        "crypto jws inspect",
        &["crypto jws inspect --insecure < {}/message.jws"],
        &["crypto jws inspect < {}/message.jws"],
    ),
    scene(
        "crypto jws sign",
        &["crypto jws sign {}/message.txt --key {}/jwk.json"],
        &["crypto jws sign {}/message.txt", "crypto jws sign {}/message.txt --key {}/jwk.json --alg RS256"],
    ),
    scene(
        "crypto jws verify",
        &["crypto jws verify --key {}/jwk.pub < {}/message.jws"],
        &["crypto jws verify --key {}/leaf.crt < {}/message.jws"],
    ),
    scene(
        "crypto jwt inspect",
        &["crypto jwt inspect --insecure < {}/token.jwt"],
        &["crypto jwt inspect < {}/token.jwt"],
    ),
    scene(
        "crypto jwt sign",
        &["crypto jwt sign {}/claims.json --key {}/jwk.json --iss me --aud you --sub them --exp 4000000000"],
        &["crypto jwt sign --key {}/jwk.json"],
    ),
    scene(
        "crypto jwt verify",
        &["crypto jwt verify --key {}/jwk.pub --iss me --aud you < {}/token.jwt"],
        &["crypto jwt verify --key {}/jwk.pub --iss you --aud me < {}/token.jwt"],
    ),
    scene(
        "crypto kdf compare",
        &[
            "crypto kdf compare $scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA < {}/message.txt",
        ],
        &["crypto kdf compare x < {}/message.txt"],
    ),
    scene("crypto kdf hash", &["crypto kdf hash < {}/message.txt"], &["crypto kdf hash word"]),
    scene(
        "crypto key format",
        &[
            "crypto key format {}/leaf.key --pem --pkcs8 --no-password --insecure",
            "crypto key format {}/leaf.crt --der --out {}/f.der --force",
        ],
        &["crypto key format {}/leaf.key --pem --der", "crypto key format {}/message.txt"],
    ),
    scene("crypto key inspect", &["crypto key inspect {}/leaf.key"], &["crypto key inspect {}/message.txt"]),
    scene("crypto key public", &["crypto key public {}/leaf.key"], &["crypto key public {}/none.key"]),
    scene(
        "crypto keypair",
        &["crypto keypair {}/g.pub {}/g.key --no-password --insecure --force"],
        &["crypto keypair {}/x.pub {}/x.key", "crypto keypair {}/x.pub {}/x.key --kty RSA --size 1024"],
    ),
    scene(
        "crypto nacl auth digest",
        &["crypto nacl auth digest {}/secret.key < {}/message.txt"],
        &["crypto nacl auth digest {}/message.txt < {}/message.txt"],
    ),
    scene(
        "crypto nacl auth verify",
        &["crypto nacl auth verify {}/secret.key {digest} < {}/message.txt"],
        &["crypto nacl auth verify {}/secret.key 00 < {}/message.txt", "crypto nacl auth verify {}/secret.key x"],
    ),
    scene(
        "crypto nacl box keypair",
        &["crypto nacl box keypair {}/h.pub {}/h.key --force"],
        &["crypto nacl box keypair {}/h.pub {}/h.pub"],
    ),
    scene(
        "crypto nacl box open",
        &["crypto nacl box open n {}/alice.pub {}/bob.key < {}/box.sealed"],
        &["crypto nacl box open m {}/alice.pub {}/bob.key < {}/box.sealed"],
    ),
    scene(
        "crypto nacl box seal",
        &["crypto nacl box seal n {}/bob.pub {}/alice.key < {}/message.txt"],
        &["crypto nacl box seal 1234567890123456789012345 {}/bob.pub {}/alice.key < {}/message.txt"],
    ),
    scene(
        "crypto nacl secretbox open",
        &["crypto nacl secretbox open n {}/secret.key < {}/secretbox.sealed"],
        &["crypto nacl secretbox open n {}/secret.key < {}/message.txt"],
    ),
    scene(
        "crypto nacl secretbox seal",
        &["crypto nacl secretbox seal n {}/secret.key < {}/message.txt"],
        &["crypto nacl secretbox seal n {}/message.txt < {}/message.txt"],
    ),
    scene(
        "crypto nacl sign keypair",
        &["crypto nacl sign keypair {}/h.pub {}/h.key --force"],
        &["crypto nacl sign keypair {}/h.pub {}/h.pub"],
    ),
    scene(
        "crypto nacl sign open",
        &["crypto nacl sign open {}/sign.pub < {}/message.signed"],
        &["crypto nacl sign open {}/alice.pub < {}/message.signed"],
    ),
    scene(
        "crypto nacl sign sign",
        &["crypto nacl sign sign {}/sign.key < {}/message.txt"],
        &["crypto nacl sign sign {}/sign.pub < {}/message.txt"],
    ),
    scene(
        "crypto otp generate",
        &["crypto otp generate --issuer example.com --account you@example.com --qr {}/totp.png --force"],
        &["crypto otp generate --issuer example.com"],
    ),
    scene(
        "crypto otp verify",
        &["crypto otp verify --secret {}/totp.secret --time 1970-01-01T00:00:59Z < {}/totp"],
        &["crypto otp verify --secret {}/totp.secret < {}/message.txt", "crypto otp verify --secret {}/none"],
    ),
    scene("crypto rand", &["crypto rand 40 --format hex"], &["crypto rand 0"]),
    // See tests/cli/oauth.rs.
    elsewhere("oauth", &["oauth"]),
    scene("path", &["path"], &["path here"]),
    // Its words are those of another program, `step-policy`: with it and without, it is run in cli/tests/policy.rs.
    for_people("policy", &[], &[]),
    scene("version", &["version"], &["version --long"]),
];
