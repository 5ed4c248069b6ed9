/** What of JSON Schema the plan's schema uses where it tells what may stand somewhere. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  properties?: Record<string, Schema | false>;
  additionalProperties?: Schema | boolean;
  items?: Schema | false;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  if?: Schema;
  then?: Schema;
  enum?: unknown[];
  const?: unknown;
  description?: string;
  examples?: unknown[];
  required?: string[];
}

/** Where in a plan the cursor stands. */
export interface Place {
  /** Keys from the top; "[]" goes into a list. */
  path: string[];
  /** Whether a key or the value of the last key of the path is being written. */
  writing: "key" | "value";
  /** What is written of it so far. */
  word: string;
  /** The keys that the mapping already has, with their values. */
  siblings: Record<string, string>;
}

export interface Suggestion {
  label: string;
  info: string;
  kind: "key" | "value";
  required: boolean;
}

/**
 * Finds the place of a cursor by indentation, and by brackets within a line. A
 * parser would do it better for a text that can be parsed, but a text that is
 * being written mostly cannot.
 */
export function placeAt(lines: string[], line: number, column: number): Place {
  const before = (lines[line] ?? "").slice(0, column);
  const { indent, dashes, rest } = readLine(before);
  const path = parents(lines, line, indent);
  for (let i = 0; i < dashes; i++) path.push("[]");
  const flow = intoBrackets(rest);
  if (flow) return { path: [...path, ...flow.path], writing: flow.writing, word: flow.word, siblings: flow.siblings };
  const own = indent + dashWidth(before, dashes);
  const siblings = around(lines, line, own);
  const pair = /^([\w.-]+):\s+(.*)$/.exec(rest);
  if (pair?.[1] !== undefined) return { path: [...path, pair[1]], writing: "value", word: pair[2] ?? "", siblings };
  return { path, writing: "key", word: rest.trim(), siblings };
}

/** What may stand at a place, by the schema. */
export function suggest(root: Schema, place: Place): Suggestion[] {
  const holder = place.writing === "key" ? place.path : place.path.slice(0, -1);
  let at: Schema[] = [root];
  for (const key of holder) at = at.flatMap((schema) => step(root, schema, key));
  const mappings = at.flatMap((schema) => flatten(root, schema, place.siblings));
  if (place.writing === "key") return keys(mappings, place.siblings);
  const name = place.path.at(-1) ?? "";
  return values(mappings.flatMap((schema) => property(schema, name)).flatMap((schema) => flatten(root, schema, {})));
}

function keys(mappings: Schema[], present: Record<string, string>): Suggestion[] {
  const refused = new Set(mappings.flatMap((m) => Object.entries(m.properties ?? {}).filter(([, s]) => s === false).map(([name]) => name)));
  const required = new Set(mappings.flatMap((m) => m.required ?? []));
  const found = new Map<string, Suggestion>();
  for (const mapping of mappings) {
    for (const [label, schema] of Object.entries(mapping.properties ?? {})) {
      if (schema === false || refused.has(label) || label in present) continue;
      const info = schema.description ?? found.get(label)?.info ?? "";
      found.set(label, { label, info, kind: "key", required: required.has(label) });
    }
  }
  return [...found.values()].sort((a, b) => Number(b.required) - Number(a.required) || a.label.localeCompare(b.label));
}

function values(schemas: Schema[]): Suggestion[] {
  const all = schemas.flatMap((schema) => [
    ...(schema.enum ?? (schema.const === undefined ? [] : [schema.const])),
    ...(schema.type === "boolean" ? [true, false] : []),
  ]);
  return [...new Set(all.filter((v) => typeof v !== "object").map(String))].map((label) => ({ label, info: "", kind: "value", required: false }));
}

// What a mapping above the place says of its other keys is not known here, so
// every branch of its conditions is taken.
function step(root: Schema, schema: Schema, key: string): Schema[] {
  return flatten(root, schema, null).flatMap((part) => {
    if (key === "[]") return part.items ? [part.items] : [];
    return property(part, key);
  });
}

function property(schema: Schema, name: string): Schema[] {
  const own = schema.properties?.[name];
  if (own === false) return [];
  if (own) return [own];
  return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
}

/** A schema and everything that it is made of, as far as the mapping's own values decide it; all of it when they are null. */
function flatten(root: Schema, schema: Schema, siblings: Record<string, string> | null, depth = 0): Schema[] {
  if (depth > 12) return [];
  const more = (next: Schema) => flatten(root, next, siblings, depth + 1);
  const name = schema.$ref?.split("/").at(-1);
  const target = name === undefined ? undefined : root.$defs?.[name];
  const holds = schema.then && schema.if && (siblings === null || fits(schema.if, siblings)) ? more(schema.then) : [];
  return [
    schema,
    ...(target ? more(target) : []),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap(more),
    ...holds,
  ];
}

function fits(condition: Schema, siblings: Record<string, string>): boolean {
  return Object.entries(condition.properties ?? {}).every(([name, schema]) => {
    if (schema === false) return !(name in siblings);
    const value = siblings[name];
    if (value === undefined) return false;
    const allowed = schema.const === undefined ? schema.enum : [schema.const];
    return allowed ? allowed.map(String).includes(value) : true;
  });
}

function readLine(text: string): { indent: number; dashes: number; rest: string } {
  const [, space = "", marks = "", rest = ""] = /^(\s*)((?:-\s+|-$)*)(.*)$/.exec(text) ?? [];
  return { indent: space.length, dashes: marks.replace(/\s/g, "").length, rest };
}

function dashWidth(text: string, dashes: number): number {
  return dashes === 0 ? 0 : (/^\s*((?:-\s*)+)/.exec(text)?.[1]?.length ?? 0);
}

/** The keys above a line that it lies in. */
function parents(lines: string[], line: number, indent: number): string[] {
  const path: string[] = [];
  let limit = indent;
  let wantsList = /^\s*-/.test(lines[line] ?? "");
  for (let i = line - 1; i >= 0 && (limit > 0 || wantsList); i--) {
    const text = lines[i] ?? "";
    if (!text.trim() || text.trimStart().startsWith("#")) continue;
    const { indent: outer, dashes, rest } = readLine(text);
    const key = /^([\w.-]+):\s*(#.*)?$/.exec(rest)?.[1];
    const inner = outer + dashWidth(text, dashes);
    // A list may begin below its key without being indented.
    if (key !== undefined && (inner < limit || (wantsList && inner === limit && dashes === 0))) {
      path.unshift(...Array.from({ length: dashes }, () => "[]"), key);
      limit = outer;
      wantsList = dashes > 0;
    } else if (dashes > 0 && outer < limit && inner <= limit) {
      path.unshift(...Array.from({ length: dashes }, () => "[]"));
      limit = outer;
      wantsList = true;
    }
  }
  return path;
}

/** The keys of the mapping that a line belongs to, above and below it. */
function around(lines: string[], line: number, indent: number): Record<string, string> {
  const found: Record<string, string> = {};
  const take = (i: number): boolean => {
    const text = lines[i] ?? "";
    if (!text.trim()) return true;
    const { indent: outer, dashes, rest } = readLine(text);
    const inner = outer + dashWidth(text, dashes);
    if (inner < indent || (dashes > 0 && outer < indent && i > line)) return false;
    const pair = inner === indent ? /^([\w.-]+):\s*(.*)$/.exec(rest) : null;
    if (pair?.[1] !== undefined && i !== line) found[pair[1]] = unquote(pair[2] ?? "");
    return !(dashes > 0 && inner === indent && i <= line);
  };
  if (!/^\s*-/.test(lines[line] ?? "")) for (let i = line - 1; i >= 0 && take(i); i--);
  for (let i = line + 1; i < lines.length && take(i); i++);
  return found;
}

function unquote(value: string): string {
  return value.replace(/\s+#.*$/, "").replace(/^(["'])(.*)\1$/, "$2");
}

interface Open {
  list: boolean;
  key: string | null;
  pairs: Record<string, string>;
  pending: string | null;
}

/** The place within brackets that a line opens and does not close. */
function intoBrackets(text: string): Place | null {
  const stack: Open[] = [];
  let word = "";
  let quote = "";
  let outerKey: string | null = null;
  const finish = () => {
    const top = stack.at(-1);
    if (top?.pending != null) top.pairs[top.pending] = unquote(word.trim());
    if (top) top.pending = null;
    word = "";
  };
  for (let i = 0; i < text.length; i++) {
    const sign = text.charAt(i);
    if (quote) {
      if (sign === quote) quote = "";
      word += sign;
    } else if (sign === '"' || sign === "'") {
      quote = sign;
      word += sign;
    } else if (sign === "{" || sign === "[") {
      stack.push({ list: sign === "[", key: stack.at(-1)?.pending ?? (stack.length === 0 ? outerKey : null), pairs: {}, pending: null });
      word = "";
    } else if (sign === "}" || sign === "]") {
      finish();
      stack.pop();
    } else if (sign === ",") {
      finish();
    } else if (sign === ":" && /\s|$/.test(text.charAt(i + 1))) {
      const top = stack.at(-1);
      if (top) top.pending = word.trim();
      else outerKey = word.trim();
      word = "";
    } else word += sign;
  }
  const top = stack.at(-1);
  if (!top) return null;
  const path = stack.flatMap(({ key, list }) => [...(key === null ? [] : [key]), ...(list ? ["[]"] : [])]);
  if (top.pending !== null) return { path: [...path, top.pending], writing: "value", word: word.trim(), siblings: top.pairs };
  return { path, writing: top.list ? "value" : "key", word: word.trim(), siblings: top.pairs };
}
