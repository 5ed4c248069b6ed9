import { Component, type ReactNode } from "react";

interface State {
  failure: string | null;
}

/** Shows a way out instead of an empty page, for example when a part of the page cannot be loaded. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { failure: null };

  static getDerivedStateFromError(error: unknown): State {
    return { failure: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.failure === null) return this.props.children;
    return (
      <main className="prose" role="alert">
        <h1>This page has failed</h1>
        <p>{this.state.failure}</p>
        <p>
          <a href={window.location.pathname}>Load it again</a>
        </p>
      </main>
    );
  }
}
