-- Modify "projects" table
ALTER TABLE "projects" ADD COLUMN "load_max_users" bigint NOT NULL DEFAULT 0, ADD COLUMN "load_max_duration_ms" bigint NOT NULL DEFAULT 0, ADD COLUMN "load_max_ramp_ms" bigint NOT NULL DEFAULT 0, ADD COLUMN "load_hosts" jsonb NULL;
