//! `step oauth`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use reqwest::Url;
use zeroize::Zeroizing;

use crate::{
    answer::Text,
    client::tls,
    context::Context,
    error::{CommandError, ExitStatus},
    files,
    oauth::{
        self, Account, Client, Exchange, ListenAddress, Parameter, Provider, ProviderName, Redirect, ServiceAccount,
        Tokens, Wish, secure_url,
    },
    output::printable_json,
    roots,
};

/// Sign in at an identity provider and print the tokens it gives
///
/// The browser is opened, and comes back to a port of this machine. The code it brings is exchanged with PKCE, and an
/// identity token is verified by the provider's published keys before it is printed. The address to visit is always
/// written to standard error.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step oauth --provider https://login.example.com --client-id step --oidc --bare
  step oauth --client-id 123.apps.googleusercontent.com --client-secret-file secret --email me@example.com
  step oauth --provider github --client-id Iv1.0123456789abcdef --console-flow device
  step oauth --account service.json --jwt --scope https://api.example.com --header")]
pub(crate) struct Oauth {
    /// google, github, or the https URL of an OpenID Connect provider or its configuration
    #[arg(long, alias = "idp", value_name = "PROVIDER", default_value = "google")]
    provider: String,
    /// Id of this client at the provider
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// File with the client's secret, if it has one
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Not supported: everybody on the machine could read it, see --client-secret-file
    #[arg(long, value_name = "SECRET", hide = true)]
    client_secret: Option<String>,
    /// Account file of Google: of a service, which signs in by itself, or of a client
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// Print a token the service account has signed itself, for the audience named by --scope
    #[arg(long)]
    jwt: bool,
    /// Where the person is sent, for a provider without a configuration
    #[arg(long, value_name = "URL")]
    authorization_endpoint: Option<String>,
    /// Where codes become tokens, for a provider without a configuration
    #[arg(long, value_name = "URL")]
    token_endpoint: Option<String>,
    /// Where devices ask for a code, for a provider without a configuration
    #[arg(long, value_name = "URL")]
    device_authorization_endpoint: Option<String>,
    /// What the tokens are to be good for; can be given more than once; openid and email if left out
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Who signs in, as a hint to the provider
    #[arg(long, short, value_name = "EMAIL")]
    email: Option<String>,
    /// What the provider is to ask again: none, login, consent or select_account
    #[arg(long, value_name = "PROMPT")]
    prompt: Option<String>,
    /// A parameter of the provider's own for the address the person is sent to, as name=value; can be given more than once
    #[arg(long = "auth-param", value_name = "NAME=VALUE", value_parser = Parameter::parse)]
    parameters: Vec<Parameter>,
    /// Address the browser comes back to; a free port of 127.0.0.1 if left out
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<ListenAddress>,
    /// URL the provider is told in place of that address
    #[arg(long, value_name = "URL")]
    listen_url: Option<String>,
    /// URL the browser is sent to in the end
    #[arg(long, value_name = "URL")]
    redirect_url: Option<Url>,
    /// Open no browser and listen nowhere: the code is typed
    #[arg(long, short)]
    console: bool,
    /// How, without a browser on this machine
    #[arg(long, value_enum, value_name = "FLOW")]
    console_flow: Option<ConsoleFlow>,
    /// Not supported: tokens in addresses end up in histories and logs
    #[arg(long, hide = true)]
    implicit: bool,
    /// Print the identity token in place of the access token
    #[arg(long)]
    oidc: bool,
    /// Print the token alone
    #[arg(long)]
    bare: bool,
    /// Print the token as a line of an HTTP header, for curl
    #[arg(long, alias = "bearer")]
    header: bool,
    /// Trust these roots for the provider in place of the system's: a file, files separated by commas, or a directory
    #[arg(long, value_name = "FILE")]
    roots: Option<String>,
}

#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
enum ConsoleFlow {
    /// The provider shows a code to the browser, which is typed here
    Oob,
    /// This program shows a code, which is typed into a browser
    Device,
}

impl Oauth {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.refuse_what_is_unsafe()?;
        let tokens = match self.account()? {
            Some(Account::Service(account)) => self.as_service(cx, &account)?,
            Some(Account::Client(client, provider)) => {
                let exchange = self.exchange(&provider.token)?;
                self.as_person(cx, &exchange, &provider, &client)?
            }
            None => {
                let client = self.client(cx)?;
                let (exchange, provider) = self.provider(cx)?;
                self.as_person(cx, &exchange, &provider, &client)?
            }
        };
        self.print(cx, &tokens)?;
        Ok(ExitStatus::Success)
    }

    fn refuse_what_is_unsafe(&self) -> Result<(), CommandError> {
        if self.client_secret.is_some() {
            let reason = "everybody on the machine could read it; name a file with `--client-secret-file`";
            return Err(CommandError::Unsupported { flag: "client-secret", reason });
        }
        if self.implicit {
            let reason = "tokens in addresses end up in histories and logs (RFC 9700 §2.1.2); leave the flag out, \
                 every client may exchange a code";
            return Err(CommandError::Unsupported { flag: "implicit", reason });
        }
        if self.header && self.bare {
            return Err(CommandError::MutuallyExclusive { first: "header", second: "bare" });
        }
        if self.jwt && self.account.is_none() {
            return Err(CommandError::FlagRequiresFlag { flag: "jwt", required: "account" });
        }
        Ok(())
    }

    fn account(&self) -> anyhow::Result<Option<Account>> {
        let Some(file) = &self.account else { return Ok(None) };
        let account = Account::parse(&files::read(file)?)?;
        match account {
            Account::Client(..) if self.jwt => {
                Err(CommandError::Incompatible { flag: "jwt", with: "the account of a client" }.into())
            }
            // Of a program the provider has nothing to say that its keys could be asked about.
            Account::Service(_) if self.oidc => {
                Err(CommandError::Incompatible { flag: "oidc", with: "the account of a service" }.into())
            }
            account => Ok(Some(account)),
        }
    }

    fn client(&self, cx: &Context) -> anyhow::Result<Client> {
        let command = cx.command.clone();
        let id = self.client_id.clone().ok_or(CommandError::CommandRequiresFlag { command, flag: "client-id" })?;
        let secret = self.client_secret_file.as_deref().map(files::read_password).transpose()?;
        let secret = secret.map(|secret| String::from_utf8_lossy(&secret).into_owned());
        Ok(Client::new(id, secret.map(Zeroizing::new)))
    }

    fn provider(&self, cx: &Context) -> anyhow::Result<(Exchange, Provider)> {
        let endpoints = match (&self.authorization_endpoint, &self.token_endpoint) {
            (Some(authorization), Some(token)) => Some((authorization, token)),
            (None, None) => None,
            (Some(_), None) => {
                let (flag, required) = ("authorization-endpoint", "token-endpoint");
                return Err(CommandError::FlagRequiresFlag { flag, required }.into());
            }
            (None, Some(_)) => {
                let (flag, required) = ("token-endpoint", "authorization-endpoint");
                return Err(CommandError::FlagRequiresFlag { flag, required }.into());
            }
        };
        if let Some((authorization, token)) = endpoints {
            let mut provider = Provider::at(
                secure_url("--authorization-endpoint", authorization)?,
                secure_url("--token-endpoint", token)?,
            );
            let device = self.device_authorization_endpoint.as_deref();
            provider.device = device.map(|url| secure_url("--device-authorization-endpoint", url)).transpose()?;
            return Ok((self.exchange(&provider.token)?, provider));
        }
        let name: ProviderName = self.provider.parse()?;
        let exchange = self.exchange(&name.place())?;
        let provider = cx.wait_for(name.look_up(&exchange))??;
        Ok((exchange, provider))
    }

    fn exchange(&self, place: &Url) -> anyhow::Result<Exchange> {
        let tls = match &self.roots {
            Some(roots) => tls::verifying(&roots::read(roots)?)?,
            None => tls::verifying_by_system()?,
        };
        Ok(Exchange::new(tls, place)?)
    }

    fn as_service(&self, cx: &Context, account: &ServiceAccount) -> anyhow::Result<Tokens> {
        if self.scopes.is_empty() {
            return Err(CommandError::FlagRequiresFlag { flag: "account", required: "scope" }.into());
        }
        let scope = self.scopes.join(" ");
        if self.jwt {
            return Ok(account.bearer(&scope, cx.now())?);
        }
        Ok(cx.wait_for(account.authorize(&self.exchange(&account.token)?, &scope, cx.now()))??)
    }

    fn as_person(
        &self,
        cx: &mut Context,
        exchange: &Exchange,
        provider: &Provider,
        client: &Client,
    ) -> anyhow::Result<Tokens> {
        if self.oidc && provider.issuer.is_none() {
            return Err(CommandError::Incompatible { flag: "oidc", with: "a provider that publishes no keys" }.into());
        }
        let wish = Wish {
            scopes: self.scopes(),
            prompt: self.prompt.clone(),
            email: self.email.clone(),
            parameters: self.parameters.clone(),
        };
        match (self.console_flow, self.console) {
            (Some(ConsoleFlow::Device), _) => oauth::authorize_device(cx, exchange, provider, client, &wish),
            (Some(ConsoleFlow::Oob), _) | (None, true) => {
                oauth::authorize_by_hand(cx, exchange, provider, client, &wish, self.listen_url.as_deref())
            }
            (None, false) => {
                let redirect = Redirect {
                    address: self.listen.unwrap_or_default(),
                    url: self.listen_url.clone(),
                    finished: self.redirect_url.clone(),
                };
                oauth::authorize(cx, exchange, provider, client, &wish, &redirect)
            }
        }
    }

    fn scopes(&self) -> Vec<String> {
        let usual: &[&str] = if self.provider == "github" { &["user:email"] } else { &["openid", "email"] };
        let given = self.scopes.clone();
        if given.is_empty() { usual.iter().map(|&scope| scope.to_owned()).collect() } else { given }
    }

    fn print(&self, cx: &mut Context, tokens: &Tokens) -> anyhow::Result<()> {
        let token = if self.oidc { tokens.id_token()? } else { &tokens.access_token };
        match (self.header, self.bare) {
            (true, _) => {
                let header = Zeroizing::new(format!("Authorization: Bearer {token}"));
                cx.output.give(&Text::line("header", &header))?;
            }
            (false, true) => cx.output.give(&Text::line("token", token))?,
            (false, false) => {
                let json = Zeroizing::new(serde_json::to_string_pretty(tokens)?);
                let json = Zeroizing::new(printable_json(&json) + "\n");
                cx.output.answer(json.as_bytes())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    fn error(flags: &str) -> String {
        User::new().step(&format!("oauth {flags}")).error()
    }

    #[test]
    fn a_secret_is_not_taken_from_where_everybody_can_read_it() {
        let text = error("--client-id a --client-secret hunter2");
        assert!(text.starts_with("flag '--client-secret' is not supported: "), "{text}");
        assert!(text.contains("--client-secret-file") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn the_implicit_flow_is_refused_with_a_way_out() {
        assert!(error("--client-id a --implicit").contains("leave the flag out"));
    }

    #[test]
    fn flags_that_need_others_say_so() {
        for (flags, text) in [
            ("", "'step oauth' requires the '--client-id' flag\n"),
            ("--client-id a --jwt", "flag '--jwt' requires the '--account' flag\n"),
            ("--client-id a --header --bare", "flag '--header' and flag '--bare' are mutually exclusive\n"),
            (
                "--client-id a --token-endpoint https://idp/t",
                "flag '--token-endpoint' requires the '--authorization-endpoint' flag\n",
            ),
            (
                "--client-id a --oidc --token-endpoint https://idp/t --authorization-endpoint https://idp/a",
                "flag '--oidc' is incompatible with 'a provider that publishes no keys'\n",
            ),
            (
                "--client-id a --provider http://idp.example.com",
                "the provider is not an https URL of a server: 'http://idp.example.com'\n",
            ),
        ] {
            assert_eq!(error(flags), text, "{flags}");
        }
    }
}
