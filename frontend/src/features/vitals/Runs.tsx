import { Skeleton } from "@/ui/Skeleton";
import { Cell, HeadCell, Row } from "@/ui/Table";
import { formatVital, type Run, type Vital } from "./vitals";

/** Each run with its numbers, and the element that made its LCP. */
export function Runs({ runs, count, vitals }: { runs: Run[]; count: number; vitals: Vital[] }) {
  // In the height of the table that comes: a head and a row for each run.
  if (runs.length === 0) return <div aria-hidden style={{ height: 37 + 37 * count }}><Skeleton className="h-full w-full" /></div>;
  const shown = vitals.filter((vital) => vital.samples > 0);
  return (
    // Nothing in it takes the focus, so the frame does: it scrolls sideways by key.
    <div tabIndex={0} role="group" aria-label="Numbers of each run" className="overflow-x-auto rounded-lg border border-line bg-raised">
      <table aria-label="Runs" className="w-full border-collapse text-left text-sm">
        <thead>
          <tr>
            <HeadCell>Run</HeadCell>
            {shown.map(({ name }) => (
              <HeadCell key={name} className="text-right">{name}</HeadCell>
            ))}
            <HeadCell>Element of the LCP</HeadCell>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row key={run.number}>
              <Cell className="h-9!">{run.number}</Cell>
              {shown.map(({ name, unit }) => {
                const value = run.values[name];
                return (
                  <Cell key={name} className="h-9! text-right whitespace-nowrap">{value === undefined ? "–" : formatVital(value, unit)}</Cell>
                );
              })}
              <Cell className="h-9! max-w-80 truncate font-mono text-xs text-soft" title={run.elements.LCP}>{run.elements.LCP ?? ""}</Cell>
            </Row>
          ))}
        </tbody>
      </table>
    </div>
  );
}
