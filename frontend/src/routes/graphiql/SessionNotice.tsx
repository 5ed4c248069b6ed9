import type { Session } from "../../auth/session";

/** One line on whom the page acts for, or on how to get a token. */
export function SessionNotice({ session }: { session: Session }) {
  return (
    <p id="session" className={`notice notice-${session.status}`} role="status">
      <Line session={session} />
    </p>
  );
}

function Line({ session }: { session: Session }) {
  switch (session.status) {
    case "checking":
      return "Checking the token…";
    case "accepted":
      return `Project ${session.project} · may ${session.permissions.join(", ")}`;
    case "missing":
      return (
        <>
          Enter an API token to read and start runs. <HowTo />
        </>
      );
    case "refused":
      return (
        <>
          <strong>The server did not accept this token.</strong> <HowTo />
        </>
      );
    case "unreachable":
      return <strong>{session.message}</strong>;
  }
}

function HowTo() {
  return (
    <>
      Get one on the server’s machine with <code>semantest token create</code>.
    </>
  );
}
