import { TriangleAlert } from "lucide-react";
import { Button } from "./Button";

interface Props {
  message: string;
  onRetry?: (() => void) | undefined;
}

/** What went wrong, where the content would stand, and the way out. */
export function ErrorNotice({ message, onRetry }: Props) {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 rounded-lg border border-line bg-raised px-3 py-2.5 text-sm">
      <TriangleAlert size={17} className="shrink-0 text-failed" aria-hidden />
      <p className="min-w-0 flex-1 break-words">{message}</p>
      {onRetry ? (
        <Button small onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}
