/** A mailbox whose provider asks a person first: the way there, and what happens on the way back. */
import { Link2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { describe } from "../problem";
import { navigate } from "../route/actions";
import { formatRoute, type Route } from "../route/model";
import { Link } from "../route/view";
import { notify } from "../ui/notices";
import { Page } from "../ui/page";
import { Alert, Button, Skeleton } from "../ui/parts";
import { useWords } from "../words/view";
import { giveConsent } from "./actions";
import { CopyField } from "./parts";

type Back = Extract<Route, { page: "consent" }>;

const RETURNS_TO = formatRoute({ page: "consent", code: "", state: "", refusal: "" });
const INBOXES: Route = { page: "settings", section: "inboxes", id: null };

/** Saves what is typed and goes to the provider; null while there is nothing saved. */
export function ConsentRow({ onConnect }: { onConnect: (() => Promise<void>) | null }) {
  const t = useWords();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const connect = () => {
    if (!onConnect) return;
    setBusy(true);
    setFailure(null);
    onConnect()
      .catch(setFailure)
      .finally(() => setBusy(false));
  };
  return (
    <div className="trial">
      <div className="inline-action">
        <span>{t(onConnect ? "consent_hint" : "consent_first")}</span>
        <Button disabled={isBusy || !onConnect} onClick={connect}>
          <Link2 aria-hidden /> {t("consent_start")}
        </Button>
      </div>
      {failure !== null && <Alert>{describe(failure)}</Alert>}
      <div className="dns-record">
        <p>{t("consent_returns_to")}</p>
        <CopyField label={t("consent_address")} value={`${location.origin}${RETURNS_TO}`} />
      </div>
    </div>
  );
}

/** Where the provider sends people back to: hands the code over, once, and forgets it. */
export function ConsentPage(back: Back) {
  const t = useWords();
  const { code, state, refusal } = back;
  const isBegun = useRef(false);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    if (isBegun.current) return;
    isBegun.current = true;
    navigate({ page: "consent", code, state, refusal }, true);
    if (!code) return;
    giveConsent(code, state).then((id) => {
      notify(t("consent_kept"));
      navigate({ page: "settings", section: "inboxes", id }, true);
    }, setFailure);
  }, [code, state, refusal, t]);
  const isOver = failure !== null || !code;
  return (
    <Page title={t("consent_title")} isNarrow>
      {isOver ? (
        <>
          <Alert>
            {failure !== null
              ? describe(failure)
              : refusal
                ? t("consent_refused", { why: refusal })
                : t("consent_nothing")}
          </Alert>
          <p>
            <Link to={INBOXES} className="button button-plain">
              {t("inboxes")}
            </Link>
          </p>
        </>
      ) : (
        <>
          <p role="status">{t("consent_runs")}</p>
          <Skeleton lines={2} />
        </>
      )}
    </Page>
  );
}
