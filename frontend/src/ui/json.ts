// What executors tell is JSON of any shape: these read it without believing it.

export type JsonObject = Record<string, unknown>;

export function objectOf(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list; what is none is left out. */
export function objectsOf(value: unknown): JsonObject[] {
  return listOf(value).flatMap((each) => {
    const object = objectOf(each);
    return object ? [object] : [];
  });
}

/** 0 where there is no number. */
export function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
