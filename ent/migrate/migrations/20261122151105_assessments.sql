-- Create "assessments" table
CREATE TABLE "assessments" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "result_id" character varying NULL, "judge" character varying NOT NULL, "status" character varying NOT NULL DEFAULT 'pending', "reason" character varying NOT NULL DEFAULT '', "weights" jsonb NULL, "verdict" character varying NOT NULL DEFAULT '', "score" double precision NULL, "confidence" double precision NOT NULL DEFAULT 0, "document" jsonb NULL, "version" character varying NOT NULL DEFAULT '', "model" character varying NOT NULL DEFAULT '', "prompt_version" character varying NOT NULL DEFAULT '', "votes" bigint NOT NULL DEFAULT 1, "created_by" character varying NOT NULL DEFAULT '', "created_by_name" character varying NOT NULL DEFAULT '', "created_at" timestamptz NOT NULL, "finished_at" timestamptz NULL, "run_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "assessments_runs_assessments" FOREIGN KEY ("run_id") REFERENCES "runs" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "assessment_project_id_id" to table: "assessments"
CREATE INDEX "assessment_project_id_id" ON "assessments" ("project_id", "id");
-- Create index "assessment_run_id_id" to table: "assessments"
CREATE INDEX "assessment_run_id_id" ON "assessments" ("run_id", "id");
-- It is seen by its project alone.
ALTER TABLE "assessments" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "assessments" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "assessments" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
