import { KeyRound } from "lucide-react";
import { useEffect, useState } from "react";
import { identity } from "@/auth/useIdentity";
import { request } from "@/graphql/request";
import { Brand } from "@/ui/Brand";
import { Button } from "@/ui/Button";
import { Field, Input } from "@/ui/Field";

interface Methods {
  password: boolean;
  oidc: string | null;
}

/** Asks who somebody is. The address stays, so that the page that was asked for comes next. */
export function SignInPage({ reason }: { reason: string | undefined }) {
  const [methods, setMethods] = useState<Methods>({ password: true, oidc: null });
  const [withToken, setWithToken] = useState(false);
  useEffect(() => {
    request({ query: "query SignInMethods { signInMethods { password oidc } }" }, { token: "" }).then(
      ({ data }) => {
        if (data) setMethods((data as unknown as { signInMethods: Methods }).signInMethods);
      },
      () => undefined, // the attempt to sign in says it
    );
  }, []);
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <title>Sign in – Semantest</title>
      <div className="w-full max-w-sm">
        <Brand className="mb-6 justify-center text-lg" />
        <div className="rounded-lg border border-line bg-raised p-6">
          <h1 className="mb-4 text-lg font-semibold">{withToken ? "Go on with an API token" : "Sign in"}</h1>
          {reason ? <p role="status" className="mb-4 rounded-md bg-accent-ground px-3 py-2 text-sm">{reason}</p> : null}
          {withToken ? <TokenForm /> : methods.password ? <PasswordForm /> : null}
          {methods.oidc && !withToken ? (
            <Button asChild className="mt-3 w-full">
              <a href={methods.oidc}>Continue with your identity provider</a>
            </Button>
          ) : null}
        </div>
        <p className="mt-4 text-center">
          <Button look="quiet" onClick={() => setWithToken(!withToken)}>
            <KeyRound size={14} aria-hidden /> {withToken ? "Sign in with a password" : "Use an API token"}
          </Button>
        </p>
      </div>
    </main>
  );
}

function PasswordForm() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setBusy(true);
        void identity.login(email, password).then((refusal) => {
          setBusy(false);
          setError(refusal ?? undefined);
        });
      }}
    >
      <Field label="E-mail">
        {(control) => (
          <Input {...control} type="email" autoComplete="username" required autoFocus value={email} onChange={(event) => setEmail(event.target.value)} />
        )}
      </Field>
      <Field label="Password" error={error}>
        {(control) => (
          <Input {...control} type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        )}
      </Field>
      <Button type="submit" look="primary" disabled={busy}>
        Sign in
      </Button>
    </form>
  );
}

function TokenForm() {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!/^\s*[\x21-\x7e]+\s*$/.test(token)) {
          setError("This is not an API token: it has a space or a letter that no token has.");
          return;
        }
        setBusy(true);
        void identity.useToken(token).then((refusal) => {
          setBusy(false);
          setError(refusal ?? undefined);
        });
      }}
    >
      <Field
        label="API token"
        error={error}
        hint={
          <>
            Made on the server’s machine by <code className="font-mono text-xs">semantest token create</code>. This tab forgets it when it is closed.
          </>
        }
      >
        {(control) => (
          <Input {...control} type="password" autoComplete="off" spellCheck={false} required autoFocus placeholder="smt_…" className="font-mono" value={token} onChange={(event) => setToken(event.target.value)} />
        )}
      </Field>
      <Button type="submit" look="primary" disabled={busy}>
        Go on
      </Button>
    </form>
  );
}
