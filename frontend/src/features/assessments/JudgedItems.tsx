import { clsx } from "clsx";
import { Check, CircleHelp, Scale, X } from "lucide-react";
import { useRef, useState } from "react";
import { useMutation } from "urql";
import { useIdentity, useMay } from "@/auth/useIdentity";
import { type AssessmentDetailFragment, type JudgeAnswer, type JudgedItemDetailFragment, LabelAssessmentDocument, type LabelDetailFragment } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Input } from "@/ui/Field";
import { Key, KeyHints } from "@/ui/Key";
import { Panel } from "@/ui/Page";
import { toast } from "@/ui/toast";
import { useKeys } from "@/ui/useKeys";
import { EvidenceList } from "./EvidenceList";
import { labelsOf, nextToLabel, pips } from "./labels";
import { answers, criteria } from "./words";

interface Props {
  assessment: AssessmentDetailFragment;
  items: JudgedItemDetailFragment[];
  /** As asked for. */
  votes: number;
}

const given: { label: JudgeAnswer; key: string }[] = [{ label: "PASS", key: "p" }, { label: "FAIL", key: "f" }, { label: "UNCLEAR", key: "u" }];

/** What the votes say of each item of the checklists, and what people say of it. */
export function JudgedItems({ assessment, items, votes }: Props) {
  const may = useMay("tests:write");
  const { user } = useIdentity();
  const [, put] = useMutation(LabelAssessmentDocument);
  const [at, setAt] = useState(0);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  // Who acts with a token is not named here: what was said on this page is one's own.
  const [said, setSaid] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLOListElement>(null);
  const isOwn = ({ id, labelledBy }: LabelDetailFragment) => said.has(id) || (user !== null && labelledBy === user.email);
  const labels = assessment.labels.filter(({ item }) => item !== "");
  const own = labels.filter(isOwn);

  const go = (to: number) => {
    const next = Math.min(Math.max(to, 0), items.length - 1);
    setAt(next);
    const element = list.current?.children[next];
    if (element instanceof HTMLElement) element.focus();
  };
  const label = async (index: number, answer: JudgeAnswer) => {
    const item = items[index];
    if (!item || !may || busy) return;
    setBusy(true);
    const { data, error } = await put({ assessmentId: assessment.id, criterion: item.criterion, item: item.id, label: answer, note });
    setBusy(false);
    if (error || !data) {
      toast(error ? messageOf(error) : "The label was not kept.", "wrong");
      return;
    }
    const kept = data.labelAssessment.label;
    setSaid(new Set([...said, kept.id]));
    setNote("");
    go(nextToLabel(items, [...own, kept], index));
  };
  const next = () => go(at + 1);
  const prev = () => go(at - 1);
  useKeys({ j: next, k: prev, ...(may ? Object.fromEntries(given.map(({ label: answer, key }) => [key, () => void label(at, answer)])) : {}) });

  return (
    <Panel
      flush
      title="Items"
      actions={
        <>
          <span className="text-xs text-faint">{own.length} of {items.length} labelled by you</span>
          {may ? <Input aria-label="Note for the next label" placeholder="Note for the next label" maxLength={300} value={note} onChange={(event) => setNote(event.target.value)} className="w-52! max-sm:w-full!" /> : null}
        </>
      }
    >
      {may ? (
        <p className="border-b border-line px-3 py-2 text-xs text-faint">
          Say what is right: labels show how far this judge can be relied on.
          <KeyHints> <Key>j</Key> <Key>k</Key> next and previous, <Key>p</Key> pass, <Key>f</Key> fail, <Key>u</Key> unclear.</KeyHints>
        </p>
      ) : null}
      <ol ref={list} aria-label="Items">
        {items.map((item, i) => (
          <li
            key={`${item.criterion} ${item.id}`}
            tabIndex={-1}
            aria-current={i === at || undefined}
            onFocus={() => setAt(i)}
            className={clsx("grid gap-1.5 border-t border-l-2 border-t-line px-3 py-3 text-sm first:border-t-0 focus:outline-none", i === at && may ? "border-l-accent" : "border-l-transparent")}
          >
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Answer answer={item.answer} />
              <Pips item={item} votes={votes} />
              <span className="text-xs text-faint">{criteria[item.criterion]}, weight {Number(item.weight.toPrecision(3))}</span>
            </div>
            <p className="font-medium break-words">{item.question}</p>
            {item.reason ? <p className="break-words text-soft">{item.reason} <span className="text-xs text-faint">(in the words of a vote)</span></p> : null}
            {item.answer === "UNDECIDED" ? <p className="text-soft">{item.dropped >= votes / 2 ? "Too few votes stand on evidence." : "The votes do not agree."}</p> : null}
            <EvidenceList quoted evidence={item.quotes} total={item.quotes.length} runId={assessment.run.id} />
            <VoteAnswers item={item} runId={assessment.run.id} />
            <Labels item={item} labels={labelsOf(labels, item)} isOwn={isOwn} onLabel={may ? (answer) => void label(i, answer) : undefined} busy={busy} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** What each vote says, in its own words and with its own evidence. */
function VoteAnswers({ item, runId }: { item: JudgedItemDetailFragment; runId: string }) {
  if (item.answers.length === 0) return null;
  return (
    <details>
      <summary className="w-fit text-xs text-soft">Each vote</summary>
      <ol aria-label={`Votes on: ${item.question}`} className="mt-1.5 grid gap-2 border-l border-line pl-3">
        {item.answers.map(({ vote, answer, reason, quotes, dropped }) => (
          <li key={vote} className="grid min-w-0 gap-1 text-xs">
            <p className="break-words">
              <span className="font-medium">Vote {vote}</span> <span className={answers[answer].text}>{answers[answer].word.toLowerCase()}</span> <span className="text-soft">{reason}</span>
            </p>
            {dropped ? <p className="break-words text-timed-out">Does not count: {dropped}</p> : null}
            <EvidenceList quoted evidence={quotes} total={quotes.length} runId={runId} />
          </li>
        ))}
      </ol>
    </details>
  );
}

interface LabelsProps {
  item: JudgedItemDetailFragment;
  labels: LabelDetailFragment[];
  isOwn: (label: LabelDetailFragment) => boolean;
  onLabel: ((answer: JudgeAnswer) => void) | undefined;
  busy: boolean;
}

function Labels({ item, labels, isOwn, onLabel, busy }: LabelsProps) {
  const mine = labels.find(isOwn);
  return (
    <div className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1.5">
      {onLabel ? (
        <div role="group" aria-label={`Your label: ${item.question}`} className="flex gap-1">
          {given.map(({ label }) => (
            <button
              key={label}
              type="button"
              aria-pressed={mine?.label === label}
              disabled={busy}
              onClick={() => onLabel(label)}
              className="h-7 rounded-md border border-line bg-raised px-2.5 text-xs text-soft hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-ground aria-pressed:font-medium aria-pressed:text-text"
            >
              {answers[label].word}
            </button>
          ))}
        </div>
      ) : null}
      {labels.map((label) => (
        <span key={label.id} className="min-w-0 text-xs break-words text-faint">
          {isOwn(label) ? "You say" : `${label.labelledBy || "Somebody"} says`} <span className={answers[label.label].text}>{answers[label.label].word.toLowerCase()}</span>
          {label.note ? `: “${label.note}”` : ""}
        </span>
      ))}
    </div>
  );
}

const icons = { PASS: Check, FAIL: X, UNCLEAR: CircleHelp, UNDECIDED: Scale } as const;

export function Answer({ answer }: { answer: JudgeAnswer }) {
  const Icon = icons[answer];
  return (
    <span className={clsx("tint inline-flex h-6 items-center gap-1 rounded-full px-2 text-xs font-medium whitespace-nowrap", answers[answer].text)}>
      <Icon size={13} aria-hidden /> {answers[answer].word}
    </span>
  );
}

/** A mark for each vote that was asked for. */
function Pips({ item, votes }: { item: JudgedItemDetailFragment; votes: number }) {
  const { marks, told } = pips(item, votes);
  return (
    <span className="inline-flex items-center gap-1.5 text-xs text-faint">
      <span aria-hidden className="inline-flex gap-0.5">
        {marks.map((mark, i) => (
          <span key={i} className={clsx("size-2.5 rounded-[3px]", mark === "dropped" || mark === "missing" ? "border border-dashed border-line-strong" : answers[mark].ground)} />
        ))}
      </span>
      {told}
    </span>
  );
}
