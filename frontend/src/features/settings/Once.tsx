import { Copy } from "lucide-react";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { toast } from "@/ui/toast";

/** A secret that the server tells this once. */
export function Once({ secret, title, about, onDone }: { secret: string | null; title: string; about: string; onDone: () => void }) {
  return (
    <Dialog open={secret !== null} onOpenChange={onDone} title={title} description={about}>
      <p className="mb-4 rounded-md border border-line bg-sunken p-3 font-mono text-sm break-all select-all" data-testid="secret">{secret}</p>
      <div className="flex justify-end gap-2">
        <Button
          onClick={() =>
            void navigator.clipboard.writeText(secret ?? "").then(
              () => toast("Copied."),
              () => toast("The browser does not let the page copy; mark the text instead.", "wrong"),
            )
          }
        >
          <Copy size={15} aria-hidden /> Copy
        </Button>
        <Button look="primary" onClick={onDone}>I have kept it</Button>
      </div>
    </Dialog>
  );
}
