/** How long answers and resolutions took, in the time that counted: the middle and the slow tenth. */
import { formatSpan } from "@parley/shared/time/format";
import type { Group } from "../route/model";
import { TableFrame } from "../ui/table";
import { useWords } from "../words/view";
import { csvOf, useReport } from "./actions";
import { type Durations, groupLabel, groupName } from "./model";
import { ReportCard } from "./parts";

interface Props {
  query: Record<string, string | null>;
  group: Group;
}

export function DurationsCard({ query, group }: Props) {
  const t = useWords();
  const report = useReport<Durations>("durations", query);
  const span = (seconds: number | null) => (seconds === null ? "–" : formatSpan(seconds * 1000));
  return (
    <ReportCard
      title={t("report_durations")}
      hint={t("report_durations_hint")}
      csv={csvOf("durations", query)}
      report={report}
    >
      {({ totals, data, truncated }) => (
        <>
          <TableFrame label={t("report_durations")} isTall>
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{t(`group_${group}`)}</th>
                  <th scope="col">{t("target")}</th>
                  <th scope="col">{t("report_count")}</th>
                  <th scope="col">{t("report_median")}</th>
                  <th scope="col">{t("report_p90")}</th>
                </tr>
              </thead>
              <tbody>
                {totals.map((total) => (
                  <tr key={total.target} className="table-sum">
                    <th scope="row">{t("report_all")}</th>
                    <td>{t(`target_${total.target}`)}</td>
                    <td>{total.count}</td>
                    <td>{span(total.median_seconds)}</td>
                    <td>{span(total.p90_seconds)}</td>
                  </tr>
                ))}
                {data.map((line) => (
                  <tr key={`${groupName(line, group)}-${line.target}`}>
                    <th scope="row">{groupLabel(t, groupName(line, group), group)}</th>
                    <td>{t(`target_${line.target}`)}</td>
                    <td>{line.count}</td>
                    <td>{span(line.median_seconds)}</td>
                    <td>{span(line.p90_seconds)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableFrame>
          {truncated && <p className="field-hint">{t("report_truncated")}</p>}
        </>
      )}
    </ReportCard>
  );
}
