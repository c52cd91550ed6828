/** Short notes in the corner: what failed, what was done. They go by themselves, except problems,
 * which stay until they are closed. */
import { X } from "lucide-react";
import { createStore, useStore } from "../store";
import { useWords } from "../words/view";
import { IconButton } from "./parts";

interface Notice {
  id: number;
  tone: "done" | "problem";
  text: string;
}

const MAX_NOTICES = 4;
const SHOWN_MS = 4000;

const noticeStore = createStore<{ notices: readonly Notice[] }>({ notices: [] });
let lastId = 0;

function close(id: number): void {
  noticeStore.set(({ notices }) => ({ notices: notices.filter((one) => one.id !== id) }));
}

/** The same words a second time take the place of the first. */
export function notify(text: string, tone: Notice["tone"] = "done"): void {
  const id = ++lastId;
  noticeStore.set(({ notices }) => ({
    notices: [...notices.filter((one) => one.text !== text), { id, tone, text }].slice(
      -MAX_NOTICES,
    ),
  }));
  if (tone === "done") setTimeout(() => close(id), SHOWN_MS);
}

export function Notices() {
  const t = useWords();
  const notices = useStore(noticeStore, (state) => state.notices);
  return (
    <div className="notices" aria-live="polite">
      {notices.map(({ id, tone, text }) => (
        <div key={id} className={`notice notice-${tone}`}>
          <span>{text}</span>
          <IconButton label={t("close")} onClick={() => close(id)}>
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
