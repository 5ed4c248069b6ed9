-- Modify "assessments" table
ALTER TABLE "assessments" ADD COLUMN "ask" jsonb NULL, ADD COLUMN "panel" jsonb NULL, ADD COLUMN "gate" jsonb NULL, ADD COLUMN "tokens" bigint NOT NULL DEFAULT 0, ADD COLUMN "cost_nanos" bigint NULL;
-- Create "model_spends" table
CREATE TABLE "model_spends" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "tokens" bigint NOT NULL DEFAULT 0, "cost_nanos" bigint NOT NULL DEFAULT 0, "updated_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "modelspend_updated_at" to table: "model_spends"
CREATE INDEX "modelspend_updated_at" ON "model_spends" ("updated_at");
-- Create "assessment_labels" table
CREATE TABLE "assessment_labels" ("id" character varying NOT NULL, "project_id" character varying NOT NULL, "criterion" character varying NOT NULL, "item" character varying NOT NULL DEFAULT '', "verdict" character varying NOT NULL, "said" character varying NOT NULL DEFAULT '', "model" character varying NOT NULL DEFAULT '', "prompt_version" character varying NOT NULL DEFAULT '', "note" character varying NOT NULL DEFAULT '', "labelled_by" character varying NOT NULL, "labelled_by_name" character varying NOT NULL DEFAULT '', "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "assessment_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "assessment_labels_assessments_labels" FOREIGN KEY ("assessment_id") REFERENCES "assessments" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- Create index "assessmentlabel_assessment_id_criterion_item_labelled_by" to table: "assessment_labels"
CREATE UNIQUE INDEX "assessmentlabel_assessment_id_criterion_item_labelled_by" ON "assessment_labels" ("assessment_id", "criterion", "item", "labelled_by");
-- Create index "assessmentlabel_project_id_criterion_model_prompt_version" to table: "assessment_labels"
CREATE INDEX "assessmentlabel_project_id_criterion_model_prompt_version" ON "assessment_labels" ("project_id", "criterion", "model", "prompt_version");
-- They are seen by their project alone.
ALTER TABLE "assessment_labels" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "assessment_labels" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "assessment_labels" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
ALTER TABLE "model_spends" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "model_spends" FORCE ROW LEVEL SECURITY;
CREATE POLICY "scope" ON "model_spends" USING ((SELECT current_setting('semantest.scope', true)) = '*' OR "project_id" = (SELECT current_setting('semantest.scope', true)));
