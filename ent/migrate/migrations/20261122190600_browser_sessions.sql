-- Create "browser_sessions" table
CREATE TABLE "browser_sessions" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "created_by" character varying NOT NULL DEFAULT '', "created_by_name" character varying NOT NULL DEFAULT '', "status" character varying NOT NULL DEFAULT 'queued', "reason" character varying NOT NULL DEFAULT '', "url" character varying NOT NULL, "browser" character varying NOT NULL DEFAULT '', "device" character varying NOT NULL DEFAULT '', "width" bigint NOT NULL DEFAULT 0, "height" bigint NOT NULL DEFAULT 0, "record" boolean NOT NULL DEFAULT true, "environment" character varying NOT NULL DEFAULT '', "secrets" jsonb NULL, "variables" jsonb NULL, "idle_ms" bigint NOT NULL, "captures" jsonb NULL, "command_count" bigint NOT NULL DEFAULT 0, "waiting" bigint NOT NULL DEFAULT 0, "worker_id" character varying NULL, "lease_expires_at" timestamptz NULL, "expires_at" timestamptz NOT NULL, "used_at" timestamptz NOT NULL, "ready_at" timestamptz NULL, "ended_at" timestamptz NULL, "recorded" character varying NOT NULL DEFAULT '', "notes" jsonb NULL, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "browsersession_ended_at" to table: "browser_sessions"
CREATE INDEX "browsersession_ended_at" ON "browser_sessions" ("ended_at") WHERE (ended_at IS NOT NULL);
-- Create index "browsersession_expires_at" to table: "browser_sessions"
CREATE INDEX "browsersession_expires_at" ON "browser_sessions" ("expires_at") WHERE (ended_at IS NULL);
-- Create index "browsersession_project_id_id" to table: "browser_sessions"
CREATE INDEX "browsersession_project_id_id" ON "browser_sessions" ("project_id", "id");
-- Create "browser_commands" table
CREATE TABLE "browser_commands" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "ordinal" bigint NOT NULL, "source" text NOT NULL, "status" character varying NOT NULL DEFAULT 'queued', "outcome" character varying NOT NULL DEFAULT '', "error" character varying NOT NULL DEFAULT '', "steps" jsonb NULL, "picture" bytea NULL, "page_url" character varying NOT NULL DEFAULT '', "page_title" character varying NOT NULL DEFAULT '', "created_at" timestamptz NOT NULL, "started_at" timestamptz NULL, "finished_at" timestamptz NULL, "session_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "browser_commands_browser_sessions_performed" FOREIGN KEY ("session_id") REFERENCES "browser_sessions" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "browsercommand_session_id_ordinal" to table: "browser_commands"
CREATE UNIQUE INDEX "browsercommand_session_id_ordinal" ON "browser_commands" ("session_id", "ordinal");
-- Both are seen by their project alone.
ALTER TABLE "browser_sessions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "browser_sessions" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "browser_sessions" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "browser_commands" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "browser_commands" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "browser_commands" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
