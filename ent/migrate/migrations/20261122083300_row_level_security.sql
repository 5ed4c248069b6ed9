-- Row-level security: the second wall between projects, behind the services' own
-- checks. A connection says with SET semantest.scope whose rows it may see: a
-- project's id, * for the work of the server itself, nothing for nobody's.
-- The sub-selects are evaluated once for a statement, not for each row.
-- Tables that name their project.
ALTER TABLE "projects" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "projects" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "projects" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "artifacts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "artifacts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "artifacts" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "plans" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "plans" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "plans" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "plan_versions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "plan_versions" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "plan_versions" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "runs" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "runs" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "runs" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "results" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "results" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "results" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "attempts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "attempts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "attempts" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "tokens" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "tokens" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "tokens" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "reservations" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "reservations" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "reservations" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "schedules" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "schedules" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "schedules" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "shard_plans" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "shard_plans" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "shard_plans" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "triggers" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "triggers" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "triggers" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "webhooks" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "webhooks" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "webhooks" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "webhook_deliveries" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "webhook_deliveries" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "webhook_deliveries" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "members" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "members" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "members" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "service_accounts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "service_accounts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "service_accounts" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "secrets" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "secrets" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "secrets" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "audit_entries" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "audit_entries" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "audit_entries" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
-- Rows that are read through their parent.
ALTER TABLE "run_events" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "run_events" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "run_events" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR EXISTS (SELECT FROM "runs" WHERE "runs"."id" = "run_id"));
ALTER TABLE "steps" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "steps" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "steps" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR EXISTS (SELECT FROM "attempts" WHERE "attempts"."id" = "attempt_id"));
ALTER TABLE "checks" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "checks" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "checks" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR EXISTS (SELECT FROM "attempts" WHERE "attempts"."id" = "attempt_id"));
ALTER TABLE "metrics" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "metrics" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "metrics" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR EXISTS (SELECT FROM "attempts" WHERE "attempts"."id" = "attempt_id"));
-- People, as far as they are in the project. The function keeps "users" from
-- depending on a table that refers to it.
CREATE OR REPLACE FUNCTION is_visible_member(person text) RETURNS boolean LANGUAGE sql STABLE AS
  'SELECT EXISTS (SELECT FROM members WHERE user_id = person)';
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "users" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "users" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR is_visible_member("id"));
-- What no project may see.
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "sessions" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "sessions" USING ((SELECT current_setting('semantest.scope', true)) = '*');
ALTER TABLE "refresh_tokens" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "refresh_tokens" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "refresh_tokens" USING ((SELECT current_setting('semantest.scope', true)) = '*');
ALTER TABLE "signing_keys" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "signing_keys" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "signing_keys" USING ((SELECT current_setting('semantest.scope', true)) = '*');
-- The audit log is added to. What is old goes by this function alone.
CREATE OR REPLACE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'entries of the audit log are not changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER "audit_entries_stay" BEFORE UPDATE ON "audit_entries" FOR EACH ROW EXECUTE FUNCTION audit_entries_stay();
CREATE OR REPLACE FUNCTION prune_audit_entries(before timestamptz, at_most integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET semantest.scope = '*' AS $$
DECLARE removed bigint;
BEGIN
  IF before > now() - interval '1 day' THEN
    RAISE EXCEPTION 'the audit log keeps its entries for a day at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  DELETE FROM audit_entries WHERE id IN (SELECT id FROM audit_entries WHERE at < before LIMIT at_most);
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
REVOKE EXECUTE ON FUNCTION prune_audit_entries(timestamptz, integer) FROM PUBLIC;
