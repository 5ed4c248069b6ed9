import { Link, useNavigate } from "@tanstack/react-router";
import { useMutation } from "urql";
import { CreatePlanDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Page } from "@/ui/Page";
import { toast } from "@/ui/toast";
import { PlanEditor } from "./PlanEditor";

const example = `version: "1"
name: My first plan
env: {BASE_URL: "https://example.com"}
cases:
  - id: home
    name: The home page answers
    kind: api
    steps:
      - http: /
        check: [{status: 200}]
`;

export function NewPlanPage() {
  const navigate = useNavigate();
  const [, create] = useMutation(CreatePlanDocument);
  return (
    <Page
      title="New plan"
      above={<Link to="/plans" className="hover:text-text">Plans</Link>}
      about={<>Ctrl-Space shows what may stand at the cursor. The plan is checked while you write.</>}
    >
      <PlanEditor
        stored=""
        initial={example}
        saveAs="Save plan"
        onSave={async (source) => {
          const { data, error } = await create({ source });
          if (error) toast(messageOf(error), "wrong");
          else if (data) await navigate({ to: "/plans/$planId", params: { planId: data.createPlan.plan.id } });
        }}
      />
    </Page>
  );
}
