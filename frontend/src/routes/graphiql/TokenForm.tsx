import { useId, useState } from "react";
import type { Session } from "../../auth/session";

interface Props {
  token: string;
  session: Session;
  onSubmit: (token: string) => void;
}

/** The field for the API token. It is a password field, since screens are shared. */
export function TokenForm({ token, session, onSubmit }: Props) {
  const id = useId();
  const [draft, setDraft] = useState(token);
  const [shown, setShown] = useState(token);
  // The token can also change by an address with #token=….
  if (shown !== token) {
    setShown(token);
    setDraft(token);
  }
  const wrong = session.status === "refused";
  return (
    <form
      className="token"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(draft);
      }}
    >
      <label htmlFor={id}>API token</label>
      <input
        id={id}
        type="password"
        autoComplete="off"
        spellCheck={false}
        placeholder="smt_…"
        value={draft}
        aria-invalid={wrong}
        aria-describedby="session"
        onChange={(event) => {
          setDraft(event.target.value);
        }}
      />
      <button type="submit">Use</button>
    </form>
  );
}
