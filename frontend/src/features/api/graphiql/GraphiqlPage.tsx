import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { useEffect, useMemo, useRef } from "react";
import { identity, useIdentity } from "@/auth/useIdentity";
import { useSocket } from "@/graphql/useConnection";
import { useTheme } from "@/ui/theme";
import { AboutApi } from "./AboutApi";
import { emptyTab, examples } from "./examples";
import { createFetcher } from "./fetcher";
import { mendGraphiql } from "./mend";
import "./graphiql.css";

const tabs = examples(window.location.origin);

/** A place to try the API, as whoever is signed in. */
export function GraphiqlPage() {
  const socket = useSocket();
  const { project, permissions } = useIdentity();
  const { resolved } = useTheme();
  const fetcher = useMemo(() => createFetcher(identity, socket.client), [socket]);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => (place.current ? mendGraphiql(place.current) : undefined), []);
  return (
    <div className="flex h-[calc(100dvh-48px-56px)] flex-col md:h-dvh">
      <title>API – Semantest</title>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2">
        <h1 className="text-lg font-semibold">API</h1>
        <p className="min-w-0 flex-1 basis-48 text-sm text-soft">
          Acts in {project?.name ?? "no project"}, and may {permissions.join(", ") || "do nothing"}
        </p>
        <AboutApi origin={window.location.origin} />
      </header>
      <div ref={place} className="graphiql-page" role="region" aria-label="GraphiQL">
        <GraphiQL key={resolved} fetcher={fetcher} forcedTheme={resolved} defaultTabs={tabs} defaultQuery={emptyTab} defaultEditorToolsVisibility="variables">
          <GraphiQL.Logo>{null}</GraphiQL.Logo>
        </GraphiQL>
      </div>
    </div>
  );
}
