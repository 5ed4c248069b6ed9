import { clsx } from "clsx";
import { Button } from "./Button";

interface Props {
  /** What is not there, as the beginning of a sentence: "The picture". */
  what: string;
  /** Whether it may be there when it is asked for again. */
  away: boolean;
  onRetry: () => void;
  className?: string;
}

/** Says why a content is not there, where it would stand, and the way out. */
export function Unread({ what, away, onRetry, className }: Props) {
  return (
    <div role="alert" className={clsx("flex flex-wrap content-center items-center justify-center gap-x-3 gap-y-2 text-sm text-soft", className)}>
      {away ? (
        <>
          {what} could not be fetched.
          <Button small onClick={onRetry}>Try again</Button>
        </>
      ) : (
        <>{what} cannot be read any more. Run the case again.</>
      )}
    </div>
  );
}
