//! `authsome env promote`.

use authsome::core::confirmation::Confirm;
use authsome::engine::{EnvironmentSetup, WebhookSetup};

use super::{Of, changed, compare};
use crate::cli::{output, prompt};
use crate::failure::Failure;

pub(super) const ABOUT: &str = "Examples:
  authsome env promote staging production                        shows what would change, and asks
  authsome env promote staging production --confirm promote      does not ask; scripts need this

The second environment gets the own settings and the forms of the first; production does not take `test_codes` over. New
webhooks of the first are added with new secrets, switched off. A webhook of an address that the second has already gets
the same events, and keeps its secret and its switch; other webhooks of the second stay. The second keeps its name,
slug, type, users, and whether it is the default.";

/// The word that confirms it.
const WORD: &str = "promote";

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Slug or id of the environment to copy from
    from: String,
    /// Slug or id of the environment to change
    to: String,
    /// Agree to the changes without being asked
    #[arg(long, value_name = "ACTION", value_parser = [WORD])]
    confirm: Option<String>,
}

pub(super) async fn run(of: &Of<'_>, arguments: &Arguments) -> Result<(), Failure> {
    let (from, to) = (of.named(&arguments.from).await?, of.named(&arguments.to).await?);
    let (source, before) = (of.setup(&from).await?, of.setup(&to).await?);
    let after = promoted(&source, &before);
    let plan = compare::differences(
        &compare::statements(&before, compare::described),
        &compare::statements(&after, compare::described),
    );
    if plan.is_empty() {
        return output::line("nothing to do");
    }
    output::table([format!("{} IS CHANGED IN", to.slug).as_str(), "NOW", "THEN"], &plan)?;
    if arguments.confirm.is_none() {
        prompt::confirm(&format!("This changes {} for everybody in it.", to.slug), "--confirm promote")?;
    }
    // Refuse if the shown plan is out of date. `set_up` checks the target.
    if of.setup(&from).await? != source {
        return Err(Failure::run(
            format!("the environment was not changed: {} was changed meanwhile", from.slug),
            "give the command again to see the new plan",
        ));
    }
    changed(of, of.environments.set_up(to.id, &before, &after, Confirm::NOTHING).await)
}

/// The setup of an environment after the promotion.
fn promoted(source: &EnvironmentSetup, target: &EnvironmentSetup) -> EnvironmentSetup {
    let mut after = target.clone();
    after.environment.settings = source.environment.settings.clone().fitting(after.environment.kind);
    after.forms = source.forms.clone();
    let mut left = std::mem::take(&mut after.webhooks);
    for webhook in &source.webhooks {
        let known = left.iter().position(|known| known.url == webhook.url).map(|position| left.remove(position));
        let enabled = known.is_some_and(|known| known.enabled);
        after.webhooks.push(WebhookSetup { enabled, ..webhook.clone() });
    }
    after.webhooks.extend(left);
    after
}

#[cfg(test)]
mod tests {
    use authsome::core::environment::EnvironmentType;
    use authsome::engine::NewEnvironment;

    use super::*;

    fn webhook(url: &str, events: &[&str], enabled: bool) -> WebhookSetup {
        let events = events.iter().map(|event| (*event).to_owned()).collect();
        WebhookSetup { url: url.to_owned(), description: None, events, enabled, secret: None }
    }

    fn setup(name: &str, kind: EnvironmentType, webhooks: Vec<WebhookSetup>) -> EnvironmentSetup {
        let environment = NewEnvironment { slug: Some(name.to_lowercase()), ..NewEnvironment::new(name, kind) };
        EnvironmentSetup { environment, forms: [(name.to_owned(), Vec::new())].into(), webhooks }
    }

    #[test]
    fn new_webhooks_are_switched_off_known_ones_keep_their_switch_and_others_stay() {
        let one = webhook("https://one.example", &["user.created"], true);
        let two = webhook("https://two.example", &[], true);
        let source = setup("Staging", EnvironmentType::Staging, vec![one.clone(), two.clone()]);
        let known = webhook("https://two.example", &["user.deleted"], true);
        let own = webhook("https://own.example", &[], true);
        let target = setup("Production", EnvironmentType::Production, vec![own.clone(), known]);
        let after = promoted(&source, &target);
        assert_eq!(after.webhooks, [WebhookSetup { enabled: false, ..one }, two, own]);
        assert_eq!(after.forms, source.forms);
        let (said, was) = (&after.environment, &target.environment);
        assert_eq!((&said.name, &said.slug, said.kind), (&was.name, &was.slug, was.kind));
    }

    #[test]
    fn production_follows_in_every_setting_but_test_codes() {
        let mut source = setup("Staging", EnvironmentType::Staging, Vec::new());
        source.environment.settings.test_codes = Some(true);
        source.environment.settings.mfa_required = Some(true);
        let settings_of = |kind| promoted(&source, &setup("Target", kind, Vec::new())).environment.settings;
        assert_eq!(settings_of(EnvironmentType::Custom), source.environment.settings);
        let live = settings_of(EnvironmentType::Production);
        assert_eq!((live.test_codes, live.mfa_required), (None, Some(true)));
    }
}
