//! Core's first migration, written out: it is in the history of every database, and never changes.

use crate::migration::{Migration, Operation};
use crate::schema::{ColumnDef, IndexDef, OnDelete, ScopeLevel, TableDef};
use crate::value::ColumnType;

pub(super) fn migration() -> Migration {
    let tables = [
        apps(),
        app_events(),
        app_session_configs(),
        environments(),
        users(),
        sessions(),
        refresh_tokens(),
        verifications(),
        password_resets(),
        tickets(),
        devices(),
        organizations(),
        members(),
        invitations(),
        teams(),
        team_members(),
        branding_configs(),
        form_configs(),
        webhooks(),
        notifications(),
        api_keys(),
        events(),
        lockouts(),
        rate_windows(),
        signing_keys(),
        installation(),
    ];
    Migration::new(1, "create_core_tables", tables.into_iter().map(Operation::CreateTable).collect())
}

fn text(name: &str, max_len: u32) -> ColumnDef {
    ColumnDef::new(name, ColumnType::Text).max_len(max_len)
}

fn json(name: &str) -> ColumnDef {
    ColumnDef::new(name, ColumnType::Json).max_len(16_384)
}

fn bytes(name: &str, max_len: u32) -> ColumnDef {
    ColumnDef::new(name, ColumnType::Bytes).max_len(max_len)
}

fn flag(name: &str) -> ColumnDef {
    ColumnDef::new(name, ColumnType::Bool)
}

fn int(name: &str) -> ColumnDef {
    ColumnDef::new(name, ColumnType::Int)
}

fn time(name: &str) -> ColumnDef {
    ColumnDef::new(name, ColumnType::Time)
}

fn apps() -> TableDef {
    TableDef::new("authsome_apps", ScopeLevel::Global, text("id", 64))
        .column(text("name", 200))
        .column(text("slug", 64))
        .column(text("publishable_key", 64))
        .column(json("metadata"))
        .column(time("created_at"))
        .column(time("updated_at"))
        .column(time("deleted_at").nullable())
        .index(IndexDef::unique("authsome_apps_slug_key", &["slug"]).only_where_null("deleted_at"))
        .index(IndexDef::unique("authsome_apps_publishable_key_key", &["publishable_key"]))
        .index(IndexDef::plain("authsome_apps_deleted_idx", &["deleted_at"]))
}

fn app_events() -> TableDef {
    TableDef::new("authsome_app_events", ScopeLevel::App, text("id", 64))
        .column(text("action", 64))
        .column(text("actor", 64).nullable())
        .column(text("target", 64).nullable())
        .column(json("data"))
        .column(time("created_at"))
        .index(IndexDef::plain("authsome_app_events_actor_idx", &["app_id", "actor", "id"]))
        .index(IndexDef::plain("authsome_app_events_target_idx", &["app_id", "target", "id"]))
        .index(IndexDef::plain("authsome_app_events_action_idx", &["app_id", "action", "id"]))
        .reference("app_id", "authsome_apps", ScopeLevel::Global, "id", OnDelete::Cascade)
}

fn app_session_configs() -> TableDef {
    TableDef::new("authsome_app_session_configs", ScopeLevel::App, text("id", 64))
        .column(json("settings"))
        .column(text("token_format", 32))
        .column(time("created_at"))
        .column(time("updated_at"))
        .index(IndexDef::unique("authsome_app_session_configs_app_key", &["app_id"]))
        .reference("app_id", "authsome_apps", ScopeLevel::Global, "id", OnDelete::Cascade)
}

fn environments() -> TableDef {
    TableDef::new("authsome_environments", ScopeLevel::App, text("id", 64))
        .column(text("name", 200))
        .column(text("slug", 64))
        .column(text("type", 32))
        .column(text("publishable_key", 64))
        .column(text("description", 2_000).nullable())
        .column(text("color", 7))
        .column(flag("is_default").nullable())
        .column(flag("is_active"))
        .column(json("settings"))
        .column(json("metadata"))
        .column(time("created_at"))
        .column(time("updated_at"))
        .column(time("deleted_at").nullable())
        .index(IndexDef::unique("authsome_environments_slug_key", &["app_id", "slug"]).only_where_null("deleted_at"))
        .index(IndexDef::unique("authsome_environments_publishable_key_key", &["publishable_key"]))
        .index(IndexDef::unique("authsome_environments_default_key", &["app_id", "is_default"]))
        .index(IndexDef::plain("authsome_environments_deleted_idx", &["deleted_at"]))
        .reference("app_id", "authsome_apps", ScopeLevel::Global, "id", OnDelete::Restrict)
}

fn users() -> TableDef {
    TableDef::new("authsome_users", ScopeLevel::Environment, text("id", 64))
        .column(text("email", 254))
        .column(text("email_key", 254))
        .column(flag("email_verified"))
        .column(text("username", 64).nullable())
        .column(text("username_key", 64).nullable())
        .column(text("phone", 16).nullable())
        .column(flag("phone_verified"))
        .column(text("name", 200).nullable())
        .column(text("image", 2_000).nullable())
        .column(json("metadata"))
        .column(flag("banned"))
        .column(time("created_at"))
        .column(time("updated_at"))
        .column(time("deleted_at").nullable())
        .index(
            IndexDef::unique("authsome_users_email_key", &["app_id", "env_id", "email_key"])
                .only_where_null("deleted_at"),
        )
        .index(
            IndexDef::unique("authsome_users_username_key", &["app_id", "env_id", "username_key"])
                .only_where_null("deleted_at"),
        )
        .index(
            IndexDef::unique("authsome_users_phone_key", &["app_id", "env_id", "phone"]).only_where_null("deleted_at"),
        )
        .reference("env_id", "authsome_environments", ScopeLevel::App, "id", OnDelete::Restrict)
}

fn sessions() -> TableDef {
    TableDef::new("authsome_sessions", ScopeLevel::Environment, text("id", 64))
        .column(text("user_id", 64))
        .column(bytes("token_hash", 32))
        .column(text("organization_id", 64).nullable())
        .column(text("device_id", 64).nullable())
        .column(text("ip", 64).nullable())
        .column(text("user_agent", 500).nullable())
        .column(text("method", 64))
        .column(json("amr"))
        .column(time("created_at"))
        .column(time("authenticated_at"))
        .column(time("last_seen_at"))
        .column(time("expires_at"))
        .column(time("refresh_expires_at"))
        .index(IndexDef::unique("authsome_sessions_token_key", &["token_hash"]))
        .index(IndexDef::plain("authsome_sessions_user_idx", &["app_id", "env_id", "user_id", "id"]))
        .index(IndexDef::plain("authsome_sessions_device_idx", &["app_id", "env_id", "device_id"]))
        .index(IndexDef::plain("authsome_sessions_ends_idx", &["refresh_expires_at"]))
        .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn refresh_tokens() -> TableDef {
    TableDef::new("authsome_refresh_tokens", ScopeLevel::Environment, text("id", 64))
        .column(text("session_id", 64))
        .column(bytes("hash", 32))
        .column(time("created_at"))
        .column(time("consumed_at").nullable())
        .column(time("expires_at"))
        .index(IndexDef::unique("authsome_refresh_tokens_hash_key", &["hash"]))
        .index(IndexDef::plain("authsome_refresh_tokens_session_idx", &["app_id", "env_id", "session_id"]))
        .index(IndexDef::plain("authsome_refresh_tokens_expires_idx", &["expires_at"]))
        .reference("session_id", "authsome_sessions", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn verifications() -> TableDef {
    TableDef::new("authsome_verifications", ScopeLevel::Environment, text("id", 64))
        .column(text("user_id", 64))
        .column(text("purpose", 32))
        .column(text("email", 254))
        .column(bytes("token_hash", 32))
        .column(time("created_at"))
        .column(time("expires_at"))
        .column(time("consumed_at").nullable())
        .index(IndexDef::unique("authsome_verifications_token_key", &["token_hash"]))
        .index(IndexDef::plain("authsome_verifications_user_idx", &["app_id", "env_id", "user_id"]))
        .index(IndexDef::plain("authsome_verifications_expires_idx", &["expires_at"]))
        .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn password_resets() -> TableDef {
    TableDef::new("authsome_password_resets", ScopeLevel::Environment, text("id", 64))
        .column(text("user_id", 64))
        .column(bytes("token_hash", 32))
        .column(time("created_at"))
        .column(time("expires_at"))
        .column(time("consumed_at").nullable())
        .index(IndexDef::unique("authsome_password_resets_token_key", &["token_hash"]))
        .index(IndexDef::plain("authsome_password_resets_user_idx", &["app_id", "env_id", "user_id"]))
        .index(IndexDef::plain("authsome_password_resets_expires_idx", &["expires_at"]))
        .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn tickets() -> TableDef {
    TableDef::new("authsome_tickets", ScopeLevel::Environment, text("id", 64))
        .column(text("user_id", 64))
        .column(bytes("token_hash", 32))
        .column(text("purpose", 32))
        .column(int("attempts"))
        .column(text("method", 64))
        .column(json("amr"))
        .column(time("created_at"))
        .column(time("expires_at"))
        .index(IndexDef::unique("authsome_tickets_token_key", &["token_hash"]))
        .index(IndexDef::plain("authsome_tickets_user_idx", &["app_id", "env_id", "user_id"]))
        .index(IndexDef::plain("authsome_tickets_expires_idx", &["expires_at"]))
        .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn devices() -> TableDef {
    TableDef::new("authsome_devices", ScopeLevel::Environment, text("id", 64))
        .column(text("user_id", 64))
        .column(bytes("fingerprint", 32))
        .column(text("name", 200).nullable())
        .column(text("user_agent", 500).nullable())
        .column(text("ip", 64).nullable())
        .column(flag("trusted"))
        .column(time("last_seen_at"))
        .column(time("created_at"))
        .column(time("updated_at"))
        .index(IndexDef::unique("authsome_devices_fingerprint_key", &["app_id", "env_id", "user_id", "fingerprint"]))
        .index(IndexDef::plain("authsome_devices_user_idx", &["app_id", "env_id", "user_id", "id"]))
        .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn organizations() -> TableDef {
    TableDef::new("authsome_organizations", ScopeLevel::Environment, text("id", 64))
        .column(text("name", 200))
        .column(text("slug", 64))
        .column(text("logo", 2_000).nullable())
        .column(json("metadata"))
        .column(text("created_by", 64).nullable())
        .column(time("created_at"))
        .column(time("updated_at"))
        .index(IndexDef::unique("authsome_organizations_slug_key", &["app_id", "env_id", "slug"]))
        .reference("env_id", "authsome_environments", ScopeLevel::App, "id", OnDelete::Restrict)
}

fn members() -> TableDef {
    TableDef::new("authsome_members", ScopeLevel::Environment, text("id", 64))
        .column(text("organization_id", 64))
        .column(text("user_id", 64))
        .column(text("role", 32))
        .column(time("created_at"))
        .column(time("updated_at"))
        .index(IndexDef::unique("authsome_members_user_key", &["app_id", "env_id", "organization_id", "user_id"]))
        .index(IndexDef::plain("authsome_members_user_idx", &["app_id", "env_id", "user_id", "id"]))
        .reference("organization_id", "authsome_organizations", ScopeLevel::Environment, "id", OnDelete::Cascade)
        .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn invitations() -> TableDef {
    TableDef::new("authsome_invitations", ScopeLevel::Environment, text("id", 64))
        .column(text("organization_id", 64))
        .column(text("email", 254))
        .column(text("email_key", 254))
        .column(text("role", 32))
        .column(bytes("token_hash", 32))
        .column(text("invited_by", 64).nullable())
        .column(text("status", 32))
        .column(time("created_at"))
        .column(time("expires_at"))
        .index(IndexDef::unique("authsome_invitations_token_key", &["token_hash"]))
        .index(IndexDef::plain("authsome_invitations_organization_idx", &["app_id", "env_id", "organization_id", "id"]))
        .index(IndexDef::plain("authsome_invitations_email_idx", &["app_id", "env_id", "email_key"]))
        .index(IndexDef::plain("authsome_invitations_expires_idx", &["expires_at"]))
        .reference("organization_id", "authsome_organizations", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn teams() -> TableDef {
    TableDef::new("authsome_teams", ScopeLevel::Environment, text("id", 64))
        .column(text("organization_id", 64))
        .column(text("name", 200))
        .column(text("slug", 64))
        .column(time("created_at"))
        .column(time("updated_at"))
        .index(IndexDef::unique("authsome_teams_slug_key", &["app_id", "env_id", "organization_id", "slug"]))
        .index(IndexDef::plain("authsome_teams_organization_idx", &["app_id", "env_id", "organization_id", "id"]))
        .reference("organization_id", "authsome_organizations", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn team_members() -> TableDef {
    TableDef::new("authsome_team_members", ScopeLevel::Environment, text("id", 64))
        .column(text("team_id", 64))
        .column(text("member_id", 64))
        .column(time("created_at"))
        .index(IndexDef::unique("authsome_team_members_member_key", &["app_id", "env_id", "team_id", "member_id"]))
        .index(IndexDef::plain("authsome_team_members_member_idx", &["app_id", "env_id", "member_id", "id"]))
        .reference("team_id", "authsome_teams", ScopeLevel::Environment, "id", OnDelete::Cascade)
        .reference("member_id", "authsome_members", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn branding_configs() -> TableDef {
    TableDef::new("authsome_branding_configs", ScopeLevel::Environment, text("id", 64))
        .column(text("organization_id", 64))
        .column(text("display_name", 200).nullable())
        .column(text("logo_url", 2_000).nullable())
        .column(text("favicon_url", 2_000).nullable())
        .column(text("primary_color", 7).nullable())
        .column(text("background_color", 7).nullable())
        .column(time("created_at"))
        .column(time("updated_at"))
        .index(IndexDef::unique("authsome_branding_configs_organization_key", &["app_id", "env_id", "organization_id"]))
        .reference("organization_id", "authsome_organizations", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn form_configs() -> TableDef {
    TableDef::new("authsome_form_configs", ScopeLevel::Environment, text("id", 64))
        .column(text("form_type", 64))
        .column(json("fields"))
        .column(time("created_at"))
        .column(time("updated_at"))
        .index(IndexDef::unique("authsome_form_configs_type_key", &["app_id", "env_id", "form_type"]))
        .reference("env_id", "authsome_environments", ScopeLevel::App, "id", OnDelete::Restrict)
}

fn webhooks() -> TableDef {
    TableDef::new("authsome_webhooks", ScopeLevel::Environment, text("id", 64))
        .column(text("url", 2_000))
        .column(text("description", 2_000).nullable())
        .column(json("events"))
        .column(bytes("sealed_secret", 512))
        .column(flag("enabled"))
        .column(time("created_at"))
        .column(time("updated_at"))
        .reference("env_id", "authsome_environments", ScopeLevel::App, "id", OnDelete::Restrict)
}

fn notifications() -> TableDef {
    TableDef::new("authsome_notifications", ScopeLevel::Environment, text("id", 64))
        .column(text("user_id", 64).nullable())
        .column(text("kind", 64))
        .column(text("recipient", 254))
        .column(text("status", 32))
        .column(int("attempts"))
        .column(time("due_at").nullable())
        .column(text("last_error", 500).nullable())
        .column(time("created_at"))
        .column(time("sent_at").nullable())
        .index(IndexDef::plain("authsome_notifications_due_idx", &["due_at"]))
        .index(IndexDef::plain("authsome_notifications_user_idx", &["app_id", "env_id", "user_id", "id"]))
        .reference("env_id", "authsome_environments", ScopeLevel::App, "id", OnDelete::Restrict)
}

fn api_keys() -> TableDef {
    TableDef::new("authsome_api_keys", ScopeLevel::Environment, text("id", 64))
        .column(text("user_id", 64).nullable())
        .column(text("name", 200))
        .column(text("prefix", 32))
        .column(bytes("hash", 32))
        .column(json("permissions"))
        .column(time("expires_at").nullable())
        .column(time("last_used_at").nullable())
        .column(time("revoked_at").nullable())
        .column(time("created_at"))
        .column(time("updated_at"))
        .index(IndexDef::unique("authsome_api_keys_hash_key", &["hash"]))
        .index(IndexDef::plain("authsome_api_keys_prefix_idx", &["app_id", "env_id", "prefix"]))
        .index(IndexDef::plain("authsome_api_keys_user_idx", &["app_id", "env_id", "user_id", "id"]))
        .reference("env_id", "authsome_environments", ScopeLevel::App, "id", OnDelete::Restrict)
        .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

fn events() -> TableDef {
    TableDef::new("authsome_events", ScopeLevel::Environment, text("id", 64))
        .column(text("action", 64))
        .column(text("actor", 64).nullable())
        .column(text("target", 64).nullable())
        .column(json("data"))
        .column(text("ip", 64).nullable())
        .column(text("user_agent", 500).nullable())
        .column(time("created_at"))
        .index(IndexDef::plain("authsome_events_actor_idx", &["app_id", "env_id", "actor", "id"]))
        .index(IndexDef::plain("authsome_events_target_idx", &["app_id", "env_id", "target", "id"]))
        .index(IndexDef::plain("authsome_events_action_idx", &["app_id", "env_id", "action", "id"]))
        .reference("env_id", "authsome_environments", ScopeLevel::App, "id", OnDelete::Restrict)
}

fn lockouts() -> TableDef {
    TableDef::new("authsome_lockouts", ScopeLevel::Environment, text("subject", 128))
        .column(int("failures"))
        .column(int("pending"))
        .column(time("locked_until").nullable())
        .column(time("expires_at"))
        .index(IndexDef::plain("authsome_lockouts_expires_idx", &["expires_at"]))
}

fn rate_windows() -> TableDef {
    TableDef::new("authsome_rate_windows", ScopeLevel::Environment, text("key", 200))
        .column(int("count"))
        .column(time("expires_at"))
        .index(IndexDef::plain("authsome_rate_windows_expires_idx", &["expires_at"]))
}

fn signing_keys() -> TableDef {
    TableDef::new("authsome_signing_keys", ScopeLevel::Environment, text("id", 64))
        .column(text("state", 32))
        .column(bytes("public", 32))
        .column(bytes("sealed_private", 512))
        .column(time("created_at"))
        .column(time("activated_at").nullable())
        .column(time("retired_at").nullable())
        .column(time("needed_until").nullable())
        .index(IndexDef::unique("authsome_signing_keys_state_key", &["app_id", "env_id", "state"]))
        .reference("env_id", "authsome_environments", ScopeLevel::App, "id", OnDelete::Restrict)
}

fn installation() -> TableDef {
    TableDef::new("authsome_installation", ScopeLevel::Global, text("id", 32))
        .column(bytes("key_check", 32))
        .column(time("created_at"))
}
