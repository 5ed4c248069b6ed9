import { clsx } from "clsx";
import { type KeyboardEvent, useState } from "react";
import { useBlob } from "@/auth/useContent";
import type { ArtifactDetailFragment, AttemptDetailFragment } from "@/gql/graphql";
import { OutcomeIcon } from "@/ui/Outcome";
import { Skeleton } from "@/ui/Skeleton";
import { Unread } from "@/ui/Unread";
import { formatDuration } from "@/ui/duration";

interface Props {
  attempt: AttemptDetailFragment;
  pictures: ArtifactDetailFragment[];
}

/** The pictures of an attempt in the order of its steps: one large, the others to choose from by mouse or arrows. */
export function Filmstrip({ attempt, pictures }: Props) {
  const [at, setAt] = useState(() => Math.max(pictures.length - 1, 0));
  const shown = pictures[at];
  if (!shown) return null;
  const step = attempt.steps.find(({ ordinal }) => ordinal === shown.step);
  const move = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -pictures.length, End: pictures.length }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max(at + by, 0), pictures.length - 1);
    setAt(next);
    event.currentTarget.children[next]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  return (
    <div className="grid gap-3">
      <Large picture={shown} />
      <p className="flex min-h-5 items-center gap-2 text-sm">
        {step ? <OutcomeIcon state={step.outcome} size={15} /> : null}
        <span className="min-w-0 truncate">{step ? `${step.ordinal + 1} · ${step.name}` : shown.name}</span>
        <span className="ml-auto text-xs whitespace-nowrap text-faint">
          {step ? `at ${formatDuration(step.offsetMs + (shown.name.includes("-before") ? 0 : step.durationMs))}` : ""} {at + 1} of {pictures.length}
        </span>
      </p>
      <div role="listbox" aria-label="Pictures of the steps" aria-activedescendant={`film-${shown.id}`} tabIndex={0} onKeyDown={move} className="flex gap-2 overflow-x-auto pb-2 focus-visible:outline-offset-4">
        {pictures.map((picture, i) => (
          <Small key={picture.id} picture={picture} chosen={i === at} onChoose={() => setAt(i)} />
        ))}
      </div>
    </div>
  );
}

function Large({ picture }: { picture: ArtifactDetailFragment }) {
  const { value: address, trouble, again } = useBlob(picture.url);
  return (
    <div className="relative h-[min(60vh,32rem)] overflow-hidden rounded-lg border border-line bg-sunken">
      {trouble ? <Unread what="The picture" away={trouble === "away"} onRetry={again} className="size-full" /> : address ? <img src={address} alt={picture.name} className="absolute inset-0 size-full object-contain" /> : <Skeleton className="size-full" />}
    </div>
  );
}

function Small({ picture, chosen, onChoose }: { picture: ArtifactDetailFragment; chosen: boolean; onChoose: () => void }) {
  const { value: address } = useBlob(picture.url);
  return (
    <div
      id={`film-${picture.id}`}
      role="option"
      aria-selected={chosen}
      aria-label={picture.name}
      onClick={onChoose}
      className={clsx("h-18 w-28 shrink-0 cursor-pointer overflow-hidden rounded-md border bg-sunken", chosen ? "border-accent outline-1 outline-accent" : "border-line")}
    >
      {address ? <img src={address} alt="" className="size-full object-cover object-top" /> : <Skeleton className="size-full rounded-none" />}
    </div>
  );
}
