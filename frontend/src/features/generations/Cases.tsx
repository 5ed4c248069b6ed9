import { clsx } from "clsx";
import { Check, X } from "lucide-react";
import { useMemo, useState } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { ApproveGeneratedCasesDocument, type GeneratedCaseState, type GenerationQuery, RejectGeneratedCasesDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Button } from "@/ui/Button";
import { Chips } from "@/ui/Chips";
import { Input } from "@/ui/Field";
import { Key, KeyHints } from "@/ui/Key";
import { toast } from "@/ui/toast";
import { useKeys } from "@/ui/useKeys";
import { CaseDetail } from "./CaseDetail";
import { type GeneratedCase, inOrder, isOpen, nextOpen, stateOrder, whyNot } from "./proposals";
import { states } from "./words";

interface Props {
  generation: NonNullable<GenerationQuery["generation"]>;
  again: () => void;
}

/** The cases of a generation: one is looked at, and one or many are decided on. */
export function Cases({ generation, again }: Props) {
  const ended = generation.status === "COMPLETED";
  const may = useMay("tests:write") && ended;
  const [filter, setFilter] = useState<GeneratedCaseState[]>([]);
  const [shownId, setShownId] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [reason, setReason] = useState("");
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [, approve] = useMutation(ApproveGeneratedCasesDocument);
  const [, reject] = useMutation(RejectGeneratedCasesDocument);
  const cases = useOrder(generation.cases, ended);
  const counts = useMemo(() => new Map(stateOrder.map((state) => [state, generation.cases.filter((c) => c.state === state).length])), [generation.cases]);
  const listed = filter.length > 0 ? cases.filter((c) => filter.includes(c.state) || c.id === shownId) : cases;
  const shown = listed.find(({ id }) => id === shownId) ?? listed[0];
  const picked = cases.filter((c) => chosen.has(c.id) && isOpen(c));
  const wanted = picked.length > 0 ? picked : shown && isOpen(shown) ? [shown] : [];

  const step = (by: number) => {
    const at = listed.findIndex(({ id }) => id === shown?.id);
    const next = listed[Math.min(Math.max(at + by, 0), listed.length - 1)];
    if (next) setShownId(next.id);
  };
  const pick = (id: string) => setChosen(new Set(chosen.has(id) ? [...chosen].filter((c) => c !== id) : [...chosen, id]));
  const decide = async (verdict: "approve" | "reject") => {
    if (!may || busy || !shown || wanted.length === 0) return;
    const ids = wanted.map(({ id }) => id);
    setBusy(true);
    const done = verdict === "approve" ? await approved(ids) : await rejected(ids);
    setBusy(false);
    again();
    if (!done) return;
    setChosen(new Set([...chosen].filter((id) => !ids.includes(id))));
    setReason("");
    setShownId(nextOpen(cases, shown.id, new Set(ids)) ?? shown.id);
  };
  const approved = async (ids: string[]) => {
    const { data, error } = await approve({ ids, name: name.trim() || null });
    if (error || !data) {
      toast(error ? messageOf(error) : "Nothing was approved.", "wrong");
      return false;
    }
    const { plan } = data.approveGeneratedCases;
    toast(`${ids.length === 1 ? "1 case is" : `${ids.length} cases are`} in ${plan.name}, version ${plan.version.number}.`);
    return true;
  };
  const rejected = async (ids: string[]) => {
    const { error } = await reject({ ids, reason: reason.trim() || null });
    if (error) {
      toast(messageOf(error), "wrong");
      return false;
    }
    toast(`${ids.length === 1 ? "1 case" : `${ids.length} cases`} rejected.`);
    return true;
  };
  const next = () => step(1);
  const prev = () => step(-1);
  useKeys({
    j: next, ArrowDown: next, k: prev, ArrowUp: prev,
    ...(may ? { a: () => void decide("approve"), x: () => void decide("reject"), c: () => { if (shown && isOpen(shown)) pick(shown.id); } } : {}),
  });

  const many = picked.length > 0 ? ` ${picked.length}` : "";
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Chips
          label="States"
          chosen={filter}
          onChange={setFilter}
          options={stateOrder.filter((state) => counts.get(state) || filter.includes(state)).map((state) => ({ name: state, content: <><span className={states[state].text}>{states[state].many}</span> <span className="text-faint">{counts.get(state)}</span></> }))}
        />
        {may && cases.some(isOpen) ? (
          <Button small look="quiet" onClick={() => setChosen(picked.length > 0 ? new Set() : new Set(listed.filter(({ state }) => state === "PROPOSED").map(({ id }) => id)))}>
            {picked.length > 0 ? "Choose none" : "Choose all that are proposed"}
          </Button>
        ) : null}
      </div>
      <div className="grid items-start gap-4 lg:grid-cols-[22rem_minmax(0,1fr)]">
        <ol aria-label="Cases" className="max-h-64 overflow-y-auto rounded-lg border border-line bg-raised lg:sticky lg:top-4 lg:max-h-[calc(100dvh-8rem)]">
          {listed.map((c) => <Line key={c.id} of={c} shown={c.id === shown?.id} chosen={chosen.has(c.id)} onShow={() => setShownId(c.id)} onPick={may && isOpen(c) ? () => pick(c.id) : undefined} />)}
        </ol>
        {shown ? (
          <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3">
            {may && wanted.length > 0 ? (
              <div className="flex flex-wrap items-center gap-2 rounded-lg border border-line bg-raised p-2 lg:sticky lg:top-4 lg:z-10">
                {generation.plan ? null : <Input aria-label="Name of the new plan" placeholder="Name of the new plan" maxLength={100} value={name} onChange={(event) => setName(event.target.value)} className="w-48! max-sm:w-full!" />}
                <Input aria-label="Why it is rejected" placeholder="Why, if rejected" maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} className="min-w-32 flex-1" />
                <Button look="danger" disabled={busy} onClick={() => void decide("reject")}><X size={15} aria-hidden /> Reject{many} <Key>x</Key></Button>
                <Button look="primary" disabled={busy} onClick={() => void decide("approve")}><Check size={15} aria-hidden /> Approve{many} <Key>a</Key></Button>
              </div>
            ) : null}
            <CaseDetail key={shown.id} of={shown} />
            {may ? <p className="text-xs text-faint"><KeyHints><Key>j</Key> <Key>k</Key> next and previous, <Key>c</Key> choose several, <Key>a</Key> approve, <Key>x</Key> reject.</KeyHints></p> : null}
          </div>
        ) : null}
      </div>
    </div>
  );
}

// The order stays while somebody works through it; it moves only as cases come.
function useOrder(cases: GeneratedCase[], ended: boolean): GeneratedCase[] {
  const [kept, setKept] = useState<string[] | null>(null);
  const ordered = inOrder(cases);
  if (ended && (kept === null || kept.length !== cases.length)) setKept(ordered.map(({ id }) => id));
  if (!ended || kept === null) return ordered;
  const known = new Map(cases.map((c) => [c.id, c]));
  return kept.flatMap((id) => known.get(id) ?? []);
}

interface LineProps {
  of: GeneratedCase;
  shown: boolean;
  chosen: boolean;
  onShow: () => void;
  /** Absent where there is nothing to decide. */
  onPick: (() => void) | undefined;
}

function Line({ of: c, shown, chosen, onShow, onPick }: LineProps) {
  const { icon: Icon, text, word } = states[c.state];
  const name = c.name || c.caseId || "A case that cannot be read";
  return (
    <li ref={shown ? intoView : undefined} className={clsx("flex items-center gap-2 border-t border-line pl-3 first:border-t-0", shown ? "bg-accent-ground" : "hover:bg-hover")}>
      {onPick ? <input type="checkbox" aria-label={`Choose ${name}`} checked={chosen} onChange={onPick} /> : <span className="w-[13px]" />}
      <button type="button" aria-current={shown} onClick={onShow} className="flex min-w-0 flex-1 items-center gap-2 py-2 pr-3 text-left focus-visible:-outline-offset-2">
        <Icon role="img" aria-label={word} size={15} className={clsx("shrink-0", text)} />
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm">{name}</span>
          <span className="block truncate text-xs text-faint">{c.state === "REJECTED" || c.state === "SUSPECTED_DEFECT" ? whyNot(c) : [c.kind, c.caseId].filter(Boolean).join(" · ")}</span>
        </span>
      </button>
    </li>
  );
}

function intoView(line: HTMLLIElement | null) {
  line?.scrollIntoView({ block: "nearest" });
}
