-- Modify "results" table
ALTER TABLE "results" ADD COLUMN "target" character varying NOT NULL DEFAULT '';
