import { Component, type ReactNode } from "react";
import { ErrorNotice } from "./ErrorNotice";

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
      <div className="mx-auto max-w-xl px-4 pt-[15vh]">
        <h1 className="mb-3 text-xl font-semibold">This page has failed</h1>
        <ErrorNotice message={this.state.failure} onRetry={() => window.location.reload()} />
      </div>
    );
  }
}
