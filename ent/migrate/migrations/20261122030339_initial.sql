-- Create "workers" table
CREATE TABLE "workers" ("id" character varying NOT NULL, "host" character varying NOT NULL, "pid" bigint NOT NULL, "version" character varying NOT NULL, "slots" jsonb NOT NULL, "status" character varying NOT NULL DEFAULT 'active', "started_at" timestamptz NOT NULL, "heartbeat_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create "artifacts" table
CREATE TABLE "artifacts" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "run_id" character varying NOT NULL, "result_id" character varying NOT NULL, "attempt" bigint NOT NULL, "step" bigint NOT NULL, "name" character varying NOT NULL, "kind" character varying NOT NULL, "content_type" character varying NOT NULL, "size" bigint NOT NULL, "sha256" character varying NOT NULL, "key" character varying NOT NULL, "error" character varying NOT NULL DEFAULT '', "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "artifact_result_id_attempt" to table: "artifacts"
CREATE INDEX "artifact_result_id_attempt" ON "artifacts" ("result_id", "attempt");
-- Create index "artifact_run_id" to table: "artifacts"
CREATE INDEX "artifact_run_id" ON "artifacts" ("run_id");
-- Create "projects" table
CREATE TABLE "projects" ("id" character varying NOT NULL, "slug" character varying NOT NULL, "name" character varying NOT NULL, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "projects_slug_key" to table: "projects"
CREATE UNIQUE INDEX "projects_slug_key" ON "projects" ("slug");
-- Create "plans" table
CREATE TABLE "plans" ("id" character varying NOT NULL, "name" character varying NOT NULL, "description" character varying NOT NULL DEFAULT '', "tags" jsonb NOT NULL, "latest_version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "deleted_at" timestamptz NULL, "project_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "plans_projects_plans" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "plan_project_id_id" to table: "plans"
CREATE INDEX "plan_project_id_id" ON "plans" ("project_id", "id");
-- Create "plan_versions" table
CREATE TABLE "plan_versions" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "number" bigint NOT NULL, "source" text NOT NULL, "files" jsonb NULL, "digest" character varying NOT NULL, "created_at" timestamptz NOT NULL, "plan_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "plan_versions_plans_versions" FOREIGN KEY ("plan_id") REFERENCES "plans" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "planversion_plan_id_number" to table: "plan_versions"
CREATE UNIQUE INDEX "planversion_plan_id_number" ON "plan_versions" ("plan_id", "number");
-- Create "runs" table
CREATE TABLE "runs" ("id" character varying NOT NULL, "name" character varying NOT NULL, "status" character varying NOT NULL DEFAULT 'queued', "environment" character varying NOT NULL DEFAULT '', "variables" jsonb NULL, "sealed_secrets" bytea NULL, "selection" jsonb NULL, "priority" bigint NOT NULL DEFAULT 2, "parallel" bigint NOT NULL DEFAULT 5, "total" bigint NOT NULL DEFAULT 0, "finished" bigint NOT NULL DEFAULT 0, "passed" bigint NOT NULL DEFAULT 0, "failed" bigint NOT NULL DEFAULT 0, "flaky" bigint NOT NULL DEFAULT 0, "timed_out" bigint NOT NULL DEFAULT 0, "errored" bigint NOT NULL DEFAULT 0, "skipped" bigint NOT NULL DEFAULT 0, "cancelled" bigint NOT NULL DEFAULT 0, "last_seq" bigint NOT NULL DEFAULT 0, "gates" jsonb NULL, "error" character varying NOT NULL DEFAULT '', "client_mutation_id" character varying NULL, "stop_requested_at" timestamptz NULL, "created_at" timestamptz NOT NULL, "started_at" timestamptz NULL, "finished_at" timestamptz NULL, "project_id" character varying NOT NULL, "plan_id" character varying NOT NULL, "plan_version_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "runs_plan_versions_plan_version" FOREIGN KEY ("plan_version_id") REFERENCES "plan_versions" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "runs_plans_plan" FOREIGN KEY ("plan_id") REFERENCES "plans" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "runs_projects_runs" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "run_plan_id_id" to table: "runs"
CREATE INDEX "run_plan_id_id" ON "runs" ("plan_id", "id");
-- Create index "run_project_id_client_mutation_id" to table: "runs"
CREATE UNIQUE INDEX "run_project_id_client_mutation_id" ON "runs" ("project_id", "client_mutation_id");
-- Create index "run_project_id_id" to table: "runs"
CREATE INDEX "run_project_id_id" ON "runs" ("project_id", "id");
-- Create index "run_status" to table: "runs"
CREATE INDEX "run_status" ON "runs" ("status") WHERE (finished_at IS NULL);
-- Create "results" table
CREATE TABLE "results" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "ordinal" bigint NOT NULL, "case_id" character varying NOT NULL, "case_key" character varying NOT NULL, "title" character varying NOT NULL, "kind" character varying NOT NULL, "tags" jsonb NULL, "matrix" jsonb NULL, "timeout_ms" bigint NOT NULL, "status" character varying NOT NULL DEFAULT 'pending', "outcome" character varying NULL, "error" character varying NOT NULL DEFAULT '', "attempt" bigint NOT NULL DEFAULT 1, "max_retries" bigint NOT NULL DEFAULT 0, "retries" bigint NOT NULL DEFAULT 0, "lost" bigint NOT NULL DEFAULT 0, "worker_id" character varying NULL, "lease_expires_at" timestamptz NULL, "started_at" timestamptz NULL, "finished_at" timestamptz NULL, "duration_ms" bigint NOT NULL DEFAULT 0, "run_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "results_runs_results" FOREIGN KEY ("run_id") REFERENCES "runs" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "result_lease_expires_at" to table: "results"
CREATE INDEX "result_lease_expires_at" ON "results" ("lease_expires_at") WHERE ((status)::text = 'running'::text);
-- Create index "result_pending" to table: "results"
CREATE INDEX "result_pending" ON "results" ("run_id", "ordinal") WHERE ((status)::text = 'pending'::text);
-- Create index "result_project_id_case_id_id" to table: "results"
CREATE INDEX "result_project_id_case_id_id" ON "results" ("project_id", "case_id", "id");
-- Create index "result_run_id_ordinal" to table: "results"
CREATE UNIQUE INDEX "result_run_id_ordinal" ON "results" ("run_id", "ordinal");
-- Create index "result_worker_id" to table: "results"
CREATE INDEX "result_worker_id" ON "results" ("worker_id") WHERE ((status)::text = 'running'::text);
-- Create "attempts" table
CREATE TABLE "attempts" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "run_id" character varying NOT NULL, "number" bigint NOT NULL, "worker_id" character varying NOT NULL, "outcome" character varying NOT NULL, "error" character varying NOT NULL DEFAULT '', "started_at" timestamptz NOT NULL, "finished_at" timestamptz NOT NULL, "duration_ms" bigint NOT NULL, "logs" jsonb NULL, "result_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "attempts_results_attempts" FOREIGN KEY ("result_id") REFERENCES "results" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "attempt_result_id_number" to table: "attempts"
CREATE UNIQUE INDEX "attempt_result_id_number" ON "attempts" ("result_id", "number");
-- Create "checks" table
CREATE TABLE "checks" ("id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY, "step_ordinal" bigint NOT NULL, "ordinal" bigint NOT NULL, "name" character varying NOT NULL, "passed" boolean NOT NULL, "expected" character varying NOT NULL DEFAULT '', "actual" character varying NOT NULL DEFAULT '', "message" character varying NOT NULL DEFAULT '', "attempt_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "checks_attempts_checks" FOREIGN KEY ("attempt_id") REFERENCES "attempts" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "check_attempt_id_step_ordinal_ordinal" to table: "checks"
CREATE UNIQUE INDEX "check_attempt_id_step_ordinal_ordinal" ON "checks" ("attempt_id", "step_ordinal", "ordinal");
-- Create "metrics" table
CREATE TABLE "metrics" ("id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY, "name" character varying NOT NULL, "unit" character varying NOT NULL, "value" double precision NOT NULL, "tags" jsonb NULL, "at" timestamptz NOT NULL, "attempt_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "metrics_attempts_metrics" FOREIGN KEY ("attempt_id") REFERENCES "attempts" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "metric_attempt_id_name" to table: "metrics"
CREATE INDEX "metric_attempt_id_name" ON "metrics" ("attempt_id", "name");
-- Create "run_events" table
CREATE TABLE "run_events" ("id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY, "seq" bigint NOT NULL, "type" character varying NOT NULL, "payload" bytea NOT NULL, "at" timestamptz NOT NULL, "run_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "run_events_runs_events" FOREIGN KEY ("run_id") REFERENCES "runs" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "runevent_run_id_seq" to table: "run_events"
CREATE UNIQUE INDEX "runevent_run_id_seq" ON "run_events" ("run_id", "seq");
-- Create "steps" table
CREATE TABLE "steps" ("id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY, "ordinal" bigint NOT NULL, "name" character varying NOT NULL, "action" character varying NOT NULL, "outcome" character varying NOT NULL, "error" character varying NOT NULL DEFAULT '', "offset_ms" bigint NOT NULL, "duration_us" bigint NOT NULL, "detail" jsonb NULL, "attempt_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "steps_attempts_steps" FOREIGN KEY ("attempt_id") REFERENCES "attempts" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "step_attempt_id_ordinal" to table: "steps"
CREATE UNIQUE INDEX "step_attempt_id_ordinal" ON "steps" ("attempt_id", "ordinal");
-- Create "tokens" table
CREATE TABLE "tokens" ("id" character varying NOT NULL, "name" character varying NOT NULL, "hash" bytea NOT NULL, "permissions" jsonb NOT NULL, "created_at" timestamptz NOT NULL, "last_used_at" timestamptz NULL, "expires_at" timestamptz NULL, "revoked_at" timestamptz NULL, "project_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "tokens_projects_tokens" FOREIGN KEY ("project_id") REFERENCES "projects" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "tokens_hash_key" to table: "tokens"
CREATE UNIQUE INDEX "tokens_hash_key" ON "tokens" ("hash");
