import { Link, useNavigate } from "@tanstack/react-router";
import { type SyntheticEvent, useState } from "react";
import { useMutation, useQuery } from "urql";
import { GenerateTestCasesDocument, PlansToGenerateForDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Button } from "@/ui/Button";
import { Chips } from "@/ui/Chips";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Field, Input, Select, TextArea } from "@/ui/Field";
import { Page } from "@/ui/Page";
import { emptyForm, type Form, inputOf, type Missing, type SourceKind } from "./ask";

const kinds: { kind: SourceKind; title: string; about: string }[] = [
  { kind: "openapiUrl", title: "OpenAPI address", about: "Operations, chains of them, limits and refusals" },
  { kind: "openapi", title: "OpenAPI text", about: "The same, of a document that you paste" },
  { kind: "crawl", title: "Pages", about: "Titles, headings, links and forms of an origin" },
  { kind: "requirements", title: "Requirements", about: "Sentences; a language model writes the cases" },
];

/** Asks for cases. */
export function NewGenerationPage({ planId }: { planId: string | undefined }) {
  const navigate = useNavigate();
  const [form, setForm] = useState<Form>({ ...emptyForm, planId: planId ?? "" });
  const [missing, setMissing] = useState<Missing | null>(null);
  const [{ fetching, error }, generate] = useMutation(GenerateTestCasesDocument);
  const [{ data: plans }] = useQuery({ query: PlansToGenerateForDocument });
  const put = (part: Partial<Form>) => {
    setForm({ ...form, ...part });
    setMissing(null);
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const asked = inputOf(form);
    if ("missing" in asked) {
      setMissing(asked);
      return;
    }
    void generate({ input: asked.input }).then(({ data }) => {
      if (data) void navigate({ to: "/generations/$generationId", params: { generationId: data.generateTestCases.generation.id } });
    });
  };
  return (
    <Page title="Generate cases" above={<Link to="/generations" className="hover:text-text">Generated cases</Link>} about="Nothing enters a plan before you approve it. Trying a case out asks the target some eight times: choose one that may be written to.">
      <form onSubmit={submit} className="grid max-w-3xl grid-cols-[minmax(0,1fr)] gap-5">
        <fieldset className="grid gap-2">
          <legend className="mb-1.5 text-sm font-medium">What they are made of</legend>
          <div className="grid gap-2 sm:grid-cols-2">
            {kinds.map(({ kind, title, about }) => (
              <label key={kind} className="flex cursor-pointer items-start gap-2.5 rounded-lg border border-line bg-raised p-3 hover:bg-hover has-checked:border-accent has-checked:bg-accent-ground">
                <input type="radio" name="source" value={kind} checked={form.kind === kind} onChange={() => put({ kind })} className="mt-1" />
                <span className="min-w-0 text-sm"><span className="block font-medium">{title}</span><span className="block text-xs text-soft">{about}</span></span>
              </label>
            ))}
          </div>
        </fieldset>
        <Source form={form} put={put} error={missing?.field === "source" ? missing.missing : undefined} />
        <Field label="Base address of the application" hint={form.kind === "requirements" ? "Requirements do not say where the application is." : "The source’s own when empty."} error={missing?.field === "target" ? missing.missing : undefined}>
          {(control) => <Input {...control} inputMode="url" placeholder="https://staging.shop.example" value={form.target} onChange={(event) => put({ target: event.target.value })} />}
        </Field>
        <div className="grid gap-5 sm:grid-cols-2">
          <Field label="Into" hint={form.planId ? "What the plan has is not proposed again." : "It is made when you approve the first case."}>
            {(control) => (
              <Select {...control} value={form.planId} onChange={(event) => put({ planId: event.target.value })}>
                <option value="">A new plan</option>
                {plans?.plans.nodes.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
              </Select>
            )}
          </Field>
          <Field label="Cases at most" hint="1 to 100; those that add most come first.">
            {(control) => <Input {...control} type="number" min={1} max={100} required value={form.maxCases} onChange={(event) => put({ maxCases: event.target.value })} className="w-28!" />}
          </Field>
          <div className="grid content-start gap-1.5">
            <span className="text-sm font-medium">Only of these kinds</span>
            <Chips label="Kinds" chosen={form.kinds} onChange={(chosen) => put({ kinds: chosen })} options={[{ name: "API", content: "API" }, { name: "BROWSER", content: "Browser" }, { name: "CONTRACT", content: "Contract" }]} />
            <span className="text-sm text-faint">All that the source allows when none is chosen.</span>
          </div>
          <Field label="Seconds at most" hint="What was not tried out by then says so.">
            {(control) => <Input {...control} type="number" min={1} max={600} required value={form.seconds} onChange={(event) => put({ seconds: event.target.value })} className="w-28!" />}
          </Field>
        </div>
        {error ? <ErrorNotice message={messageOf(error)} /> : null}
        <div><Button type="submit" look="primary" disabled={fetching}>Generate</Button></div>
      </form>
    </Page>
  );
}

function Source({ form, put, error }: { form: Form; put: (part: Partial<Form>) => void; error: string | undefined }) {
  const text = form.source[form.kind];
  const write = (value: string) => put({ source: { ...form.source, [form.kind]: value } });
  switch (form.kind) {
    case "openapiUrl":
      return (
        <Field label="Address of the document" hint="Version 3, YAML or JSON. The server reads it as its egress policy allows." error={error}>
          {(control) => <Input {...control} inputMode="url" placeholder="https://shop.example/openapi.yaml" value={text} onChange={(event) => write(event.target.value)} />}
        </Field>
      );
    case "openapi":
      return (
        <Field label="The document" hint="Version 3, YAML or JSON, 4 MiB at most." error={error}>
          {(control) => <TextArea {...control} rows={12} spellCheck={false} value={text} onChange={(event) => write(event.target.value)} />}
        </Field>
      );
    case "crawl":
      return (
        <div className="grid gap-5 sm:grid-cols-[minmax(0,1fr)_auto_auto]">
          <Field label="Where to begin" hint="Pages of this origin, as links lead. Links that leave or delete are not followed." error={error}>
            {(control) => <Input {...control} inputMode="url" placeholder="https://shop.example/" value={text} onChange={(event) => write(event.target.value)} />}
          </Field>
          <Field label="Links deep">{(control) => <Input {...control} type="number" min={0} max={5} required value={form.depth} onChange={(event) => put({ depth: event.target.value })} className="w-24!" />}</Field>
          <Field label="Pages at most">{(control) => <Input {...control} type="number" min={1} max={50} required value={form.pages} onChange={(event) => put({ pages: event.target.value })} className="w-24!" />}</Field>
        </div>
      );
    case "requirements":
      return (
        <>
          <Field label="Requirements" hint="One a line, each with its id in front. Every case quotes the one that it stands on." error={error}>
            {(control) => <TextArea {...control} rows={8} placeholder={"REQ-1: An order that is accepted has the state PENDING.\nREQ-2: A product can be read by its SKU."} value={text} onChange={(event) => write(event.target.value)} />}
          </Field>
          <Field label="Model" hint="Another one of the configured endpoint; the server’s when empty.">
            {(control) => <Input {...control} maxLength={200} value={form.model} onChange={(event) => put({ model: event.target.value })} />}
          </Field>
        </>
      );
  }
}
