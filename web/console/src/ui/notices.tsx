/** Short notes in the corner: what failed, what was done. They go by themselves, except problems,
 * which stay until they are closed, and offers, which wait to be taken. */
import { X } from "lucide-react";
import { createStore, useStore } from "../store";
import { useWords } from "../words/view";
import { Button, IconButton } from "./parts";

interface Notice {
  id: number;
  tone: "done" | "problem" | "offer";
  text: string;
  act?: { label: string; onClick: () => void };
}

const MAX_NOTICES = 4;
const SHOWN_MS = 4000;

const noticeStore = createStore<{ notices: readonly Notice[] }>({ notices: [] });
let lastId = 0;

function close(id: number): void {
  noticeStore.set(({ notices }) => ({ notices: notices.filter((one) => one.id !== id) }));
}

export function notify(text: string, tone: "done" | "problem" = "done"): void {
  const id = show({ tone, text });
  if (tone === "done") setTimeout(() => close(id), SHOWN_MS);
}

/** Something to do, as a button beside its reason. */
export function offer(text: string, label: string, onClick: () => void): void {
  show({ tone: "offer", text, act: { label, onClick } });
}

/** The same words a second time take the place of the first. */
function show(notice: Omit<Notice, "id">): number {
  const id = ++lastId;
  noticeStore.set(({ notices }) => ({
    notices: [...notices.filter(({ text }) => text !== notice.text), { ...notice, id }].slice(
      -MAX_NOTICES,
    ),
  }));
  return id;
}

export function Notices() {
  const t = useWords();
  const notices = useStore(noticeStore, (state) => state.notices);
  return (
    <div className="notices" aria-live="polite">
      {notices.map(({ id, tone, text, act }) => (
        <div key={id} className={`notice notice-${tone}`}>
          <span>{text}</span>
          {act && <Button onClick={act.onClick}>{act.label}</Button>}
          <IconButton label={t("close")} onClick={() => close(id)}>
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
