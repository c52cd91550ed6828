/** Whether one is mailed what one does not read here. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../http";
import { describe } from "../problem";
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
  const queries = useQueryClient();
  const { data, error } = useQuery({ queryKey: KEY, queryFn: () => http.get<Settings>(PATH) });
  const [failure, setFailure] = useState<unknown>(null);
  const choose = (mail: boolean) => {
    setFailure(null);
    http.put<Settings>(PATH, { mail }).then((kept) => queries.setQueryData(KEY, kept), setFailure);
  };
  const wrong = failure ?? error;
  return (
    <Section title={t("mailed")} hint={t("mailed_hint")}>
      {wrong && <Alert>{describe(wrong)}</Alert>}
      <Check
        label={t("mailed_on")}
        checked={data?.mail ?? false}
        disabled={!data}
        onChecked={choose}
      />
    </Section>
  );
}
