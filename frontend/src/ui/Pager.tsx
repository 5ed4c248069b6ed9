import { Button } from "./Button";

interface Props {
  /** Of the list that it pages through. */
  label: string;
  pageInfo: { hasNextPage: boolean; endCursor?: string | null | undefined };
  /** Where the page that is shown begins; null for the first. */
  after: string | null;
  onGo: (after: string | null) => void;
  /** What the ways are called, where time is not the order. */
  words?: [back: string, on: string];
}

/** Ways to the next page and back to the first, where there is more than one. */
export function Pager({ label, pageInfo: { hasNextPage, endCursor }, after, onGo, words: [back, on] = ["Newest", "Older"] }: Props) {
  if (!hasNextPage && !after) return null;
  return (
    <nav aria-label={label} className="flex gap-2">
      {after ? <Button small onClick={() => onGo(null)}>{back}</Button> : null}
      {hasNextPage ? <Button small onClick={() => onGo(endCursor ?? null)}>{on}</Button> : null}
    </nav>
  );
}
