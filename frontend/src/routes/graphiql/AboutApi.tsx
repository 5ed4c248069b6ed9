/** Tells what this page is, and how to do the same without it. */
export function AboutApi({ origin }: { origin: string }) {
  return (
    <>
      <button type="button" className="link" popoverTarget="about-api">
        About this page
      </button>
      <div id="about-api" className="about" popover="auto">
        <h2>The API of Semantest</h2>
        <p>
          Everything Semantest does can be read and started over GraphQL. This page, GraphiQL, is a place to try that:
          the first tabs are examples, and the book on the side describes every type.
        </p>
        <dl>
          <dt>Queries and mutations</dt>
          <dd>
            <code>POST {origin}/graphql</code>
          </dd>
          <dt>Subscriptions</dt>
          <dd>
            <code>{origin.replace(/^http/, "ws")}/graphql</code>, protocol <code>graphql-transport-ws</code>
          </dd>
          <dt>Token</dt>
          <dd>
            Header <code>Authorization: Bearer smt_…</code>; on a socket <code>authorization</code> in{" "}
            <code>connection_init</code>. Make one with <code>semantest token create</code>. This page keeps it until its
            tab is closed.
          </dd>
        </dl>
        <pre>
          <code>{`curl ${origin}/graphql \\
  -H "Authorization: Bearer $SEMANTEST_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"query": "{ runs { nodes { id status } } }"}'`}</code>
        </pre>
        <button type="button" popoverTarget="about-api" popoverTargetAction="hide">
          Close
        </button>
      </div>
    </>
  );
}
