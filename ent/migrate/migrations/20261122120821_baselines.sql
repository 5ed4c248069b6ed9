-- Modify "projects" table
ALTER TABLE "projects" ADD COLUMN "default_branch" character varying NOT NULL DEFAULT 'main';
-- Modify "runs" table
ALTER TABLE "runs" ADD COLUMN "branch" character varying NOT NULL DEFAULT '', ADD COLUMN "accept_baselines" boolean NOT NULL DEFAULT false;
-- Create "baselines" table
CREATE TABLE "baselines" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "plan_id" character varying NOT NULL, "branch" character varying NOT NULL, "case_key" character varying NOT NULL, "name" character varying NOT NULL, "kind" character varying NOT NULL, "browser" character varying NOT NULL DEFAULT '', "viewport" character varying NOT NULL DEFAULT '', "content_type" character varying NOT NULL, "size" bigint NOT NULL, "sha256" character varying NOT NULL, "key" character varying NOT NULL, "comparison_id" character varying NOT NULL DEFAULT '', "accepted_by" character varying NOT NULL DEFAULT '', "accepted_by_name" character varying NOT NULL DEFAULT '', "created_at" timestamptz NOT NULL, "retired_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "baseline_accepted" to table: "baselines"
CREATE UNIQUE INDEX "baseline_accepted" ON "baselines" ("plan_id", "branch", "case_key", "name", "kind", "browser", "viewport", "sha256") WHERE (retired_at IS NULL);
-- Create index "baseline_project_id_id" to table: "baselines"
CREATE INDEX "baseline_project_id_id" ON "baselines" ("project_id", "id");
-- Create "comparisons" table
CREATE TABLE "comparisons" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "plan_id" character varying NOT NULL, "result_id" character varying NOT NULL, "attempt" bigint NOT NULL, "branch" character varying NOT NULL, "case_key" character varying NOT NULL, "name" character varying NOT NULL, "kind" character varying NOT NULL, "browser" character varying NOT NULL DEFAULT '', "viewport" character varying NOT NULL DEFAULT '', "status" character varying NOT NULL, "diff_pixels" bigint NOT NULL, "diff_ratio" double precision NOT NULL, "reason" character varying NOT NULL DEFAULT '', "actual_id" character varying NOT NULL, "actual_sha256" character varying NOT NULL, "diff_id" character varying NOT NULL DEFAULT '', "baseline_id" character varying NOT NULL DEFAULT '', "review" character varying NOT NULL DEFAULT 'pending', "review_note" character varying NOT NULL DEFAULT '', "reviewed_by" character varying NOT NULL DEFAULT '', "reviewed_by_name" character varying NOT NULL DEFAULT '', "reviewed_at" timestamptz NULL, "created_at" timestamptz NOT NULL, "run_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "comparisons_runs_comparisons" FOREIGN KEY ("run_id") REFERENCES "runs" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "comparison_project_id_id" to table: "comparisons"
CREATE INDEX "comparison_project_id_id" ON "comparisons" ("project_id", "id");
-- Create index "comparison_rejected" to table: "comparisons"
CREATE INDEX "comparison_rejected" ON "comparisons" ("plan_id", "actual_sha256") WHERE ((review)::text = 'rejected'::text);
-- Create index "comparison_result_id" to table: "comparisons"
CREATE INDEX "comparison_result_id" ON "comparisons" ("result_id");
-- Create index "comparison_run_id_id" to table: "comparisons"
CREATE INDEX "comparison_run_id_id" ON "comparisons" ("run_id", "id");
-- Row-level security of the new tables.
ALTER TABLE "baselines" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "baselines" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "baselines" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "comparisons" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "comparisons" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "comparisons" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
