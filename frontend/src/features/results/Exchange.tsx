import { clsx } from "clsx";
import { formatBytes, formatDuration } from "@/ui/duration";
import { Told } from "./Network";
import { isObject, numberOr, textOr } from "./unknown";

interface Props {
  request: unknown;
  response: unknown;
}

/** What an api step sent and what came back. */
export function Exchange({ request, response }: Props) {
  const out = isObject(request) ? request : null;
  const back = isObject(response) ? response : null;
  const timings = back && isObject(back.timings) ? back.timings : {};
  const parts = (["dns", "connect", "tls", "firstByte", "total"] as const).map((name) => ({ name, ms: numberOr(timings[name], 0) })).filter(({ ms }) => ms > 0);
  return (
    <section aria-label="Request and answer" className="grid min-w-0 gap-3 rounded-lg border border-line bg-raised p-3">
      {out ? (
        <p className="font-mono text-xs break-all">
          <strong>{textOr(out.method, "")}</strong> {textOr(out.url, "")}
        </p>
      ) : null}
      {back ? (
        <p className="flex flex-wrap gap-x-4 gap-y-0.5 text-xs text-soft">
          <span className={clsx("font-medium", numberOr(back.status, 200) >= 400 ? "text-failed" : "text-passed")}>{String(back.status)}</span>
          {textOr(back.protocol, "") ? <span>{textOr(back.protocol, "")}</span> : null}
          <span>{formatBytes(numberOr(back.bodyBytes, 0))}</span>
          {parts.map(({ name, ms }) => (
            <span key={name}>
              {words[name]} {formatDuration(ms)}
            </span>
          ))}
        </p>
      ) : (
        <p className="text-xs text-failed">No answer came.</p>
      )}
      <div className="grid gap-3 xl:grid-cols-2">
        {out ? <Told title="Request" message={{ headers: headers(out.headers), body: textOr(out.body, "") }} /> : null}
        {back ? <Told title="Answer" message={{ headers: headers(back.headers), body: textOr(back.body, textOr(back.message, "")) }} /> : null}
      </div>
    </section>
  );
}

const words = { dns: "name", connect: "connected", tls: "TLS", firstByte: "first byte", total: "in all" };

function headers(value: unknown) {
  return isObject(value) ? Object.entries(value).map(([name, said]) => ({ name, value: typeof said === "string" ? said : JSON.stringify(said) })) : [];
}
