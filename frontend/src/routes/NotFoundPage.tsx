import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { EmptyState } from "@/ui/EmptyState";
import { Page } from "@/ui/Page";

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <EmptyState icon={Compass} title="There is no page at this address">
        <Link to="/" className="link">Go to the overview</Link>
      </EmptyState>
    </Page>
  );
}
