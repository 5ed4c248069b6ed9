import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";

interface Props {
  open: boolean;
  title: string;
  about: string;
  action: string;
  onAnswer: (yes: boolean) => void;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ open, title, about, action, onAnswer }: Props) {
  return (
    <Dialog open={open} onOpenChange={() => onAnswer(false)} title={title} description={about}>
      <div className="flex justify-end gap-2">
        <Button onClick={() => onAnswer(false)}>Keep it</Button>
        <Button look="primary" onClick={() => onAnswer(true)}>{action}</Button>
      </div>
    </Dialog>
  );
}
