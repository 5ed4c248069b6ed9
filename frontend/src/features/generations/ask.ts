import type { GenerateTestCasesInput } from "@/gql/graphql";

export type SourceKind = "openapiUrl" | "openapi" | "crawl" | "requirements";

/** What the form holds, as it was typed. */
export interface Form {
  kind: SourceKind;
  /** The source as it is written into its field: an address or a text. */
  source: Record<SourceKind, string>;
  depth: string;
  pages: string;
  target: string;
  kinds: ("API" | "BROWSER" | "CONTRACT")[];
  maxCases: string;
  /** Id of a plan; empty for a new one. */
  planId: string;
  model: string;
  seconds: string;
}

export const emptyForm: Form = {
  kind: "openapiUrl", source: { openapiUrl: "", openapi: "", crawl: "", requirements: "" }, depth: "2", pages: "10",
  target: "", kinds: [], maxCases: "10", planId: "", model: "", seconds: "60",
};

/** What is missing, and in which field. */
export interface Missing {
  field: "source" | "target";
  missing: string;
}

/** What is sent, or what is missing. */
export function inputOf(form: Form): { input: GenerateTestCasesInput } | Missing {
  const text = form.source[form.kind].trim();
  if (!text) return { field: "source", missing: { openapiUrl: "Say where the document lies.", openapi: "Paste the document.", crawl: "Say where to begin.", requirements: "Write at least one requirement." }[form.kind] };
  if ((form.kind === "openapiUrl" || form.kind === "crawl") && !isAddress(text)) return { field: "source", missing: "An address begins with http:// or https://." };
  const target = form.target.trim();
  if (form.kind === "requirements" && !target) return { field: "target", missing: "Requirements do not say where the application is: give its base address." };
  if (target && !isAddress(target)) return { field: "target", missing: "The base address begins with http:// or https://." };
  return {
    input: {
      source: form.kind === "crawl" ? { crawl: { url: text, depth: Number(form.depth), pages: Number(form.pages) } } : { [form.kind]: text },
      target: target || null,
      kinds: form.kinds.length > 0 ? form.kinds : null,
      maxCases: Number(form.maxCases),
      planId: form.planId || null,
      model: form.kind === "requirements" ? form.model.trim() || null : null,
      timeoutMs: Number(form.seconds) * 1000,
    },
  };
}

function isAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
