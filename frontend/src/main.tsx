import { createRoot } from "react-dom/client";
import { App } from "./routes/App";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { applyTheme } from "./ui/theme";
import "./ui/theme.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root");

applyTheme();
// Not in StrictMode: GraphiQL 4 writes into its editors from state updaters,
// and running those twice mixes up the contents of its tabs.
createRoot(root).render(
  <ErrorBoundary>
    <App />
  </ErrorBoundary>,
);
