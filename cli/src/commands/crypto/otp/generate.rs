//! `step crypto otp generate`

use std::{
    borrow::Cow,
    fmt::Write as _,
    io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use aws_lc_rs::rand;
use clap::Args;
use qrcode::{Color, QrCode};
use serde::Serialize;
use zeroize::Zeroizing;

use super::totp::{self, Parameters};
use crate::{answer::Answer, context::Context, error::ExitStatus, files::Destination, output::Output};

/// Make the secret of a one-time password
///
/// Printed is the secret in base32, or with --url what authenticators import; --qr draws the latter as a PNG file.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto otp generate --issuer example.com --account you@example.com > totp.secret
  step crypto otp generate --issuer example.com --account you@example.com --qr totp.png > totp.secret")]
pub(crate) struct Generate {
    /// Who asks for the password, e.g. example.com
    #[arg(long, alias = "iss", value_name = "NAME")]
    issuer: String,
    /// Whose password it is, e.g. you@example.com
    #[arg(long, value_name = "NAME")]
    account: String,
    #[command(flatten)]
    parameters: Parameters,
    /// Octets of the secret
    #[arg(long, value_name = "OCTETS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(16..=64))]
    secret_size: u32,
    /// Print an otpauth URL
    #[arg(long)]
    url: bool,
    /// Draw the URL into this PNG file
    #[arg(long, value_name = "FILE")]
    qr: Option<PathBuf>,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

/// A secret, and how an app takes it over.
#[derive(Serialize)]
struct Generated<'a> {
    secret: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    qr: Option<Cow<'a, str>>,
    /// Which of both people are shown.
    #[serde(skip)]
    shows_url: bool,
}

impl Answer for Generated<'_> {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.answer(if self.shows_url { self.url } else { self.secret })?;
        output.answer("\n")
    }
}

impl Generate {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let picture = self.qr.as_deref().map(|path| Destination::claim(cx, path, self.force)).transpose()?;
        let mut secret = Zeroizing::new(vec![0; usize::try_from(self.secret_size)?]);
        rand::fill(&mut secret).expect("the system has random numbers");
        let secret = totp::encode(&secret);
        let url = self.otpauth(&secret);
        if let Some(file) = picture {
            file.write(&draw(&url)?)?;
        }
        let qr = self.qr.as_deref().map(Path::to_string_lossy);
        cx.output.give(&Generated { secret: &secret, url: &url, qr, shows_url: self.url })?;
        Ok(ExitStatus::Success)
    }

    /// The key URI of authenticator applications.
    fn otpauth(&self, secret: &str) -> Zeroizing<String> {
        let (issuer, account) = (percent_encoded(&self.issuer), percent_encoded(&self.account));
        let Parameters { period, length, alg } = self.parameters;
        let alg = alg.name();
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?algorithm={alg}&digits={length}&issuer={issuer}&period={period}&secret={secret}"
        ))
    }
}

/// RFC 3986 §2.1: everything but unreserved characters.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(octet));
        } else {
            let _ = write!(encoded, "%{octet:02X}");
        }
    }
    encoded
}

/// Pixels of a module.
const SCALE: usize = 8;
/// Modules of white around (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;

/// The text as a QR code, in PNG.
fn draw(text: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let code = QrCode::new(text).context("the names are too long for a QR code")?;
    let (modules, width) = (code.width(), (code.width() + 2 * QUIET) * SCALE);
    let is_dark = |x: usize, y: usize| {
        let module = |pixel: usize| (pixel / SCALE).checked_sub(QUIET).filter(|module| *module < modules);
        module(x).zip(module(y)).is_some_and(|place| code[place] == Color::Dark)
    };
    let pixels = (0..width * width).map(|pixel| if is_dark(pixel % width, pixel / width) { 0 } else { u8::MAX });
    let pixels = Zeroizing::new(pixels.collect::<Vec<_>>());
    let mut file = Zeroizing::new(Vec::new());
    let side = u32::try_from(width)?;
    let mut encoder = png::Encoder::new(&mut *file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::User;

    const NAMES: &str = "--issuer example.com --account you@example.com";

    #[test]
    fn a_secret_is_base32_and_a_new_one_each_time() {
        let user = User::new();
        let line = format!("crypto otp generate {NAMES}");
        let secret = user.step(&line).answer();
        assert_eq!(totp::decode(&secret).expect("base32").len(), 20);
        assert_ne!(user.step(&line).answer(), secret);
        let longer = user.step(&format!("{line} --secret-size 32")).answer();
        assert_eq!(totp::decode(&longer).expect("base32").len(), 32);
        assert!(user.step("crypto otp generate --account a").error().contains("issuer"));
    }

    #[test]
    fn a_url_says_all_an_authenticator_needs() {
        let url = User::new().step(&format!("crypto otp generate {NAMES} --url --digits 8 --alg sha256")).answer();
        let start = "otpauth://totp/example.com:you%40example.com?algorithm=SHA256&digits=8&issuer=example.com\
                     &period=30&secret=";
        let secret = url.strip_prefix(start).unwrap_or_else(|| panic!("{url}"));
        assert_eq!(totp::decode(secret).expect("base32").len(), 20);
    }

    #[test]
    fn a_picture_is_a_png_that_is_not_overwritten_unasked() {
        let user = User::new();
        let line = format!("crypto otp generate {NAMES} --qr {{}}/totp.png");
        user.step(&line).answer();
        let picture = std::fs::read(user.path("totp.png")).expect("a file");
        let mut reader = png::Decoder::new(io::Cursor::new(&picture)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let frame = reader.next_frame(&mut pixels).expect("pixels");
        assert_eq!((frame.width % 8, frame.width), (0, frame.height));
        assert!(pixels.contains(&0) && pixels.contains(&255));
        assert_eq!(user.step(&line).status, ExitStatus::Failure);
        assert_eq!(std::fs::read(user.path("totp.png")).expect("a file"), picture);
    }
}
