import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { Provider } from "urql";
import type { Identity } from "@/auth/identity";
import { identity, useIdentityState } from "@/auth/useIdentity";
import { SignInPage } from "@/features/identity/SignInPage";
import { createGraphqlClient } from "@/graphql/client";
import { openSocket } from "@/graphql/socket";
import { SocketContext } from "@/graphql/useConnection";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Skeleton } from "@/ui/Skeleton";
import { Toaster } from "@/ui/toast";
import { router } from "./router";

/** Lets those in who are signed in. */
export function App() {
  const state = useIdentityState();
  useEffect(() => {
    void identity.ask();
  }, []);
  switch (state.status) {
    case "asking":
      return <Waiting />;
    case "signed-out":
      return <SignInPage reason={state.reason} />;
    case "unreachable":
      return (
        <main className="mx-auto max-w-xl px-4 pt-[20vh]">
          <ErrorNotice message={state.message} onRetry={() => void identity.ask()} />
        </main>
      );
    case "signed-in":
      return <SignedIn key={whoAndWhere(state.identity)} />;
  }
}

// Another person or project begins with nothing of the one before.
function whoAndWhere({ by, user, project }: Identity): string {
  return [by, user?.email, project?.id].join(" ");
}

function SignedIn() {
  const socket = useMemo(() => openSocket(identity), []);
  const client = useMemo(() => createGraphqlClient(identity, socket), [socket]);
  useEffect(() => () => void socket.client.dispose(), [socket]);
  return (
    <Provider value={client}>
      <SocketContext value={socket}>
        <RouterProvider router={router} />
        <Toaster />
      </SocketContext>
    </Provider>
  );
}

// The frame of the shell, in its size.
function Waiting() {
  return (
    <div role="status" aria-label="Loading" className="min-h-dvh md:grid md:grid-cols-[3.5rem_minmax(0,1fr)] xl:grid-cols-[13.5rem_minmax(0,1fr)]">
      <div className="h-12 border-b border-line bg-sunken md:h-dvh md:border-r md:border-b-0" />
      <div className="px-6 pt-5">
        <Skeleton className="mb-6 h-6 w-48" />
        <Skeleton className="h-64 w-full" />
      </div>
    </div>
  );
}
