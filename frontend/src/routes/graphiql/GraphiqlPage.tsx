import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { useEffect, useMemo } from "react";
import { useSession } from "../../auth/session";
import { useToken } from "../../auth/useToken";
import { Header } from "../../ui/Header";
import { AboutApi } from "./AboutApi";
import { emptyTab, examples } from "./examples";
import { createFetcher } from "./fetcher";
import "./graphiql.css";
import { SessionNotice } from "./SessionNotice";
import { TokenForm } from "./TokenForm";

const tabs = examples(window.location.origin);

export default function GraphiqlPage() {
  const [token, setToken] = useToken();
  const [session, recheck] = useSession(token);
  const api = useMemo(() => createFetcher(token), [token]);
  useEffect(
    () => () => {
      api.dispose();
    },
    [api],
  );

  return (
    <>
      <title>API – Semantest</title>
      <Header section="API">
        <AboutApi origin={window.location.origin} />
        <TokenForm
          token={token}
          session={session}
          onSubmit={(next) => {
            setToken(next);
            recheck();
          }}
        />
      </Header>
      <SessionNotice session={session} />
      <main className="graphiql-page" aria-label="GraphiQL">
        <GraphiQL fetcher={api.fetch} defaultTabs={tabs} defaultQuery={emptyTab} defaultEditorToolsVisibility="variables">
          <GraphiQL.Logo>{null}</GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}
