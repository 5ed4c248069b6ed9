import { useConnection } from "@/graphql/useConnection";

/** Says when live updates have stopped, and nothing otherwise. */
export function ConnectionLight() {
  const lost = useConnection().status === "lost";
  return (
    <span role="status" className="inline-flex min-w-0 items-center text-xs text-timed-out">
      {lost ? (
        <span className="inline-flex items-center gap-1.5 px-1" title="Live updates have stopped; the page is connecting again">
          <span className="size-2 shrink-0 rounded-full bg-timed-out breathing" aria-hidden />
          <span className="max-md:sr-only md:max-xl:sr-only">Connecting again</span>
        </span>
      ) : null}
    </span>
  );
}
