import { Download } from "lucide-react";
import { useState } from "react";
import { useClient } from "urql";
import { QualityReportDocument, type ReportFormat } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Button } from "@/ui/Button";
import { Menu, MenuItem } from "@/ui/Menu";
import { toast } from "@/ui/toast";

const formats: { format: ReportFormat; title: string }[] = [
  { format: "HTML", title: "As a page (HTML)" },
  { format: "MARKDOWN", title: "As Markdown" },
  { format: "JSON", title: "As data (JSON)" },
];

/** Takes the report of a run along. */
export function Reports({ runId }: { runId: string }) {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const fetchReport = async (format: ReportFormat) => {
    setBusy(true);
    const { data, error } = await client.query(QualityReportDocument, { runId, format }, { requestPolicy: "network-only" }).toPromise();
    setBusy(false);
    const report = data?.qualityReport;
    if (error) toast(messageOf(error), "wrong");
    else if (!report) toast("There is no report before the end of the run.", "wrong");
    else {
      const address = URL.createObjectURL(new Blob([report.content], { type: report.contentType }));
      const link = document.createElement("a");
      link.href = address;
      link.download = report.fileName;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    }
  };
  return (
    <Menu
      trigger={
        <Button disabled={busy}>
          <Download size={15} aria-hidden /> Report
        </Button>
      }
    >
      {formats.map(({ format, title }) => (
        <MenuItem key={format} onSelect={() => void fetchReport(format)}>
          {title}
        </MenuItem>
      ))}
    </Menu>
  );
}
