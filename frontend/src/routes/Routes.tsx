import { lazy, Suspense } from "react";
import { NotFoundPage } from "./NotFoundPage";

const GraphiqlPage = lazy(() => import("./graphiql/GraphiqlPage"));

/** The server answers every address with the same document; this picks the page. */
export function Routes() {
  switch (window.location.pathname) {
    case "/":
    case "/graphiql":
      return (
        <Suspense fallback={<p className="notice">Loading…</p>}>
          <GraphiqlPage />
        </Suspense>
      );
    default:
      return <NotFoundPage />;
  }
}
