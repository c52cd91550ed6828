/** Says when the live connection is gone, not when it only blinks. */
import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { usePhase } from "../live/view";
import { useWords } from "../words/view";

const PATIENCE_MS = 1500;

export function ConnectionNote() {
  const t = useWords();
  const phase = usePhase();
  const isLost = phase !== "online" && phase !== "idle";
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (!isLost) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isLost]);
  return (
    <div className="connection" role="status" data-shown={isShown || undefined}>
      {isShown && (
        <>
          <CloudOff aria-hidden />
          {t(phase === "refused" ? "connection_refused" : "connection_lost")}
        </>
      )}
    </div>
  );
}
