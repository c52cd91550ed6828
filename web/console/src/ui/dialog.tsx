/** A modal window: focus stays inside, Escape closes, what is behind does not react. */
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useWords } from "../words/view";
import { Button, IconButton } from "./parts";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  size?: "s" | "m" | "l";
}

export function Dialog({ title, onClose, children, size = "m" }: Props) {
  const t = useWords();
  return (
    <Base.Root open onOpenChange={(open) => open || onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className={`dialog dialog-${size}`}>
          <header className="dialog-head">
            <Base.Title className="dialog-title">{title}</Base.Title>
            <IconButton label={t("close")} onClick={onClose}>
              <X />
            </IconButton>
          </header>
          <div className="dialog-body">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, text, action, onConfirm, onClose }: ConfirmProps) {
  const t = useWords();
  return (
    <Dialog title={title} onClose={onClose} size="s">
      <p>{text}</p>
      <div className="form-actions">
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button
          look="danger"
          onClick={() => {
            onConfirm();
            onClose();
          }}
        >
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
