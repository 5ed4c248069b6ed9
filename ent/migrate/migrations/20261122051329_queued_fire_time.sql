-- Modify "schedules" table
ALTER TABLE "schedules" ADD COLUMN "queued_fire_at" timestamptz NULL;
-- Create index "schedule_queued_fire_at" to table: "schedules"
CREATE INDEX "schedule_queued_fire_at" ON "schedules" ("queued_fire_at") WHERE (queued_fire_at IS NOT NULL);
