import { Header } from "../ui/Header";

export function NotFoundPage() {
  return (
    <>
      <title>Not found – Semantest</title>
      <Header section="Not found" />
      <main className="prose">
        <h1>There is no page at this address</h1>
        <p>
          <a href="/graphiql">Open the API page</a>
        </p>
      </main>
    </>
  );
}
