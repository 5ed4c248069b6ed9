import { useNavigate } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { AskModelDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Field, Input } from "@/ui/Field";

/** Has a language model judge a run, and goes to its assessment. */
export function AskModel({ runId }: { runId: string }) {
  const may = useMay("tests:execute");
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [votes, setVotes] = useState("3");
  const [model, setModel] = useState("");
  const [fresh, setFresh] = useState(false);
  const [{ fetching, error }, ask] = useMutation(AskModelDocument);
  if (!may) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Scale size={15} aria-hidden /> Ask a model
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title="Ask a model to judge" description="It answers a checklist from what the run measured and showed. Each answer has to quote its evidence; facts cap the scores.">
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void ask({ runId, votes: Number(votes), model: model.trim() || null, fresh }).then(({ data }) => {
              if (data) void navigate({ to: "/assessments/$assessmentId", params: { assessmentId: data.assessRun.assessment.id } });
            });
          }}
        >
          <Field label="Votes" hint="Each is one judgement, 1 to 9. Most decide; an odd number avoids ties.">
            {(control) => <Input {...control} type="number" min={1} max={9} required value={votes} onChange={(event) => setVotes(event.target.value)} className="w-24!" />}
          </Field>
          <Field label="Model" hint="Another one of the configured endpoint; the plan’s or the server’s when empty.">
            {(control) => <Input {...control} maxLength={200} value={model} onChange={(event) => setModel(event.target.value)} />}
          </Field>
          <label className="flex items-center gap-2 text-sm">
            <input type="checkbox" checked={fresh} onChange={(event) => setFresh(event.target.checked)} /> Judge anew, also where this was judged already
          </label>
          {error ? <ErrorNotice message={messageOf(error)} /> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button type="submit" look="primary" disabled={fetching}>Ask</Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
