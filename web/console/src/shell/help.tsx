/** The keys, on one page. */
import { useStore } from "../store";
import { Dialog } from "../ui/dialog";
import { useWords } from "../words/view";
import { helpStore } from "./actions";
import { SHORTCUTS } from "./model";

const PARTS = ["list", "ticket", "go"] as const;

export function Help() {
  const t = useWords();
  const isOpen = useStore(helpStore, (state) => state.isOpen);
  if (!isOpen) return null;
  return (
    <Dialog title={t("shortcuts")} onClose={() => helpStore.set({ isOpen: false })}>
      <div className="keys">
        {PARTS.map((part) => (
          <section key={part}>
            <h3>{t(`keys_${part}`)}</h3>
            <dl>
              {SHORTCUTS.filter((shortcut) => shortcut.part === part).map(({ keys, command }) => (
                <div key={command}>
                  <dt>{t(`key_${command}`)}</dt>
                  <dd>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
              {part === "ticket" && (
                <div>
                  <dt>{t("key_send")}</dt>
                  <dd>
                    <kbd>Ctrl</kbd>
                    <kbd>Enter</kbd>
                  </dd>
                </div>
              )}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
