/** Whether one is mailed what one does not read here. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { replace } from "../data/actions";
import { http } from "../http";
import { describe } from "../problem";
import { Asked } from "../ui/asked";
import { Alert, Check } from "../ui/parts";
import { useWords } from "../words/view";
import { Section } from "./parts";

interface Settings {
  mail: boolean;
}

const PATH = "/notifications/settings";
const KEY = ["notification-settings"];

export function MailedSection() {
  const t = useWords();
  const answer = useQuery({ queryKey: KEY, queryFn: () => http.get<Settings>(PATH) });
  const [failure, setFailure] = useState<unknown>(null);
  const choose = (mail: boolean) => {
    setFailure(null);
    http.put<Settings>(PATH, { mail }).then((kept) => replace(KEY, kept), setFailure);
  };
  return (
    <Section title={t("mailed")} hint={t("mailed_hint")}>
      {failure ? <Alert>{describe(failure)}</Alert> : answer.error && <Asked answer={answer} />}
      <Check
        label={t("mailed_on")}
        checked={answer.data?.mail ?? false}
        disabled={!answer.data}
        onChecked={choose}
      />
    </Section>
  );
}
